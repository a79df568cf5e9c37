"""What an answer is before anything is read of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from k0stui.errors import NotPermitted, ProbeFailed, ToolMissing
from k0stui.ports import Reply
from k0stui.probes.answer import fields, heard, reads, sections, told, with_status
from tests.probes.golden import ASKED

GOOD = Reply(0, b"fine\n", b"", ASKED, ASKED)


def test_reader_never_quotes_what_it_cannot_read() -> None:
    """The error of a reader names the question; what the host sent, which may be a secret, is not in it."""

    @reads("the password file")
    def read(reply: Reply) -> int:
        return int(reply.text)

    with pytest.raises(ProbeFailed) as raised:
        read(replace(GOOD, stdout=b"hunter2"))
    assert str(raised.value) == "the password file gave an answer that k0stui does not understand"


@pytest.mark.parametrize("seconds", [10**12, 10**18, 10**30])
def test_a_time_that_no_calendar_has_is_not_understood(seconds: int) -> None:
    """Python says ValueError, OSError or OverflowError of it, as it is large; the reader says that it failed."""

    @reads("the time")
    def read(reply: Reply) -> datetime:
        return datetime.fromtimestamp(int(reply.text), UTC)

    with pytest.raises(ProbeFailed):
        read(replace(GOOD, stdout=str(seconds).encode()))


def test_bug_in_a_reader_is_not_hidden_by_its_type_of_error_alone() -> None:
    """Errors that no answer can cause leave a reader as they are."""

    @reads("anything")
    def read(reply: Reply) -> int:
        raise AssertionError

    with pytest.raises(AssertionError):
        read(GOOD)


@pytest.mark.parametrize(
    ("stderr", "status", "kind"),
    [
        ("sudo: a password is required", 1, NotPermitted),
        ("sudo: a terminal is required to read the password", 1, NotPermitted),
        ("Sorry, user viewer is not allowed to execute '/bin/sh' as root on c1.", 1, NotPermitted),
        ("viewer is not in the sudoers file.", 1, NotPermitted),
        ("sudo: curl: command not found", 1, ToolMissing),
        ("sh: 2: ss: not found", 127, ToolMissing),
        ("/usr/local/bin/k0s: Permission denied", 126, ToolMissing),
        ("", 124, ProbeFailed),
    ],
)
def test_refusals_are_told_apart(stderr: str, status: int, kind: type[ProbeFailed]) -> None:
    """No rights, no program and no end in time are three things, each mended in another way."""
    with pytest.raises(kind) as raised:
        heard(replace(GOOD, exit_status=status, stderr=stderr.encode()), "asking")
    assert type(raised.value) is kind


def test_warning_of_sudo_is_no_refusal() -> None:
    """A host whose own name does not resolve makes sudo warn on each call; the answer counts."""
    warned = replace(GOOD, stderr=b"sudo: unable to resolve host c1: Name or service not known")
    assert told(warned, "asking") == "fine\n"


def test_cut_answer_is_not_read() -> None:
    """Half a list would look like a shorter list: an answer beyond the cap is no answer."""
    with pytest.raises(ProbeFailed, match="was cut"):
        heard(replace(GOOD, cut=True), "asking")


def test_failed_command_gives_its_first_complaint() -> None:
    """The operator reads what the tool itself said, one line of it."""
    with pytest.raises(ProbeFailed, match=r"^asking failed: ss: bad$"):
        told(replace(GOOD, exit_status=1, stderr=b"ss: bad\nusage"), "asking")


def test_parts_fields_and_status_of_an_answer() -> None:
    """Sections keep their text, the first of equal keys counts, and the last line is curl's HTTP status."""
    assert sections("a\n@@ x\nb\n@@ y\n") == {"": "a\n", "x": "b\n", "y": ""}
    assert fields("a=1\nnoise\na=2\n b = c=d ") == {"a": "1", "b": "c=d"}
    assert with_status("body\nmore\n401\n") == ("body\nmore", 401)
    assert with_status("\n000\n") == ("", 0)
