"""What the journal takes, and how fast logs grow now: a flood may fill the disk long before anybody reads it.

The journal itself is not read: its files are allocated 8 MiB at a time, so their sizes say nothing over seconds, but
the header of the active file tells where its last object lies (bytes 136-143, `tail_object_offset` of systemd's journal
file format). Plain log files are counted by their size. Two looks, 3 s apart, in one command.

Answer: `@@ before` and `@@ after`, a line `SECONDS FILE BYTES` each; `@@ usage` what `journalctl --disk-usage` says;
`@@ limit` journald's own line (`… max 4.0G …`); `@@ oldest` seconds since 1970; `@@ mount`.
"""

from __future__ import annotations

import re

from k0stui.errors import ProbeFailed
from k0stui.model.host import LogUsage
from k0stui.ports import Reply
from k0stui.probes.answer import heard, reads, sections
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question
from k0stui.probes.signs import instant

COMMAND = question(
    """
look() {
  now=$(date +%s)
  for f in /var/log/journal/*/system.journal /run/log/journal/*/system.journal; do
    [ -r "$f" ] && echo "$now $f" $(od -An -t u8 -j 136 -N 8 "$f")
  done
  for f in /var/log/syslog /var/log/messages /var/log/k0s.log /var/log/k0s.err; do
    [ -r "$f" ] && echo "$now $f" $(stat -c %s "$f")
  done
}
echo '@@ before'; look
sleep 3
echo '@@ after'; look
if command -v journalctl >/dev/null; then
  echo '@@ usage'; journalctl --disk-usage
  echo '@@ limit'; journalctl -q --no-pager -o cat -n 1 MESSAGE_ID=ec387f577b844b8fa948f33cad9a75e6
  echo '@@ oldest'; journalctl -q --no-pager -o short-unix 2>/dev/null | head -n 1
else
  echo '@@ usage'; du -ck /var/log/k0s.log /var/log/k0s.err 2>/dev/null | tail -n 1
fi
d=/var/log/journal; [ -d "$d" ] || d=/run/log/journal; [ -d "$d" ] || d=/var/log
echo '@@ mount'; df -Pk "$d" | tail -n 1
""",
    sudo=True,
)

UNITS = {"B": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50}


@reads("measuring the logs")
def read(reply: Reply) -> LogUsage:
    parts = sections(heard(reply, "measuring the logs"))
    if "after" not in parts:
        raise ProbeFailed("the logs could not be measured")
    oldest = parts.get("oldest", "").split()
    return LogUsage(
        used=_used(parts.get("usage", "")),
        growth=_growth(parts["before"], parts["after"]),
        limit=_size(r"max ([\d.]+)([BKMGTP])", parts.get("limit", "")),
        mount=parts.get("mount", "").split()[-1] if parts.get("mount", "").split() else "",
        oldest=instant(oldest[0]) if oldest else None,
    )


def _used(text: str) -> int:
    if re.match(r"\d+\s+total", text):
        return int(text.split()[0]) * 1024
    return _size(r"take up ([\d.]+)([BKMGTP])", text)


def _size(pattern: str, text: str) -> int:
    match = re.search(pattern, text)
    return int(float(match[1]) * UNITS[match[2]]) if match else 0


def _growth(before: str, after: str) -> float:
    """Bytes per second over files seen in both looks; a file that became smaller was rotated and does not count."""
    old, new = _look(before), _look(after)
    rates = [
        max(0.0, (size - old[name][1]) / max(1.0, at - old[name][0])) for name, (at, size) in new.items() if name in old
    ]
    return sum(rates)


def _look(text: str) -> dict[str, tuple[float, int]]:
    words = [line.split() for line in text.splitlines()]
    return {name: (float(at), int(size)) for at, name, size in (word for word in words if len(word) == 3)}


PROBE = HostProbe("log_usage", COMMAND, read)
