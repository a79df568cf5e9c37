"""The plan pane: what is No, the one Yes, and what an operation shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual import events
from textual.pilot import Pilot

from k0stui.errors import UsageError
from k0stui.model.operation import OperationState, StepState
from k0stui.present.cells import plain
from k0stui.ui.acts import plan_words
from k0stui.ui.app import K0stuiApp
from k0stui.ui.screens.plan import PlanPane
from k0stui.ui.widgets.name_field import NameField
from k0stui.ui.widgets.story import Story
from tests.looks import demo_look
from tests.ui.acting import NAME, FakeActing, a_preview, a_running, finished
from tests.ui.outside import app_of, ready
from tests.ui.picture import picture


class Hand:
    """A pilot's hand on the plan pane, and the field's own clock."""

    def __init__(self, app: K0stuiApp, pilot: Pilot[None], acting: FakeActing) -> None:
        self.app, self.pilot, self.acting = app, pilot, acting
        self.time = 100.0
        self.field.clock = lambda: self.time

    @property
    def field(self) -> NameField:
        return self.app.query_one(NameField)

    async def settle(self) -> None:
        await finished(self.app, "draft")
        await self.pilot.pause()

    async def focus(self, wait: float = 1.0) -> None:
        """The keyboard goes to the field, and so much time passes."""
        self.field.focus()
        await self.pilot.pause()
        self.time += wait

    async def type(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()


@asynccontextmanager
async def plan_pane(acting: FakeActing | None = None, size: tuple[int, int] = (100, 40)) -> AsyncIterator[Hand]:
    acting = acting or FakeActing()
    app = app_of(demo_look("incident"))
    app.outside.acting = acting  # type: ignore[attr-defined]
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await app.action_run_command("go.plan", "nllb")
        hand = Hand(app, pilot, acting)
        await hand.settle()
        yield hand


KEYS = ["k", "0", "s", "minus", "p", "r", "o", "d"]


async def test_the_name_typed_out_starts_this_plan() -> None:
    """And nothing else does; the approval is of the plan that is shown, by its hash."""
    async with plan_pane() as hand:
        await hand.focus()
        await hand.type(*KEYS, "enter")
        assert hand.acting.started == [a_preview().plan.sha256]


@pytest.mark.fault("F75")
@pytest.mark.parametrize(
    "keys",
    [
        ["enter"],
        ["y", "enter"],
        ["y"] * 30 + ["enter"],
        ["enter"] * 10,
        [*KEYS[:-1], "enter"],
        [*KEYS, "x", "enter"],
        ["K", *KEYS[1:], "enter"],
        [*KEYS, "escape", "enter"],
        [*KEYS, "tab", "enter"],
        [*KEYS, "ctrl+c"],
        ["ctrl+d", "enter"],
        [*KEYS],
    ],
    ids=lambda keys: "-".join(keys)[:40],
)
async def test_all_else_is_no(keys: list[str]) -> None:
    """Enter, y, held keys, an almost right name, leaving half-way, end of input, a name without Enter."""
    async with plan_pane() as hand:
        await hand.focus()
        await hand.type(*keys)
        assert hand.acting.started == []
        assert not hand.acting.said


async def test_what_comes_at_once_is_no() -> None:
    """The whole name within the first half second was meant for something else."""
    async with plan_pane() as hand:
        await hand.focus(wait=0.4)
        await hand.type(*KEYS, "enter")
        assert hand.acting.started == []


async def test_a_long_name_has_room_at_80_columns() -> None:
    """k0sctl's own name with a host behind it: the words give way, and the end of what is typed is in sight."""
    long = "k0s-cluster/k0s-master-1.prod.example.com"
    async with plan_pane(size=(80, 24)) as hand:
        hand.field.ask("start", long, f"Tab and the name start it; all else is No: {long}")
        await hand.focus()
        await hand.type(*long)

        assert f"[{long} " in hand.field.text
        assert len(hand.field.text) <= 80


@pytest.mark.fault("F75")
async def test_a_paste_is_no() -> None:
    """Even of the exact name, and Enter after it finds an empty field."""
    async with plan_pane() as hand:
        await hand.focus()
        hand.field.post_message(events.Paste(NAME))
        await hand.pilot.pause()
        await hand.type("enter")
        assert hand.acting.started == []


async def test_no_key_gets_past_the_field() -> None:
    """While a name is typed no key is a command: 1 does not leave, q does not, colon asks nothing."""
    async with plan_pane() as hand:
        await hand.focus()
        await hand.type("1", "q", "colon", "question_mark")
        assert isinstance(hand.app.pane, PlanPane)
        assert hand.app.focused is hand.field


async def test_nothing_has_the_focus_on_go() -> None:
    """The pane opens with the keyboard on the text; Enter there starts nothing."""
    async with plan_pane() as hand:
        assert isinstance(hand.app.focused, Story)
        await hand.type("enter", "y", "enter")
        assert hand.acting.started == []


async def test_preview_shows_what_would_run() -> None:
    """Checks, commands, diff and the name that is wanted, in the pane and as lines."""
    async with plan_pane(size=(120, 60)) as hand:
        shown = picture(hand.app)
        assert "PREVIEW: nothing has been changed" in shown
        assert NAME in shown
        text = hand.app.pane.copied
        assert "sudo -n systemctl --no-block restart k0scontroller.service" in text
        await hand.type("D")
        assert "nodeLocalLoadBalancing" in picture(hand.app)


