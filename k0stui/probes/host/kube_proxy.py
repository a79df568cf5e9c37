"""Which API servers kube-proxy on this worker is connected to, whatever its ConfigMap says by now.

Answer: `ss` rows with process names: root. No row of kube-proxy is an answer too: it waits for an API server.
"""

from __future__ import annotations

from k0stui.ports import Reply
from k0stui.probes.answer import reads, told
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.sh import question
from k0stui.probes.sockets import parse

TEXT = """ss -Htnp "( dport = :$1 or dport = :$2 )" """


@reads("asking for kube-proxy's connections")
def read(reply: Reply) -> tuple[str, ...]:
    rows = parse(told(reply, "asking for kube-proxy's connections"))
    theirs = {f"{row.peer}:{row.peer_port}" for row in rows if row.process == "kube-proxy" and row.state == "ESTAB"}
    return tuple(sorted(theirs))


def probe(subject: Subject) -> HostProbe[tuple[str, ...]]:
    return HostProbe("kube_proxy", question(TEXT, subject.api_port, subject.balancer_ports[0], sudo=True), read)
