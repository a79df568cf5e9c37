"""Room on the filesystems that k0s needs: its data, /etc, /run, /var/log, and the state of k0stui.

Answer: POSIX `df -Pk` (1024-byte blocks), then `df -Pi` under `@@ inodes`. A folder that is missing makes df exit 1 and
does not matter. No root.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import ProbeFailed
from k0stui.model.host import Filesystem
from k0stui.ports import Reply
from k0stui.probes.answer import heard, reads, sections
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.sh import question

TEXT = """
set -- "$1" /etc /run /var/log
df -Pk "$@" 2>/dev/null
echo '@@ inodes'
df -Pi "$@" 2>/dev/null
exit 0
"""


@reads("df")
def read(reply: Reply) -> tuple[Filesystem, ...]:
    parts = sections(heard(reply, "df"))
    inodes = {mount: (int(total), int(free)) for _, total, free, mount in _rows(parts.get("inodes", ""))}
    found = {
        mount: Filesystem(mount, source, int(size) * 1024, int(left) * 1024, *inodes.get(mount, (0, 0)))
        for source, size, left, mount in _rows(parts[""])
    }
    if not found:
        raise ProbeFailed("df told of no filesystem")
    return tuple(found.values())


def _rows(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Source, total, available, mount; `-` where a filesystem has no inodes reads as 0."""
    for line in text.splitlines()[1:]:
        words = line.split(None, 5)
        if len(words) == 6:
            source, total, _, left, _, mount = words
            yield source, total.replace("-", "0"), left.replace("-", "0"), mount


def probe(subject: Subject) -> HostProbe[tuple[Filesystem, ...]]:
    return HostProbe("disks", question(TEXT, subject.data_dir), read)
