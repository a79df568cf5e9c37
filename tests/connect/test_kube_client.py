"""How much of an API server's answer is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from k0stui.connect import kube
from k0stui.connect.kube_client import read_up_to
from k0stui.errors import ProbeFailed
from tests.fakes import FakeShell


class Endless:
    """A response without end, in aiohttp's words."""

    def __init__(self, chunks: int) -> None:
        self.content: Any = self
        self.chunks = chunks
        self.closed = False

    async def iter_any(self) -> AsyncIterator[bytes]:
        for _ in range(self.chunks):
            yield b"x" * 10

    def close(self) -> None:
        self.closed = True


def read(response: Any) -> bytes:
    return asyncio.run(read_up_to(25, response))


def test_an_answer_without_end_is_given_up() -> None:
    """Whatever an API server sends fills no memory: the connection ends at the cap."""
    response = Endless(10**9)

    assert (len(read(response)), response.closed) == (25, True)


def test_what_was_too_long_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an answer is no answer: it fails with its size, and is not read."""
    monkeypatch.setattr(kube, "ANSWER_CAP", 1 << 20)
    api = kube.KubernetesApi(FakeShell("c1"))  # type: ignore[arg-type]
    with pytest.raises(ProbeFailed, match="c1: its API server answers more than 1 MiB to GET /x"):
        asyncio.run(api._judged("GET", "/x", 200, b"x" * ((1 << 20) + 1)))


def test_a_usual_answer_is_read_whole() -> None:
    """Below the cap the connection is kept for the next question."""
    response = Endless(2)

    assert (len(read(response)), response.closed) == (20, False)
