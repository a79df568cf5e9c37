"""The simulated resident shell beside the real one: the same bytes in, the same frames out."""

from __future__ import annotations

import subprocess

import pytest

from k0stui.connect.frames import Answer, Stream, new_marker, request, stream_request
from k0stui.connect.lane import START
from k0stui.demo.resident import NotOurShell, Question, Resident, resident_text, words

QUESTIONS = (
    (("printf", "%s", "plain"), b""),
    (("printf", "%s", 'it\'s "quoted"\nand $HOME `x` \\n on lines'), b""),
    (("cat",), b"bytes \0\1\xff'\"\\ and\nlines\n"),
    (("sh", "-c", "echo out; echo err >&2; exit 3", "sh", "an argument"), b""),
)
"""What both are asked."""


def imitate(question: Question) -> tuple[bytes, bytes, int]:
    """What a host prints for them."""
    match question.argv:
        case ("printf", _, text):
            return text.encode(), b"", 0
        case ("cat",):
            return question.stdin, b"", 0
        case _:
            return b"out\n", b"err\n", 3


def asked(marker: bytes) -> bytes:
    """The whole input of one channel."""
    lines = [
        request(number, argv, root=False, seconds=5, cap=100, stdin=stdin)
        for number, (argv, stdin) in enumerate(QUESTIONS, 1)
    ]
    lines.append(b"wait\n")  # logs have a channel of their own: nothing else is under way there
    lines.append(stream_request(7, ("printf", "%s", "streamed"), root=False, seconds=5, cap=100))
    return b"M='" + marker + b"'\n" + resident_text() + b"".join(lines) + b"echo_back 9\n"


def read(marker: bytes, data: bytes) -> dict[int, tuple[bytes, bytes, int | None]]:
    """The answers as the client takes them apart, without the greeting."""
    answers = {number: Answer(1000) for number in range(10)}
    Stream(marker, answers.get).feed(data)
    return {number: (bytes(a.out), bytes(a.err), a.status) for number, a in answers.items() if a.whole and number}


def simulated(marker: bytes, chunk: int) -> dict[int, tuple[bytes, bytes, int | None]]:
    written: list[bytes] = []
    resident = Resident(written.append, lambda q: resident.answer(q, *imitate(q)), pid=4711)
    data = asked(marker)
    for begin in range(0, len(data), chunk):
        resident.feed(data[begin : begin + chunk])
    return read(marker, b"".join(written))


def test_it_frames_as_the_real_script_does() -> None:
    """Given one input, `sh` with resident.sh and the simulation give the client equal answers, id by id."""
    marker = new_marker()
    # The shell ends with its input and then ends what still runs: keep it open until all have answered.
    feed = asked(marker) + b"wait; sleep 0.3\n"
    real = subprocess.run(["sh", "-c", START], input=feed, capture_output=True, timeout=30, check=False)

    assert simulated(marker, 100_000) == read(marker, real.stdout)


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_chunks_do_not_matter(chunk: int) -> None:
    """However the bytes are cut on the way, the answers are the same."""
    marker = new_marker()

    assert simulated(marker, chunk) == simulated(marker, 10**6)


def test_another_script_is_refused() -> None:
    """Whoever sends something else than resident.sh is told so, instead of being half understood."""
    resident = Resident(lambda data: None, lambda question: None, pid=1)

    with pytest.raises(NotOurShell):
        resident.feed(b"M='k0stui:0123456789abcdef'\necho something else\n")


def test_words_are_split_as_a_shell_splits_them() -> None:
    """Single quotes, and the way in which shlex writes a quote inside them."""
    assert words(b"ask 1 2 limited 3 'a b' 'it'\"'\"'s' ''\n") == [
        b"ask",
        b"1",
        b"2",
        b"limited",
        b"3",
        b"a b",
        b"it's",
        b"",
    ]
