"""A copy arrives by a way that works where it is made, is harmless, and is always in a file too."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from k0stui.ui.clipboard import OSC_LIMIT, clip_file, copy, in_screen, osc52


async def test_to_the_terminal(tmp_path: Path) -> None:
    """Outside of tmux the text goes out as one OSC 52, and to a file that only its owner may read."""
    written: list[str] = []
    copied = await copy("etcd ok\n", written.append, {"XDG_STATE_HOME": str(tmp_path), "TERM": "xterm"})
    assert written == ["\x1b]52;c;ZXRjZCBvaw==\x1b\\"]
    file = tmp_path / "k0stui/clip/last"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("etcd ok", 0o600)
    assert copied.words == f"sent to the terminal (cannot be confirmed), also in {file}"


async def test_foreign_text_is_harmless(tmp_path: Path) -> None:
    """What is pasted later cannot move a cursor or press a key."""
    written: list[str] = []
    await copy("a\x1b[201~rm -rf\r\n", written.append, {"XDG_STATE_HOME": str(tmp_path)})
    assert (tmp_path / "k0stui/clip/last").read_text() == "a^[[201~rm -rf^M"


async def test_long_text_is_cut_and_said(tmp_path: Path) -> None:
    """More than terminals take is cut between two characters, said, and whole in the file."""
    written: list[str] = []
    copied = await copy("ä" * 60_000, written.append, {"XDG_STATE_HOME": str(tmp_path)})
    assert len(written[0]) <= OSC_LIMIT + 20
    assert base64.b64decode(written[0][7:-2]).decode() == "ä" * (copied.cut // 2)
    assert "cut at 56,24" in copied.words
    assert copied.file
    assert copied.file.stat().st_size == 120_000


async def test_no_terminal_and_no_file() -> None:
    """Where nothing can be written the copy says so much as it knows."""
    assert (await copy("x", None, {"XDG_STATE_HOME": "/proc/nowhere"})).file is None


async def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A link laid in the way is replaced, not written through."""
    victim = tmp_path / "victim"
    victim.write_text("keep")
    file = clip_file({"XDG_STATE_HOME": str(tmp_path)})
    file.parent.mkdir(parents=True)
    file.symlink_to(victim)
    await copy("x", None, {"XDG_STATE_HOME": str(tmp_path)})
    assert (victim.read_text(), file.read_text()) == ("keep", "x")


def test_in_screen() -> None:
    """In GNU screen it goes through in short DCS strings that join to the whole."""
    wrapped = in_screen(osc52("x" * 1000)[0])
    pieces = wrapped.split("\x1bP")[1:]
    assert all(piece.endswith("\x1b\\") and len(piece) <= 258 for piece in pieces)
    assert "".join(piece[:-2] for piece in pieces) == osc52("x" * 1000)[0][:-2] + "\x07"


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A tmux server of our own, without a configuration file."""
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    socket = tmp_path / "tmux"
    run = ["tmux", "-f", "/dev/null", "-S", str(socket)]
    subprocess.run([*run, "new-session", "-d", "-x", "80", "-y", "24", "cat"], check=True)
    yield {"TMUX": f"{socket},0,0", "PATH": os.environ["PATH"], "XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    subprocess.run([*run, "kill-server"], check=True)


async def test_in_tmux(tmux: dict[str, str], tmp_path: Path) -> None:
    """In tmux the text is in tmux's buffer, and no sequence is written that tmux would lose."""
    written: list[str] = []
    copied = await copy("k0s status", written.append, tmux)
    shown = subprocess.run(  # noqa: ASYNC221 - milliseconds
        ["tmux", "-S", str(tmp_path / "tmux"), "show-buffer"], capture_output=True, text=True, check=True
    )
    assert (shown.stdout, written, copied.how) == ("k0s status", [], "tmux")


async def test_without_the_tmux_it_names(tmp_path: Path) -> None:
    """A stale TMUX variable does not swallow the copy."""
    written: list[str] = []
    copied = await copy(
        "x", written.append, {"TMUX": "/nowhere,1,0", "PATH": os.environ["PATH"], "XDG_STATE_HOME": str(tmp_path)}
    )
    assert (copied.how, len(written)) == ("terminal", 1)
