"""Whether the node-local balancer listens on this worker, and whether an API server answers through it.

Answer: `ss` rows of its two ports (one per Envoy thread: at least one each, never exactly one), then `@@ readyz` and
the HTTP status; 401 is the usual good answer. No root.
"""

from __future__ import annotations

from k0stui.model.nllb import Balancer
from k0stui.ports import Reply
from k0stui.probes.answer import reads, sections, told
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.sh import question
from k0stui.probes.sockets import parse

TEXT = """
ss -Hltn "( sport = :$1 or sport = :$2 )" || exit
echo '@@ readyz'
curl -sk -o /dev/null --max-time 3 -w '%{http_code}\\n' "https://localhost:$1/readyz"
exit 0
"""


def _read(reply: Reply, ports: tuple[int, int]) -> Balancer:
    parts = sections(told(reply, "asking for the balancer's ports"))
    listening = {row.local_port for row in parse(parts[""])}
    return Balancer(ports[0] in listening, ports[1] in listening, int(parts["readyz"].strip() or 0))


def probe(subject: Subject) -> HostProbe[Balancer]:
    ports = subject.balancer_ports

    @reads("asking for the balancer's ports")
    def read(reply: Reply) -> Balancer:
        return _read(reply, ports)

    return HostProbe("balancer", question(TEXT, *ports), read)
