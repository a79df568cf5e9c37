"""Copies over SSH, by the ways that were seen to work, and says which way it went.

Measured with tmux 3.3a and its default configuration: OSC 52, bare or in tmux's passthrough, is lost; `tmux load-buffer
-w -` arrives, also with `set-clipboard off`. So: in tmux through tmux, else OSC 52, and always into a file as well.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from k0stui.present.cells import count
from k0stui.present.harmless import harmless

OSC_LIMIT = 74_994
"""Bytes of base64 that the strictest terminals take in one OSC 52 (hterm and xterm's default buffer)."""

TMUX_LIMIT = 2.0
"""Seconds for tmux to take the text."""


@dataclass(frozen=True, slots=True)
class Copied:
    """Where a copy went."""

    how: str
    """`tmux`, `terminal` or `file`."""
    file: Path | None
    cut: int = 0
    """Bytes that went to the terminal, when it was not all; the file has all."""

    @property
    def words(self) -> str:
        """What the toast says."""
        parts = {
            "tmux": "copied to tmux's buffer and sent to the terminal (cannot be confirmed)",
            "terminal": "sent to the terminal (cannot be confirmed)",
            "file": "copied",
        }
        cut = f", cut at {count(self.cut)} bytes" if self.cut else ""
        also = ""
        if self.file:
            also = f" to {self.file}" if self.how == "file" else f", also in {self.file}"
        return parts[self.how] + cut + also


async def copy(text: str, write: Callable[[str], None] | None, environ: Mapping[str, str]) -> Copied:
    """Copy text, made harmless and without its last newline; `write` takes bytes to the terminal, None has none."""
    clean = harmless(text).removesuffix("\n")
    file = _kept(clean, clip_file(environ))
    if environ.get("TMUX") and await _through_tmux(clean, environ):
        return Copied("tmux", file)
    if write is None:
        return Copied("file", file)
    sequence, cut = osc52(clean)
    write(in_screen(sequence) if environ.get("TERM", "").startswith("screen") and environ.get("STY") else sequence)
    return Copied("terminal", file, cut)


def clip_file(environ: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/k0stui/clip/last`, or the same under `~/.local/state`."""
    base = environ.get("XDG_STATE_HOME") or f"{environ.get('HOME', '/')}/.local/state"
    return Path(base) / "k0stui" / "clip" / "last"


def osc52(text: str) -> tuple[str, int]:
    """The sequence, and how many bytes of the text it holds when that is not all (else 0). Cut between characters."""
    data = text.encode()
    limit = OSC_LIMIT // 4 * 3
    cut = 0
    if len(data) > limit:
        data = data[:limit].decode(errors="ignore").encode()
        cut = len(data)
    return f"\x1b]52;c;{base64.b64encode(data).decode()}\x1b\\", cut


SCREEN_PIECE = 256
"""Bytes in one DCS string: GNU screen cuts longer ones (768 at most), so the sequence goes through in pieces."""


def in_screen(sequence: str) -> str:
    """The sequence as GNU screen passes it on to the terminal outside of it."""
    body = sequence.removesuffix("\x1b\\") + "\x07"  # ST would end the DCS
    pieces = [body[at : at + SCREEN_PIECE] for at in range(0, len(body), SCREEN_PIECE)]
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def _kept(text: str, file: Path) -> Path | None:
    """The text in a file that only its owner reads; None when that is not possible."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = file.with_name(".last.new")
        new.unlink(missing_ok=True)
        with open(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w", encoding="utf-8"
        ) as out:
            out.write(text)
        new.replace(file)
    except OSError:
        return None
    return file


async def _through_tmux(text: str, environ: Mapping[str, str]) -> bool:
    """Give the text to tmux (3.2 and later), which gives it to its terminal."""
    try:
        async with asyncio.timeout(TMUX_LIMIT):
            process = await asyncio.create_subprocess_exec(
                "tmux", "load-buffer", "-w", "-",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env=dict(environ),
            )  # fmt: skip
            await process.communicate(text.encode())
    except (OSError, TimeoutError):
        return False
    return process.returncode == 0
