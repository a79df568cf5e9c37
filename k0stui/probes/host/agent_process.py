"""Whom the agent that runs now dials: its command line, which may be older than the DaemonSet's template.

Answer: `pid=`, `started=` in seconds since 1970, then its arguments, one per line, of the newest such process. No root.
"""

from __future__ import annotations

from datetime import UTC, datetime

from k0stui.errors import ProbeFailed
from k0stui.model.konnectivity import AgentProcess
from k0stui.ports import Reply
from k0stui.probes.answer import fields, heard, reads
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question

COMMAND = question("""
pid=$(pgrep -nx proxy-agent) || exit 0
echo "pid=$pid"
hz=$(getconf CLK_TCK 2>/dev/null)
echo "started=$(( $(sed -n 's/^btime //p' /proc/stat) + $(cut -d' ' -f22 "/proc/$pid/stat") / ${hz:-100} ))"
tr '\\0' '\\n' <"/proc/$pid/cmdline"
""")


@reads("the agent's command line")
def read(reply: Reply) -> AgentProcess:
    found = fields(heard(reply, "the agent's command line"))
    if "--proxy-server-host" not in found:
        raise ProbeFailed("no konnectivity agent runs here")
    return AgentProcess(
        target_host=found["--proxy-server-host"],
        target_port=int(found.get("--proxy-server-port", 8091)),
        pid=int(found.get("pid") or 0),
        started_at=datetime.fromtimestamp(int(found["started"]), UTC) if found.get("started") else None,
    )


PROBE = HostProbe("agent_process", COMMAND, read)
