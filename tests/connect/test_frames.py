"""The wire format of the resident shell, without a shell."""

from __future__ import annotations

import itertools
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.connect.frames import LONG_WORD, Answer, BadFrame, Phrases, Stream, new_marker, octal, request
from k0stui.errors import ProbeFailed

M = b"k0stui:0123"
WHOLE = b"noise" + M + b" 7 <\nout\0put" + M + b" = 3\n" + M + b" !\nerr" + M + b" >\nmore noise"


def a_stream(answer: Answer | None) -> Stream:
    return Stream(M, lambda number: answer if number == 7 else None)


@given(st.lists(st.integers(1, len(WHOLE)), max_size=20))
def test_chunks_do_not_matter(cuts: list[int]) -> None:
    """However the stream is cut into packets, the answer is the same, and noise is told from it."""
    answer, edges = Answer(room=100), sorted({0, *cuts, len(WHOLE)})
    stream = a_stream(answer)

    whole = [n for begin, end in itertools.pairwise(edges) for n in stream.feed(WHOLE[begin:end])]

    assert whole == [7]
    assert (bytes(answer.out), bytes(answer.err), answer.status, answer.whole) == (b"out\0put", b"err", 3, True)
    assert stream.noise == "noisemore noise"


@pytest.mark.fault("F51")
@given(st.binary(max_size=300))
def test_any_payload(payload: bytes) -> None:
    """Any bytes pass as they are."""
    answer = Answer(room=1000)

    a_stream(answer).feed(M + b" 7 <\n" + payload + M + b" = 0\n" + M + b" !\n" + M + b" >\n")

    assert (bytes(answer.out), answer.whole) == (payload, True)


def test_room_is_kept() -> None:
    """A host that sends more than was asked for fills no memory."""
    answer = Answer(room=10)
    stream = a_stream(answer)
    stream.feed(M + b" 7 <\n")
    for _ in range(100):
        stream.feed(b"x" * 100)

    assert len(answer.out) == 10


def test_nobody_waits() -> None:
    """An answer that nobody waits for any more is dropped, and the next one is read."""
    stream = Stream(M, lambda _: None)

    assert stream.feed(WHOLE) == [7]


@pytest.mark.parametrize(
    "data",
    [
        b" >\n",
        b" = 1\n",
        b" 7 <\n" + M + b" 8 <\n",
        b" 7 <\n" + M + b" >\n",
        b" hello\n",
        b"x" * 200,
    ],
)
def test_bad_marks(data: bytes) -> None:
    """Marks in an order that the resident shell never writes are refused, not guessed at."""
    with pytest.raises(BadFrame):
        a_stream(Answer(room=9)).feed(M + data)


def test_markers_differ() -> None:
    """No two channels share a marker, so output of one cannot pose as an answer on another."""
    assert len({new_marker() for _ in range(100)}) == 100


@given(st.binary(max_size=200))
def test_octal_is_what_printf_reads(data: bytes) -> None:
    """The escapes of standard input survive single quotes and come out of printf as they went in."""
    assert "'" not in octal(data)
    assert b"".join(decoded(octal(data))) == data


def decoded(text: str) -> list[bytes]:
    """As POSIX says of `%b`: a backslash, a 0, and up to three octal digits."""
    parts, rest = [], text
    while rest:
        if rest.startswith("\\0"):
            parts.append(bytes([int(rest[2:5], 8)]))
            rest = rest[5:]
        else:
            parts.append(rest[0].encode())
            rest = rest[1:]
    return parts


def test_real_printf_agrees() -> None:
    """/bin/sh's own printf gives back all 256 bytes."""
    every = bytes(range(256))

    done = subprocess.run(["sh", "-c", f"printf %b '{octal(every)}'"], capture_output=True, check=True)

    assert done.stdout == every


@pytest.mark.parametrize("word", ["a\0b", "\ud800"])
def test_no_nul_in_arguments(word: str) -> None:
    """A word that no program could be given, which a host told us, is a failed question before anything is sent."""
    with pytest.raises(ProbeFailed, match="NUL"):
        request(1, ("echo", word), root=False, seconds=1, cap=1)


def test_a_long_word_is_told_once() -> None:
    """A script goes over the link with the first question that needs it, and by its name from then on."""
    phrases, script = Phrases(), "echo '" + "x" * LONG_WORD + "'"
    first = request(1, ("sh", "-c", script), root=False, seconds=1, cap=1, phrases=phrases)
    second = request(2, ("sh", "-c", script), root=False, seconds=1, cap=1, phrases=phrases)

    assert b"x" * LONG_WORD in first
    assert second == b'ask 2 2 limited 1 sh -c "$phrase0"\n'


def test_a_shell_reads_a_kept_word_as_it_was() -> None:
    """Quotes, newlines, dollars and backslashes of a long word come out of a real shell's variable unchanged."""
    word = "'\"$(id)`\\\n\t é*" * 30
    told, words = Phrases().said(("printf", "%s", word))
    done = subprocess.run(["sh", "-c", told + words], capture_output=True, check=True)

    assert done.stdout == word.encode()
