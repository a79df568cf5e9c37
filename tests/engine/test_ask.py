"""One question, and every way in which it can fail."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from k0stui.engine.ask import TUNNEL_LIMIT, ask, ask_all, ask_api, ask_tunnels
from k0stui.errors import Unreachable
from k0stui.model.host import NodeName
from k0stui.model.observed import Known, Lack, Unknown
from k0stui.ports import Command
from k0stui.probes.probe import ApiProbe, HostProbe
from tests.fakes import HANGS, FakeClock, FakeKubeApi, FakeShell, LoopClock, virtually

SECRET = "hunter2"


def breaks(_: Any) -> int:
    raise AssertionError(SECRET)


def test_a_bug_that_an_answer_brings_out_is_an_unknown() -> None:
    """The other questions go on; the sentence names the kind of the failure and quotes nothing of the answer."""
    probes = (HostProbe("a", Command(("a",)), breaks), HostProbe("b", Command(("b",)), lambda reply: reply.text))

    answers = asyncio.run(ask_all(FakeShell("c1", {("a",): SECRET, ("b",): "fine"}), probes, FakeClock()))

    assert isinstance(answers["b"], Known)
    broken = answers["a"]
    assert isinstance(broken, Unknown)
    assert (broken.lack, "AssertionError" in broken.why, SECRET in broken.why) == (Lack.FAILED, True, False)


def test_a_bug_behind_an_api_server_is_an_unknown() -> None:
    """Likewise, whether the reader breaks or the client."""
    api = FakeKubeApi("c1", {"/a": {}, "/b": RecursionError(SECRET)})
    for path, read in (("/a", breaks), ("/b", len)):
        answer = asyncio.run(ask_api(api, ApiProbe("x", path, read), FakeClock()))
        assert isinstance(answer, Unknown)
        assert answer.lack is Lack.FAILED


def test_cancellation_passes() -> None:
    """Who is told to stop stops."""

    async def cancelled() -> None:
        asking = ask(FakeShell(default=HANGS), HostProbe("a", Command(("a",)), breaks), FakeClock())
        task = asyncio.ensure_future(asking)  # noqa: TID251
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    virtually(cancelled)


class PatientApi(FakeKubeApi):
    """One whose client gives up by itself, as the real one does."""

    async def get(self, path: str, *, timeout: float = 10) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                return await super().get(path)
        except TimeoutError:
            raise Unreachable("c1: its API server did not answer") from None


def test_a_tunnel_that_hangs_is_an_answer_of_its_node() -> None:
    """The client's own limit does not make all tunnels unknown."""
    api = PatientApi("c1", {"/api/v1/nodes/w1/proxy/healthz": HANGS, "/api/v1/nodes/w2/proxy/healthz": "ok"})

    async def look() -> None:
        answer = await ask_tunnels(api, [NodeName("w1"), NodeName("w2")], LoopClock())
        assert isinstance(answer, Known)
        assert [(tunnel.ok, tunnel.error) for tunnel in answer.value] == [(False, "no answer in 8 s"), (True, "")]

    assert virtually(look) == TUNNEL_LIMIT


def test_tunnels_of_a_dead_api_server_are_unknown() -> None:
    """Nobody was asked."""
    api = FakeKubeApi("c1", default=Unreachable("c1: no connection"))

    answer = asyncio.run(ask_tunnels(api, [NodeName("w1"), NodeName("w2")], FakeClock()))

    assert isinstance(answer, Unknown)
    assert answer.lack is Lack.UNREACHABLE
