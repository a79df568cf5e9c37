"""Who listens on which TCP port: free ports for the balancer, and processes that hold a port they should not.

Answer: `ss -Hntlp`; without root the same without process names.
"""

from __future__ import annotations

from k0stui.model.cluster import Listener
from k0stui.ports import Reply
from k0stui.probes.answer import reads, told
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import AS_ROOT, question
from k0stui.probes.sockets import parse

COMMAND = question(AS_ROOT + "$S ss -Hntlp 2>/dev/null || ss -Hntl")


@reads("asking who listens")
def read(reply: Reply) -> tuple[Listener, ...]:
    rows = parse(told(reply, "asking who listens"))
    # Envoy opens one socket per worker thread and port: equal rows are one listener.
    return tuple(dict.fromkeys(Listener(row.local, row.local_port, row.process) for row in rows))


PROBE = HostProbe("listeners", COMMAND, read)
