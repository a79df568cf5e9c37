"""Who else changes this host now: k0sctl by its lock, a package manager by its process.

Answer: one `NAME AGE` per line, AGE in seconds by the host's own clock; nothing when nobody is there.
Its lock is /run/lock/k0sctl; k0sctl from v0.29.0 on takes none, so its absence proves nothing.
"""

from __future__ import annotations

from k0stui.model.cluster import OtherActor
from k0stui.ports import Reply
from k0stui.probes.answer import reads, told
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question

COMMAND = question("""
f=/run/lock/k0sctl
[ -e "$f" ] && echo "k0sctl $(( $(date +%s) - $(stat -c %Y "$f") ))"
for p in apt apt-get aptitude dpkg dnf yum rpm zypper transactional-update apk pacman; do
  pgrep -x "$p" >/dev/null && echo "$p 0"
done
pgrep -f '^[^ ]*python3? /usr/bin/unattended-upgrade( |$)' >/dev/null && echo "unattended-upgrade 0"
exit 0
""")


@reads("looking for other tools")
def read(reply: Reply) -> tuple[OtherActor, ...]:
    words = [line.split() for line in told(reply, "looking for other tools").splitlines() if line.strip()]
    return tuple(OtherActor(name, float(int(age))) for name, age in words)


PROBE = HostProbe("other_actors", COMMAND, read)
