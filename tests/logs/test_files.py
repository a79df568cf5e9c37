"""Log files by inode and offset, with the real script and real files."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from k0stui.logs.files import PIECE, Piece, files_command, read_files, read_zone, why_incomplete
from tests.fakes import reply


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a container's runtime writes."""
    path = tmp_path / "pods" / "kube-system_konnectivity-agent-x_1" / "konnectivity-agent"
    path.mkdir(parents=True)
    return path


def look(folder: Path, positions: dict[int, int] | None, size: int = PIECE) -> tuple[Piece, ...]:
    """Ask a real sh."""
    command = files_command((f"{folder}/*.log*",), positions, size)
    done = subprocess.run(command.argv, capture_output=True, check=True)
    assert done.stderr == b""
    return read_files(reply(done.stdout), first=positions is None)


def after(pieces: tuple[Piece, ...]) -> dict[int, int]:
    return {piece.inode: piece.next_offset for piece in pieces}


def test_each_line_comes_once_also_over_a_rotation(folder: Path) -> None:
    """A file is followed under its new name to its end, and the new one from its start."""
    log = folder / "0.log"
    log.write_text("one\n")
    first = look(folder, None)
    with log.open("a") as file:
        file.write("two\n")
    log.rename(folder / "0.log.20250204-031407")
    log.write_text("three\n")
    second = look(folder, after(first))
    third = look(folder, after(second))

    assert [piece.data for piece in first] == [b"one\n"]
    assert sorted(piece.data for piece in second) == [b"three\n", b"two\n"]
    assert all(piece.data == b"" for piece in third)
    assert first[0].container == "konnectivity-agent"


def test_a_line_that_is_still_being_written_waits(folder: Path) -> None:
    """Only whole lines are taken; the rest is asked for again."""
    log = folder / "0.log"
    log.write_text("one\ntw")
    first = look(folder, {})
    with log.open("a") as file:
        file.write("o\n")

    assert first[0].data == b"one\n"
    assert look(folder, after(first))[0].data == b"two\n"


def test_a_large_file_begins_near_its_end_at_a_whole_line(folder: Path) -> None:
    """The first look takes the last piece, without the line that it breaks, and none of rotated files."""
    (folder / "0.log").write_text("".join(f"line {number}\n" for number in range(1_000)))
    (folder / "0.log.20250204-031407").write_text("old\n")
    found = {piece.path[-5:]: piece for piece in look(folder, None, 100)}

    data = found["0.log"].data
    assert data.endswith(b"line 999\n")
    assert data.startswith(b"line ")
    assert len(data) <= 100
    assert found["31407"].data == b""


def test_a_truncated_file_begins_anew(folder: Path) -> None:
    """An offset behind the end means that the file was emptied."""
    log = folder / "0.log"
    log.write_text("a long first line\n")
    first = look(folder, {})
    log.write_text("new\n")

    assert look(folder, after(first))[0].data == b"new\n"


def test_no_line_can_pose_as_a_frame(folder: Path) -> None:
    """Each piece says its length, so a log that prints our frames is only a log."""
    (folder / "0.log").write_text("P 1 0 5 5 /etc/passwd\nhello\nEND\n")
    (piece,) = look(folder, {})

    assert piece.data == b"P 1 0 5 5 /etc/passwd\nhello\nEND\n"


def test_a_piece_that_is_not_whole_is_left_out() -> None:
    """An answer that was cut inside of a piece changes no offset."""
    assert read_files(reply("P 7 0 10 10 /x\nhalf"), first=False) == ()


def test_the_hosts_zone_comes_with_the_answer(folder: Path) -> None:
    """As `date` says it; an answer from before that has none."""
    command = files_command((f"{folder}/*.log*",), None)
    done = subprocess.run(
        command.argv, capture_output=True, check=True, env={"TZ": "XXX-5:30", "PATH": os.environ["PATH"]}
    )

    assert read_zone(reply(done.stdout)) == timedelta(hours=5, minutes=30)
    assert read_zone(reply("Z -0330\nEND\n")) == -timedelta(hours=3, minutes=30)
    assert read_zone(reply("END\n")) is None


def test_an_answer_without_an_end_is_incomplete() -> None:
    """Unless it was cut for its size, which the next request makes good."""
    assert why_incomplete(reply("END\n")) == ""
    assert why_incomplete(reply("", "sh: stat: not found", 127)) == "exit status 127 sh: stat: not found"
