"""The operations pane lists what was begun, with the journal of the one under the cursor."""

from __future__ import annotations

from k0stui.present.cells import plain
from tests.looks import demo_look
from tests.ui.acting import OP, FakeActing, finished
from tests.ui.outside import app_of, ready
from tests.ui.picture import picture


async def test_operations_are_listed_with_their_journal() -> None:
    """Id, plan, by whom, result; and below what happened."""
    app = app_of(demo_look("incident"))
    app.outside.acting = FakeActing()  # type: ignore[attr-defined]
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("7")
        await finished(app, "history")
        await pilot.pause()
        shown = picture(app)
        for words in (OP, "ana@bastion1", "done and proven", "OPERATION", "INTENT"):
            assert words in shown


async def test_locks_and_leftovers_of_hosts_stand_below() -> None:
    """Whose lock lies on which host, and what can be removed there."""
    app = app_of(demo_look("incident"))
    app.outside.acting = FakeActing()  # type: ignore[attr-defined]
    async with app.run_test(size=(120, 60)) as pilot:
        await ready(pilot)
        await pilot.press("7")
        await finished(app, "history")
        await finished(app, "left")
        await pilot.pause()
        assert app.look is not None
        text = "\n".join(plain(line) for line in app.pane.lines(app.look))
        assert "ON THE HOSTS" in text
        assert "k0s-master-1: locked for 20250204-031502-7f3a" in text
