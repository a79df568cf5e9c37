"""The plan pane: a plan as it would run, started by its typed name alone; then what the operation does.

What is shown is what runs. Looking asks nothing; a check that fails, or is unknown, stands where the name would go.
"""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from k0stui.errors import K0stuiError, PlanRefused
from k0stui.model.operation import OperationState
from k0stui.present.actions import PLANS
from k0stui.present.cells import Cell, Line, Tone, line
from k0stui.present.look import Look
from k0stui.present.operation import result_text
from k0stui.present.plan import is_lapsed, plan_story, standing
from k0stui.ui.acting import Acting, Preview, Running
from k0stui.ui.commands import bindings
from k0stui.ui.panes import Pane
from k0stui.ui.screens.operation import Progress, StopPane
from k0stui.ui.screens.proof import ProofPane, UndoPane
from k0stui.ui.widgets.name_field import NameField
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.table import Table

START, ROLL_BACK, HELP = "start", "roll back", "help"
"""What a typed name is for."""


class PlanPane(Pane):
    """Preview, or progress while there is an operation."""

    BINDINGS = bindings("plan")
    name_of = "plan"
    twin = "plan"
    hints = ("plan.go_on", "plan.pause", "plan.diff", "plan.stop", "plan.undo", "plan.proof", "copy.command")
    is_grid = False

    def __init__(self) -> None:
        super().__init__()
        self._plan_name = self._options = ""
        self._preview: Preview | None = None
        self._refusal = ""
        self._now_running: Running | None = None
        self._operation = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="plan-preview"):
            yield Story(id="plan-story")
        yield Progress(id="plan-progress")
        yield NameField(id="plan-name")

    def on_mount(self) -> None:
        self._tell()

    @property
    def acting(self) -> Acting | None:
        return getattr(self.k0s.outside, "acting", None)

    # -- a preview

    def ask(self, name: str, only: tuple[str, ...] = (), batch: int = 1) -> None:
        """Show the plan of that name, made now; `only` these workers, `batch` at once."""
        if self._is_under_way:
            self.k0s.tell(f"{self._operation} is being carried out; it comes first")
            return
        self._plan_name, self._preview, self._refusal, self._now_running = name, None, "", None
        self.query_one(NameField).close("looking twice, ten seconds apart, and asking every gate ...")
        self._tell()
        self._options = "".join([*(f" --only {host}" for host in only), f" --batch {batch}" if batch != 1 else ""])
        self._draft(name, only, batch)

    @work(exclusive=True, group="draft")
    async def _draft(self, name: str, only: tuple[str, ...], batch: int) -> None:
        if self.acting is None:
            self._refusal = "nothing can be changed here: this is a recording"
        else:
            try:
                self._preview = await self.acting.draft(name, only, batch)
            except PlanRefused as refused:
                self._refusal = str(refused)
            except K0stuiError as error:
                self._refusal = f"the plan could not be made: {error}"
        self._tell()

    def _tell(self) -> None:
        if not self.query("#run-journal, #plan-name"):
            return  # not made yet, or being taken down
        running = self._now_running
        self.query_one("#plan-preview").display = running is None
        self.query_one(Progress).display = running is not None
        if running is not None:
            self.query_one(Progress).tell(running, self.k0s.look, self.k0s.zone)
            return
        self.query_one("#plan-story", Story).show(f"{self._plan_name} {self._preview is not None}", self._told())
        field, preview = self.query_one(NameField), self._preview
        if preview is not None and not self._in_the_way(preview):
            words = "Tab and the name start it; all else is No:"
            field.ask(START, preview.wanted, f"{words} {preview.wanted}")
        elif preview is not None:
            field.close(self._in_the_way(preview))
        elif self._refusal or not self._plan_name:
            field.close()

    def _in_the_way(self, preview: Preview) -> str:
        """Why no name can be typed; empty: it can."""
        if self.k0s.look and is_lapsed(preview.plan, self.k0s.look.now):
            return "this plan is older than 30 minutes: ask for it anew"
        stand = standing(preview.plan, preview.verdicts)
        return f"cannot be started: {stand[0].gate}: {stand[0].evidence}" if stand else ""

    def _told(self) -> tuple[Line, ...]:
        if self._preview is not None:
            now = self.k0s.look.now if self.k0s.look else self._preview.plan.made_at
            return plan_story(self._preview.plan, self._preview.verdicts, self._preview.wanted, now, self.k0s.zone)
        if self._refusal:
            return (line(Cell(f"PLAN {self._plan_name} refused: ", Tone.CRIT), self._refusal),)
        if self._plan_name:
            return (line(Cell(f"PLAN {self._plan_name}", Tone.HEAD), "   nothing has been changed"),)
        head = line(Cell("6 PLAN", Tone.HEAD), "   :plan NAME shows one; nothing changes before a name is typed")
        return (head, (), *(line(Cell(f"  {name:<20} ", Tone.HEAD), about) for name, about in PLANS.items()))

    # -- an operation

    @property
    def _is_under_way(self) -> bool:
        return (
            self._now_running is not None
            and not self._now_running.operation.state.is_over
            and self._now_running.is_carried
        )

    @on(NameField.Answered)
    def _answered(self, event: NameField.Answered) -> None:
        event.stop()
        self.k0s.take_focus()
        if event.yes and event.purpose == START and self._preview is not None:
            self._begin(self._preview)
        elif event.yes and self._now_running is not None:
            name, _, step = event.purpose.partition("=")
            self._say(name, step)
        else:
            self._refuse(event.why)

    def _refuse(self, why: str) -> None:
        """No: the keyboard goes back to what is read."""
        first = next(iter(self.parts()), None)
        if first is not None:
            self.screen.set_focus(first)
        if why:
            self.k0s.tell(f"No: {why}. Nothing was done.")

    @work(group="operation")
    async def _begin(self, preview: Preview) -> None:
        """From here on the executor acts; this pane only watches."""
        if self.acting is None or self._in_the_way(preview):
            return
        try:
            self._operation = await self.acting.start(preview)
            await self.acting.carry(self._operation, self._publish)
        except K0stuiError as error:
            self.k0s.tell(str(error), severity="error")

    @work(group="operation")
    async def follow(self, operation: str) -> None:
        """Watch an operation that waits, or goes on, from an earlier time."""
        self._operation = operation
        try:
            if self.acting is not None:
                await self.acting.carry(operation, self._publish)
        except K0stuiError as error:
            self.k0s.tell(str(error), severity="error")

    def _publish(self, running: Running) -> None:
        before, self._now_running = self._now_running, running
        self.k0s.follow(running)
        if before is None or before.operation.state is not running.operation.state:
            if running.operation.state.is_over or running.operation.state is OperationState.PAUSED:
                self.k0s.tell(f"{running.operation.id}: {result_text(running.operation)}")
            self.query_one(NameField).close()
        self._tell()
        if before is None and self.k0s.pane is self:
            self.k0s.take_focus()  # what had the keyboard is hidden now

    @work(group="words")
    async def _say(self, word: str, step: str = "") -> None:
        try:
            if self.acting is not None:
                await self.acting.say(self._operation, word, step)
                self.k0s.tell(f"said: {word}")
        except K0stuiError as error:
            self.k0s.tell(str(error), severity="error")

    def wish(self, choice: str) -> None:
        """What was chosen in the stop dialog; what acts on hosts wants the name first."""
        if choice in ("pause", "go on", "stop after this host"):
            self._say(choice)
        elif choice.partition("=")[0] in (ROLL_BACK, HELP) and self._now_running is not None:
            field = self.query_one(NameField)
            field.ask(
                choice,
                self._now_running.wanted,
                f"type the name to {choice.replace('=', ' ')}: {self._now_running.wanted}",
            )
            self.screen.set_focus(field)

    # -- commands

    def action_diff(self) -> None:
        """The change of configuration."""
        if self._preview is None and self._now_running is None:
            self.k0s.tell("there is no plan here yet")
        elif not self.query_one("#plan-story", Story).find("DIFF", 1):
            self.k0s.tell("this plan changes no file")

    async def action_pause(self) -> None:
        if self._now_running is not None and self._now_running.operation.exposed:
            await self.action_stop()
        elif self._is_under_way:
            self._say("pause")
        else:
            self.k0s.tell("nothing is being carried out")

    def action_go_on(self) -> None:
        if self._is_under_way:
            self._say("go on")
        else:
            self.k0s.tell("nothing waits here; 7 lists operations")

    async def action_undo(self) -> None:
        """The way back, in full."""
        about = self._now_running or self._preview
        if about is None:
            self.k0s.tell("there is nothing to take back")
        else:
            await self.k0s.open_pane(UndoPane(about))

    async def action_proof(self) -> None:
        """Is it gone: now, and before."""
        await self.k0s.open_pane(ProofPane(self._now_running))

    async def action_stop(self) -> None:
        if self._now_running is None:
            self.k0s.tell("nothing is being carried out")
        else:
            await self.k0s.open_pane(StopPane(self, self._now_running))

    # -- for the app

    def show(self, look: Look) -> None:
        self._tell()

    def parts(self) -> tuple[Widget, ...]:
        """The field only where a name can be typed; never first."""
        field = self.query_one(NameField)
        read: tuple[Widget, ...] = (self.query_one("#plan-story", Story),)
        if self._now_running is not None:
            read = (self.query_one("#run-steps", Table), self.query_one("#run-journal", Story))
        return (*read, field) if field.is_open else read

    can_find = True

    def find(self, words: str, by: int) -> bool:
        name = "#run-journal" if self._now_running is not None else "#plan-story"
        return self.query_one(name, Story).find(words, by)

    def lines(self, look: Look) -> tuple[Line, ...]:
        return Progress.lines(self._now_running, look, self.k0s.zone) if self._now_running is not None else self._told()

    @property
    def copied(self) -> str:
        name = "#run-journal" if self._now_running is not None else "#plan-story"
        return self.query_one(name, Story).text

    @property
    def command(self) -> str:
        if self._now_running is not None:
            return f"k0stui operations {self._operation}"
        return f"k0stui plan {self._plan_name or 'nllb'}{self._options} {self.k0s.outside.verb_arguments}".strip()
