"""The stand-ins that other tests lean on."""

from __future__ import annotations

import asyncio

import pytest

from k0stui.errors import ApiRefused, Unreachable
from k0stui.ports import Command, KubeApi, Shell
from tests.fakes import HANGS, FakeClock, FakeKubeApi, FakeShell, virtually


async def test_a_fake_shell_answers_from_its_dict_and_remembers() -> None:
    """Text is stdout, a number an exit status, an error is raised; what was run is kept in order."""
    shell = FakeShell("c2", {("uptime",): "up", ("false",): 1, ("gone",): Unreachable("c2: gone")})

    assert (await shell.run(Command(("uptime",)))).text == "up"
    assert (await shell.run(Command(("false",)))).exit_status == 1
    assert (await shell.run(Command(("what",)))).exit_status == 127
    with pytest.raises(Unreachable):
        await shell.run(Command(("gone",)))
    assert shell.argvs == [("uptime",), ("false",), ("what",), ("gone",)]


def test_a_hang_costs_virtual_time_only() -> None:
    """A command that never ends runs into its limit of ten seconds without anybody waiting for them."""

    async def hang() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await FakeShell("c1", {("sleep",): HANGS}).run(Command(("sleep",)))

    assert virtually(hang) == 10


async def test_a_fake_api_answers_json_and_remembers_changes() -> None:
    """A path is JSON or 404; PATCH and DELETE are kept with their bodies."""
    api = FakeKubeApi("c1", {"/api/v1/nodes": {"items": []}})

    assert await api.get("/api/v1/nodes") == b'{"items": []}'
    with pytest.raises(ApiRefused):
        await api.get("/nothing")
    await api.patch("/api/v1/x", b"{}", content_type="application/json-patch+json")
    assert [(call.verb, call.path, call.body) for call in api.calls] == [("PATCH", "/api/v1/x", b"{}")]


async def test_a_fake_clock_moves_when_somebody_sleeps() -> None:
    """Sleeping costs no time but the clock's own."""
    clock = FakeClock()
    before = clock.now()
    await clock.sleep(30)

    assert (clock.now() - before).total_seconds() == 30
    assert clock.slept == [30]


def test_the_fakes_are_what_the_ports_ask_for() -> None:
    """The protocols that can be checked at run time hold."""
    assert isinstance(FakeShell(), Shell)
    assert isinstance(FakeKubeApi(), KubeApi)
