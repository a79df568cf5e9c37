"""A world for the app in tests: it publishes what a test gives it, and notes what it is asked to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from textual.pilot import Pilot

from k0stui.logs.board import Feed
from k0stui.model.cluster import ClusterSnapshot
from k0stui.plans.gates.gate import Verdict
from k0stui.present.look import Look
from k0stui.settings import Settings
from k0stui.ui.app import K0stuiApp
from k0stui.ui.outside import Ran
from k0stui.ui.theme import load


class FakeOutside:
    """`ui.outside.Outside`."""

    cluster = "k0s-prod"
    verb_arguments = "--inventory k0sctl.yaml"
    logs: Feed | None = None

    def __init__(self, *looks: Look, error: Exception | None = None) -> None:
        self.looks = looks
        self.error = error
        self.asked: list[tuple[str, ...]] = []
        self.verdicts: tuple[Verdict, ...] = ()
        self.publish: Callable[[Look], None] | None = None

    async def observe(self, publish: Callable[[Look], None]) -> None:
        self.publish = publish
        for look in self.looks:
            publish(look)
        if self.error:
            raise self.error
        await asyncio.Event().wait()

    def refresh(self) -> None:
        self.asked.append(("refresh",))

    def reconnect(self, host: str) -> None:
        self.asked.append(("reconnect", host))

    def proof(self, snapshot: ClusterSnapshot) -> tuple[Verdict, ...]:
        return self.verdicts

    def questions(self, host: str) -> Mapping[str, str]:
        return {"service": f"systemctl show k0scontroller # {host}"}

    def ran(self) -> tuple[Ran, ...]:
        return (Ran(datetime(2025, 2, 4, 3, 14, 2, tzinfo=UTC), "k0s-master-1", "uname -m", 0.012, "0"),)

    def ssh(self, host: str) -> tuple[str, ...]:
        return ("ssh", host)

    async def visit(self, host: str) -> int:
        self.asked.append(("visit", host))
        return 0

    async def wait_for_enter(self) -> None:
        self.asked.append(("enter",))

    def export(self, name: str, text: str) -> Path:
        self.asked.append(("export", name, text))
        return Path(f"/tmp/{name}.txt")


def app_of(
    *looks: Look, theme: str = "ansi-dark", ascii_only: bool = False, settings: Settings | None = None
) -> K0stuiApp:
    """The program on these looks."""
    return K0stuiApp(load(theme), FakeOutside(*looks), settings, ascii_only=ascii_only)


async def ready(pilot: Pilot[None]) -> None:
    """Until the panes are there."""
    app = pilot.app
    assert isinstance(app, K0stuiApp)
    await pilot.pause()
    while not app.is_ready or (app.outside.looks and app.look is None):  # type: ignore[attr-defined]
        await pilot.pause()
