"""What this login may do on the host, and which of the programs that k0stui needs are there.

Answer: `sudo=yes` or `sudo=no`, and one `tool=NAME` for each found.
"""

from __future__ import annotations

from k0stui.errors import ProbeFailed
from k0stui.model.cluster import Privileges
from k0stui.ports import Reply
from k0stui.probes.answer import heard, reads
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import AS_ROOT, question

TOOLS = (
    "awk bash curl date df flock getent ip journalctl k0s nsenter od openssl pgrep sha256sum ss stat sync "
    "systemctl timeout"
)

COMMAND = question(
    AS_ROOT
    + f"""
if $S true 2>/dev/null; then echo sudo=yes; else echo sudo=no; fi
for t in {TOOLS}; do command -v "$t" >/dev/null && echo "tool=$t"; done
exit 0
"""
)


@reads("asking for rights and programs")
def read(reply: Reply) -> Privileges:
    lines = heard(reply, "asking for rights and programs").split()
    if not {"sudo=yes", "sudo=no"} & set(lines):
        raise ProbeFailed("the host does not say whether sudo works")
    tools = frozenset(line.removeprefix("tool=") for line in lines if line.startswith("tool="))
    return Privileges("sudo=yes" in lines, tools)


PROBE = HostProbe("privileges", COMMAND, read, every=60)
