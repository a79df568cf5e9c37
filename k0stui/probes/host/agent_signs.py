"""How often telling lines stand in the newest log of the konnectivity agent on this worker.

Read from its file, since `kubectl logs` needs konnectivity itself. At its default verbosity each packet of a tunnel is
a line: only the last megabyte is counted. On k0s 1.33 and 1.34 agents say warnings and errors only.
Answer: see `signs`; `@@ absent` where there is no such file. Source of the texts: reference konnectivity §2.5.
"""

from __future__ import annotations

from k0stui.errors import ProbeFailed
from k0stui.model.cluster import LogSigns
from k0stui.ports import Reply
from k0stui.probes.answer import reads, told
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question
from k0stui.probes.signs import COUNT, argument, read_signs

SIGNS = (
    ("refused", "connection refused"),
    ("x509", "x509: "),
    ("auth-failed", "expected one server ID in the context"),
    ("no-route", "no route to host"),
    ("timeout", "context deadline exceeded"),
    ("duplicate", "duplicate server"),
    ("serving", "Start serving"),
)

COMMAND = question(
    f"""
f=$(ls -t /var/log/pods/kube-system_konnectivity-agent-*/konnectivity-agent/*.log 2>/dev/null | head -n 1)
[ -n "$f" ] || {{ echo '@@ absent'; exit 0; }}
tail -c 1000000 "$f" | sed -n '/^[0-9]\\{{4\\}}-/p' | {COUNT.strip()}
""",
    argument(SIGNS),
    sudo=True,
)


@reads("counting lines of the agent's log")
def read(reply: Reply) -> LogSigns:
    text = told(reply, "counting lines of the agent's log")
    if text.startswith("@@ absent"):
        raise ProbeFailed("there is no log of a konnectivity agent here")
    return read_signs(text, SIGNS)


PROBE = HostProbe("agent_signs", COMMAND, read)
