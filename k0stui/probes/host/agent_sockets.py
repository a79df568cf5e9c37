"""Whose agents hold a connection to this controller: two looks at the agent port, 3 s apart.

A connection counts that is in both: health checks and the dials of hunting agents last milliseconds. The local address
tells the way in (the controller's own, or a virtual IP). Answer: `ss` rows, `@@ again`, `ss` rows. No root.
"""

from __future__ import annotations

from k0stui.model.konnectivity import AgentSocket, AgentSockets
from k0stui.ports import Reply
from k0stui.probes.answer import reads, sections, told
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.sh import question
from k0stui.probes.sockets import parse

TEXT = """
ss -Htn state established "( sport = :$1 )" || exit
echo '@@ again'
sleep 3
ss -Htn state established "( sport = :$1 )"
"""


@reads("asking for the agents' connections")
def read(reply: Reply) -> AgentSockets:
    parts = sections(told(reply, "asking for the agents' connections"))
    first, second = _sockets(parts[""]), _sockets(parts["again"])
    return AgentSockets(tuple(socket for socket in second if socket in set(first)), len(first), len(second))


def _sockets(text: str) -> list[AgentSocket]:
    return [AgentSocket(row.peer, row.peer_port, row.local) for row in parse(text)]


def probe(subject: Subject) -> HostProbe[AgentSockets]:
    return HostProbe("agent_sockets", question(TEXT, subject.agent_port), read)
