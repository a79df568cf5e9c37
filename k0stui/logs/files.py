"""Log files of a host by inode and offset: containers on workers (`/var/log/pods`), k0s' own files under OpenRC.

Nothing goes through `kubectl logs`: it travels over konnectivity, which is what we look into (k0s#5503).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import PurePosixPath

from k0stui.ports import Command, Reply, script

POD_FILES = (
    "/var/log/pods/kube-system_konnectivity-agent-*/*/*.log*",
    "/var/log/pods/kube-system_nllb-*/*/*.log*",
)
OPENRC_FILES = ("/var/log/k0s.log", "/var/log/k0s.err")

PIECE = 64 * 1024
"""Bytes of one file in one answer, and of its end to begin with."""

_SCRIPT = """\
date '+Z %z'
for pattern in $1; do for path in $pattern; do
  [ -f "$path" ] || continue
  stat=$(stat -c '%i %s' "$path") || continue
  inode=${stat% *} size=${stat#* } offset=
  for known in $2; do [ "${known%:*}" != "$inode" ] || offset=${known#*:}; done
  if [ -z "$offset" ]; then
    offset=0
    [ "$3" != first ] || [ "$size" -le "$4" ] || offset=$((size - $4))
    case $3:$path in first:*.log.*) offset=$size ;; esac
  fi
  case $path in *.gz) continue ;; esac
  [ "$offset" -le "$size" ] || offset=0
  bytes=$((size - offset))
  [ "$bytes" -le "$4" ] || bytes=$4
  echo "P $inode $offset $bytes $size $path"
  [ "$bytes" -eq 0 ] || tail -c "+$((offset + 1))" "$path" | head -c "$bytes"
  echo
done; done
echo END
"""

_frame = re.compile(rb"P (\d{1,20}) (\d{1,20}) (\d{1,10}) (\d{1,20}) ([^\n]*)\n")

_zone = re.compile(rb"Z ([+-])(\d\d)(\d\d)\n")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one file brought: whole lines only."""

    inode: int
    path: str
    data: bytes
    """Ends in a newline, or is empty."""
    next_offset: int
    behind: int
    """Bytes that were there and not sent; a line that is still being written was sent."""

    @property
    def container(self) -> str:
        """The container that writes it: `konnectivity-agent`, `nllb`; the file's name outside of pods."""
        path = PurePosixPath(self.path)
        return path.parent.name if "/pods/" in self.path else path.name


def files_command(patterns: tuple[str, ...], positions: dict[int, int] | None, size: int = PIECE) -> Command:
    """Ask what the files have after the known positions (inode to offset); None: from near their ends."""
    known = " ".join(f"{inode}:{offset}" for inode, offset in (positions or {}).items())
    mode = "first" if positions is None else "next"
    return script(_SCRIPT, " ".join(patterns), known, mode, str(size), sudo=True)


def read_zone(reply: Reply) -> timedelta | None:
    """How far east of UTC the host's clock is set: k0s' own files tell local time and no zone."""
    found = _zone.match(reply.stdout)
    if found is None:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -size if found[1] == b"-" else size


def why_incomplete(reply: Reply) -> str:
    """Why the answer has no end; empty: it has one, or was cut for its size and goes on with the next."""
    if reply.cut or reply.stdout.endswith(b"END\n"):
        return ""
    return f"exit status {reply.exit_status} {reply.error_text}".rstrip()


def read_files(reply: Reply, *, first: bool) -> tuple[Piece, ...]:
    """Read the answer; a part that is not whole is left for the next time. `first`: it was asked without positions.

    Each part says its length before it, so no line of a log can pose as a frame.
    """
    found: list[Piece] = []
    data = reply.stdout
    zone = _zone.match(data)
    at = zone.end() if zone else 0
    while (frame := _frame.match(data, at)) is not None:
        inode, offset, size, total = (int(frame[group]) for group in range(1, 5))
        body = data[frame.end() : frame.end() + size]
        if len(body) < size:
            break
        piece = _piece(inode, offset, total, frame[5].decode("utf-8", "replace"), body)
        found.append(from_whole_line(piece) if first and offset else piece)
        at = frame.end() + size + 1
    return tuple(found)


def _piece(inode: int, offset: int, total: int, path: str, body: bytes) -> Piece:
    end = body.rfind(b"\n") + 1
    if not end and len(body) >= PIECE:
        end = len(body)  # one line longer than a piece: better cut than waited for for ever
    return Piece(inode, path, body[:end], offset + end, total - offset - len(body))


def from_whole_line(piece: Piece) -> Piece:
    """Without the line that a look into the middle of a file breaks."""
    return replace(piece, data=piece.data[piece.data.find(b"\n") + 1 :])
