"""The panes of plan, logs and operations as they look, kept as text as all others are (tests/ui/test_snapshots.py)."""

from __future__ import annotations

import pytest

from k0stui.model.operation import OperationState
from tests.ui.acting import a_preview, a_running, acting_app, follow, open_operations, open_plan
from tests.ui.picture import SIZES, assert_same, named, picture
from tests.ui.screens.logs_app import VARIED, app_with, feed_of, opened, press

MADE_AT = a_preview().plan.made_at
PROGRESS = {
    "running": a_running(),
    "exposed": a_running(exposed=True, exposed_since=MADE_AT),
    "paused": a_running(state=OperationState.PAUSED, reason="E-02: k0s-master-3: its etcd member is not healthy"),
}


@pytest.mark.parametrize("size", SIZES, ids=named)
async def test_plan(size: tuple[int, int]) -> None:
    """The preview of the incident's plan."""
    app = acting_app()
    async with app.run_test(size=size) as pilot:
        await open_plan(app, pilot)
        assert_same(f"plan-{named(size)}", picture(app))


@pytest.mark.parametrize(("name", "key"), [("undo", "B"), ("proof", "V")])
async def test_what_belongs_to_a_plan(name: str, key: str) -> None:
    """Its way back and its proof, at 80x24."""
    app = acting_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_plan(app, pilot)
        await pilot.press(key)
        await pilot.pause()
        assert_same(f"plan-{name}-80x24", picture(app))


@pytest.mark.parametrize("size", SIZES, ids=named)
@pytest.mark.parametrize("name", PROGRESS)
async def test_progress(name: str, size: tuple[int, int]) -> None:
    """An operation that is carried out, one that is exposed, one that waits for somebody."""
    app = acting_app()
    async with app.run_test(size=size) as pilot:
        await open_plan(app, pilot)
        await follow(app, pilot, PROGRESS[name])
        assert_same(f"progress-{name}-{named(size)}", picture(app))


@pytest.mark.parametrize("size", SIZES, ids=named)
async def test_operations(size: tuple[int, int]) -> None:
    """What was begun, its journal, and what is left on the hosts."""
    app = acting_app()
    async with app.run_test(size=size) as pilot:
        await open_operations(app, pilot)
        assert_same(f"operations-{named(size)}", picture(app))


@pytest.mark.parametrize("size", SIZES, ids=named)
async def test_logs(size: tuple[int, int]) -> None:
    """Lines of four hosts, the newest in full."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=size) as pilot:
        await opened(pilot)
        assert_same(f"logs-{named(size)}", picture(app))


@pytest.mark.parametrize(
    ("name", "keys"), [("histogram", ["i"]), ("detail", ["enter"]), ("filter", ["slash", "l", "e"])]
)
async def test_what_is_opened_over_logs(name: str, keys: list[str]) -> None:
    """At 80x24."""
    app = app_with(feed_of(*VARIED))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await press(pilot, *keys)
        assert_same(f"logs-{name}-80x24", picture(app))