async def test_refused_plan_has_no_field() -> None:
    """The sentence stands where the plan would, and there is nothing to type into."""
    async with plan_pane(FakeActing("k0s-master-2 leaves 1 of 3 voters")) as hand:
        assert "leaves 1 of 3 voters" in picture(hand.app)
        assert not hand.field.is_open
        await hand.focus()
        await hand.type(*KEYS, "enter")
        assert hand.acting.started == []


async def test_gate_in_the_way_takes_the_field_s_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that is unknown blocks as one that fails; the field is closed and says which."""
    preview = a_preview()
    first = replace(
        preview.verdicts[0], result=type(preview.verdicts[0].result).UNKNOWN, evidence="machine-id not seen"
    )
    blocked = replace(preview, verdicts=(first, *preview.verdicts[1:]))
    acting = FakeActing()

    async def draft(name: str, *_: object) -> object:
        return blocked

    monkeypatch.setattr(acting, "draft", draft)
    async with plan_pane(acting) as hand:
        assert not hand.field.is_open
        assert "cannot be started: C-01: machine-id not seen" in picture(hand.app)


async def started(hand: Hand) -> None:
    await hand.focus()
    await hand.type(*KEYS, "enter")
    await hand.pilot.pause()


async def test_progress_shows_step_banner_and_journal() -> None:
    """Host by step with state, HELD with its clock, the columns of the matrix, the journal."""
    async with plan_pane(size=(120, 40)) as hand:
        await started(hand)
        shown = picture(hand.app)
        for words in ("RUN 1/7", "HELD", "k0s-master-3", "restarting", "verified", "links 4/12", "INTENT"):
            assert words in shown


async def test_words_reach_the_executor() -> None:
    """P pauses; E asks first and says what follows; q only leaves the screen."""
    async with plan_pane() as hand:
        await started(hand)
        await hand.type("P")
        await hand.pilot.pause()
        assert hand.acting.said == [("pause", "")]
        await hand.type("E")
        await hand.pilot.pause()
        assert "the host in flight is always finished" in picture(hand.app)
        await hand.type("down", "down", "enter")
        await hand.pilot.pause()
        assert hand.acting.said[-1] == ("stop after this host", "")
        await hand.type("q")
        assert len(hand.acting.said) == 2


async def test_while_exposed_pause_asks_first() -> None:
    """P opens the dialog, which says that stopped is the worse state."""
    async with plan_pane() as hand:
        await started(hand)
        assert hand.acting.publish is not None
        hand.acting.publish(a_running(exposed=True, exposed_since=a_preview().plan.made_at))
        await hand.pilot.pause()
        await hand.type("P")
        await hand.pilot.pause()
        assert hand.acting.said == []
        assert "stopped is the worse state" in picture(hand.app)


async def test_rolling_back_wants_the_name() -> None:
    """Chosen in the dialog it is still nothing; only the name says it."""
    async with plan_pane() as hand:
        await started(hand)
        assert hand.acting.publish is not None
        running = a_running(state=OperationState.PAUSED, reason="asked")
        steps = tuple(
            replace(step, state=StepState.PENDING) if step.state.is_in_flight else step
            for step in running.operation.steps
        )
        hand.acting.publish(replace(running, operation=replace(running.operation, steps=steps)))
        await hand.pilot.pause()
        await hand.type("E")
        await hand.pilot.pause()
        await hand.type("end", "enter")
        await hand.pilot.pause()
        assert hand.acting.said == []
        await hand.focus()
        await hand.type(*KEYS, "enter")
        await hand.pilot.pause()
        assert hand.acting.said == [("roll back", "")]


async def test_without_acting_nothing_is_offered() -> None:
    """On a recording the pane says so."""
    app = app_of(demo_look("incident"))
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        await app.action_run_command("go.plan", "nllb")
        await finished(app, "draft")
        await pilot.pause()
        assert "nothing can be changed here" in picture(app)


async def test_options_of_a_plan_can_be_typed() -> None:
    """`:plan restart-workers --only a,b --batch 2` asks for just that, `Y` copies the like; a slip is a sentence."""
    async with plan_pane() as hand:
        await hand.app.action_run_command("go.plan", "restart-workers --only k0s-worker-1,k0s-worker-2 --batch 2")
        await hand.settle()
        assert hand.acting.asked[-1] == ("restart-workers", ("k0s-worker-1", "k0s-worker-2"), 2)
        assert "--only k0s-worker-1 --only k0s-worker-2 --batch 2" in hand.app.pane.command
    for slip in ("nllb --only", "nllb --force yes", "nllb --batch two"):
        with pytest.raises(UsageError):
            plan_words(slip)


async def test_undo_shows_the_way_back_and_does_nothing() -> None:
    """`B`: the steps in the order of taking back, the old config before the agents move; nothing is said to anybody."""
    async with plan_pane() as hand:
        await hand.type("B")
        assert hand.app.look is not None
        text = "\n".join(plain(line) for line in hand.app.pane.lines(hand.app.look))
        places = [text.index(words) for words in ("Restart k0scontroller on", "Move konnectivity-agent", "Release")]
        assert places == sorted(places)
        assert hand.acting.said == hand.acting.started == []


async def test_proof_shows_before_and_now() -> None:
    """`V`: each part with its evidence, the error rate of each server, the matrix when it began and as it is."""
    async with plan_pane() as hand:
        await hand.type("V")
        assert hand.app.look is not None
        text = "\n".join(plain(line) for line in hand.app.pane.lines(hand.app.look))
        for words in ("COULD NOT LOOK", "ERRORS", "k0s-master-2", "BEFORE", "NOW", "links 4/12"):
            assert words in text
        assert hand.app.pane.command.startswith("k0stui verify --markdown")
