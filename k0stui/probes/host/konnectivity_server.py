"""The konnectivity server that runs here: its id, the number of servers it announces, and whether it is alone.

Answer: `pid=` by k0s' pid file, `pids=` of all such processes, `started=` in seconds since 1970, then its arguments,
one per line. No root. More than one pid, or another one than the file's, is an orphan that holds the port (k0s#7901).
The new server fails then, and k0s removes its pid file each time: processes run, and none of them is k0s' own.
"""

from __future__ import annotations

from datetime import UTC, datetime

from k0stui.errors import ProbeFailed
from k0stui.model.konnectivity import KonnectivityServer
from k0stui.ports import Reply
from k0stui.probes.answer import fields, heard, reads
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question

COMMAND = question("""
pid=$(cat /run/k0s/konnectivity.pid 2>/dev/null)
echo "pid=$pid"
echo "pids=$(pgrep -x konnectivity-se | tr '\\n' ' ')"
[ -n "$pid" ] && [ -d "/proc/$pid" ] || exit 0
hz=$(getconf CLK_TCK 2>/dev/null)
echo "started=$(( $(sed -n 's/^btime //p' /proc/stat) + $(cut -d' ' -f22 "/proc/$pid/stat") / ${hz:-100} ))"
tr '\\0' '\\n' <"/proc/$pid/cmdline"
""")


@reads("konnectivity-server's command line")
def read(reply: Reply) -> KonnectivityServer:
    found = fields(heard(reply, "konnectivity-server's command line"))
    pids = tuple(int(pid) for pid in found.get("pids", "").split())
    if "--server-id" not in found and not pids:
        raise ProbeFailed("konnectivity-server does not run")
    return KonnectivityServer(
        server_id=found.get("--server-id", ""),
        server_count=int(found.get("--server-count", 1)) if "--server-id" in found else 0,
        agent_port=int(found.get("--agent-port", 8132)),
        admin_port=int(found.get("--admin-port", 8133)),
        pid=int(found.get("pid") or 0),
        pids=pids,
        started_at=datetime.fromtimestamp(int(found["started"]), UTC) if found.get("started") else None,
    )


PROBE = HostProbe("konnectivity_server", COMMAND, read)
