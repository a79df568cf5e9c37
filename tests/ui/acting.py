"""Acting for pilot tests: a plan of the incident, and a record of what the screens asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from textual.pilot import Pilot

from k0stui.commands.acting import Wish, make_plan, wanted_name
from k0stui.errors import PlanRefused
from k0stui.model.event import Event, Kind
from k0stui.model.observed import Known
from k0stui.model.operation import Operation, OperationState, Plan, StepState, begin
from k0stui.plans.draft import verdicts
from k0stui.plans.gates.gate import Situation
from k0stui.present.happened import Happened
from k0stui.ui.acting import Preview, Running
from k0stui.ui.app import K0stuiApp
from tests.looks import MOMENT, demo_look
from tests.plans.situations import told
from tests.ui.outside import app_of, ready

NAME = "k0s-prod"
OP = "20250204-031502-7f3a"


@cache
def a_preview() -> Preview:
    """The incident's plan; the gates on lock and process are taken as passed."""
    snapshot = demo_look("incident").snapshot
    plan = make_plan(snapshot, Wish("nllb"), "0123456789abcdef")
    situation = Situation(snapshot, plan, asked=told(plan), upgrades=Known((), MOMENT))
    said = tuple(it for it in verdicts(situation) if it.gate not in ("C-08", "C-09"))
    return Preview(plan, said, wanted_name(plan, snapshot))


def a_running(plan: Plan | None = None, **changes: object) -> Running:
    """Half-way: two controllers are verified, the third restarts, agents are held."""
    plan = plan or a_preview().plan
    operation = begin(OP, plan)
    states = {"restart-k0s-master-2": StepState.VERIFIED, "restart-k0s-master-3": StepState.RESTARTING}
    steps = tuple(replace(step, state=states.get(step.id, step.state)) for step in operation.steps)
    held = (("konnectivity-agent", "{}"),)
    operation = replace(
        operation, state=OperationState.RUNNING, owner="ana@bastion1:7f3a", epoch=1, steps=steps, held=held
    )
    events = (
        Event(Kind.APPROVED),
        Event(Kind.HELD),
        Event(Kind.INTENT, "restart-k0s-master-2"),
        Event(Kind.VERIFIED, "restart-k0s-master-2"),
        Event(Kind.INTENT, "restart-k0s-master-3"),
    )
    happened = tuple(Happened(MOMENT, "", 1, event) for event in events)
    return Running(plan, replace(operation, **changes), happened, NAME, "starting")  # type: ignore[arg-type]


class FakeActing:
    """`ui.acting.Acting`."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.asked: list[tuple[str, tuple[str, ...], int]] = []
        self.started: list[str] = []
        self.said: list[tuple[str, str]] = []
        self.publish: Callable[[Running], None] | None = None
        self.carried = asyncio.Event()

    async def draft(self, name: str, only: tuple[str, ...] = (), batch: int = 1) -> Preview:
        self.asked.append((name, only, batch))
        if self.refusal:
            raise PlanRefused(self.refusal)
        return a_preview()

    async def start(self, preview: Preview) -> str:
        self.started.append(preview.plan.sha256)
        return OP

    async def carry(self, operation: str, publish: Callable[[Running], None]) -> None:
        self.publish = publish
        publish(a_running())
        await self.carried.wait()

    async def say(self, operation: str, word: str, step: str = "") -> None:
        self.said.append((word, step))

    async def left(self) -> tuple[str, ...]:
        return ("k0s-master-1: locked for 20250204-031502-7f3a; 5 files, 900 bytes in /var/lib/k0stui",)

    async def operations(self) -> tuple[Running, ...]:
        ended: Operation = replace(a_running().operation, state=OperationState.UNLOCKED, reason="done", held=())
        return (replace(a_running(), operation=ended, is_carried=False),)


async def finished(app: K0stuiApp, group: str) -> None:
    """When no worker of that group runs any more."""
    if workers := [worker for worker in app.workers if worker.group == group]:
        await app.workers.wait_for_complete(workers)


def acting_app(theme: str = "ansi-dark") -> K0stuiApp:
    """The incident, and somebody to act on it."""
    app = app_of(demo_look("incident"), theme=theme)
    app.outside.acting = FakeActing()  # type: ignore[attr-defined]
    return app


async def open_plan(app: K0stuiApp, pilot: Pilot[None]) -> None:
    """The preview of the plan that cures the incident."""
    await ready(pilot)
    await app.action_run_command("go.plan", "nllb")
    await finished(app, "draft")
    await pilot.pause()


async def follow(app: K0stuiApp, pilot: Pilot[None], running: Running) -> None:
    """On the plan pane: watch an operation that looks like this."""
    app.pane.follow(running.operation.id)  # type: ignore[attr-defined]
    await pilot.pause()
    acting = app.outside.acting
    assert isinstance(acting, FakeActing)
    assert acting.publish is not None
    acting.publish(running)
    await pilot.pause()


async def open_operations(app: K0stuiApp, pilot: Pilot[None]) -> None:
    """What was begun, and what is left on hosts."""
    await ready(pilot)
    await pilot.press("7")
    await finished(app, "history")
    await finished(app, "left")
    await pilot.pause()
