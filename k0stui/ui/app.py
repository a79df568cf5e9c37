"""The program: takes looks at the cluster, shows one pane of them, and runs commands by their name.

What is shown of the cluster is the sight's part (ui/sight.py), which pane shows it the stage's (ui/stage.py), what
stands around it the frame's (ui/frame.py); what commands do beyond changing panes is in ui/acts.py and ui/looking.py.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on, work
from textual.actions import parse
from textual.app import ComposeResult
from textual.css.query import NoMatches
from textual.events import Key, Paste
from textual.message import Message

from k0stui.errors import K0stuiError
from k0stui.settings import Settings
from k0stui.ui.commands import BY_ID, LEAVING, Command, bindings, keymap, leaves
from k0stui.ui.conditions import lacks
from k0stui.ui.frame import show_frame
from k0stui.ui.outside import Outside
from k0stui.ui.panes import PANES, Pane
from k0stui.ui.prompt import Prompt, Question
from k0stui.ui.screens.main import MainScreen
from k0stui.ui.sight import Sight
from k0stui.ui.stage import Stage
from k0stui.ui.terminal import TerminalApp
from k0stui.ui.theme import Palette
from k0stui.ui.typed import entered, given_up, typing
from k0stui.ui.widgets.status_bar import StatusBar
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.verdict import Banner, Rule, Verdict

if TYPE_CHECKING:
    from k0stui.present.look import Look
    from k0stui.present.verdict import Verdict as Told
    from k0stui.ui.acting import Running
    from k0stui.ui.acts import Act


@dataclass
class LookTaken(Message):
    """A new look; it takes the place of an older one that still waits."""

    look: Look

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, LookTaken)


class K0stuiApp(TerminalApp[None], inherit_bindings=False):
    """Head row or banner, the pane, the prompt, the status bar. Until a look is there nothing that judges is imported:
    the frame is painted first."""

    BINDINGS = bindings("app")
    HORIZONTAL_BREAKPOINTS = [(0, "-lines"), (60, "-narrow"), (100, "-wide"), (160, "-widest")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (12, "-low"), (20, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        palette: Palette,
        outside: Outside,
        settings: Settings | None = None,
        *,
        ascii_only: bool = False,
        is_recording: bool = False,
        complaints: tuple[str, ...] = (),
    ) -> None:
        super().__init__(palette, ascii_only=ascii_only)
        self.outside = outside
        self.settings = settings or Settings()
        self.zone = self.settings.time_zone
        self.is_recording = is_recording
        self.sight = Sight()
        self.dropped = 0
        """Lines of log that could not be kept; the log pane counts."""
        self.words = ""
        """What was filtered or searched by last."""
        self.rebound, refused = keymap(self.settings.keys)
        self._complaints = (*complaints, *refused)

    def get_default_screen(self) -> MainScreen:
        return MainScreen(id="_default")

    def compose(self) -> ComposeResult:
        """Only what the first picture shows: each widget more costs milliseconds before it."""
        yield Banner(id="head")
        yield Rule(id="head-rule")
        yield Stage(id="stage")
        yield StatusBar(id="status")

    async def on_mount(self) -> None:
        self.set_keymap(self.rebound)
        self.set_class(self.ascii_only, "-ascii")
        self.show_frame()
        self.call_after_refresh(self.begin)

    async def begin(self) -> None:
        """With the frame on the screen: load what judges and shows a cluster, then look at it."""
        gc.enable()
        stands, question = Verdict(id="stands"), Question(id="question")
        stands.can_focus = stands.display = question.display = False
        await self.screen.mount(stands, before="#stage")
        await self.screen.mount(Story(id="lines"), Prompt(id="prompt"), question, after="#stage")
        await self.go("overview")
        for complaint in self._complaints:
            self.tell(complaint, severity="warning")
        self.observe()
        await self.give_out()

    def is_for_now(self, event: Key | Paste) -> bool:
        """Before there are panes only leaving is possible; what is typed meanwhile is for the first pane."""
        return self.is_ready or (isinstance(event, Key) and leaves(event.key, self.rebound))

    @work(exclusive=True, group="observe")
    async def observe(self) -> None:
        """Look for ever; what ends it is said on the screen, and the last look stays."""
        try:
            await self.outside.observe(self.publish)
        except* K0stuiError as errors:
            self.fail(str(errors.exceptions[0]))

    def publish(self, look: Look) -> None:
        """Hand over a look; of several that wait only the newest is shown."""
        self.post_message(LookTaken(look))

    def fail(self, sentence: str) -> None:
        """Nothing can be looked at (any more): leave with the sentence, as any other command would."""
        self.exit(return_code=2, message=f"k0stui: {sentence}")

    # -- data down

    @property
    def is_there(self) -> bool:
        """There are screens to show something on: not once leaving has begun."""
        return self.is_running and not self._exit and bool(self._screen_stack)

    def on_look_taken(self, message: LookTaken) -> None:
        if self.is_there:
            self.sight.arrive(message.look)
            self.show()

    def show(self) -> None:
        """All that is in sight, drawn anew where it differs."""
        self.show_frame()
        self.show_pane()

    def follow(self, operation: Running) -> None:
        """What the plan pane watches."""
        self.sight.follow(operation)
        self.show_frame()

    @property
    def look(self) -> Look | None:
        """The one in sight."""
        return self.sight.look

    @property
    def told(self) -> Told | None:
        """The verdict in sight."""
        return self.sight.told(self.zone)

    def show_pane(self) -> None:
        """Fill the pane in sight, or its lines where the terminal is too small for it."""
        if self.look is None or not self.is_ready:
            return
        self.pane.show(self.look)
        lines = self.query_one("#lines", Story)
        if lines.display and self.pane.is_grid:
            lines.show(self.pane.name_of, self.pane.lines(self.look))

    def show_frame(self) -> None:
        """Head row or banner, and the status bar."""
        with suppress(NoMatches):
            show_frame(self)

    # -- panes

    @property
    def stage(self) -> Stage:
        return self.query_one(Stage)

    @property
    def is_ready(self) -> bool:
        """Panes are there: before that, for a moment, only leaving is possible."""
        stage = self.query(Stage)
        return bool(stage) and stage.first().is_set

    @property
    def pane(self) -> Pane:
        """The pane in sight."""
        return self.stage.pane

    async def go(self, name: str) -> None:
        """Show a root pane; whatever was opened over another one is closed."""
        if why := PANES[name].lacking:
            self.tell(f"{name}: {why}")
        else:
            self._show_all()
            await self.stage.go(name)
            self._pane_changed()

    async def open_pane(self, pane: Pane) -> None:
        """Show a pane over the one in sight; `q` comes back here."""
        self._show_all()
        await self.stage.open(pane)
        self._pane_changed()

    async def close_pane(self) -> bool:
        """Close the pane in sight; false where nothing is under it."""
        self._show_all()
        closed = await self.stage.close()
        if closed:
            self._pane_changed()
        return closed

    def under(self, pane: Pane) -> Pane | None:
        """The pane that `pane` was opened over."""
        return self.stage.under(pane)

    def _show_all(self) -> None:
        """A pane that is left is whole when somebody comes back: its filter would be nobody's."""
        if self.words and self.is_ready and self.pane.can_filter:
            self.pane.narrow("")
        self.words = ""

    def _pane_changed(self) -> None:
        self.show()
        self.take_focus()

    def take_focus(self) -> None:
        """The keyboard goes to the pane, or to its lines where the terminal is too small for it; not out of a prompt
        that was opened meanwhile."""
        if self.query_one(Prompt).display or self.query_one(Question).display:
            return
        lines = self.query_one("#lines", Story)
        if lines.display:
            self.screen.set_focus(lines)
        else:
            self.stage.take_focus()

    def move_focus(self, by: int) -> None:
        """The keyboard goes to the next part of the pane, round the end."""
        self.stage.move_focus(by)

    @on(MainScreen.Resized)
    def _resized(self) -> None:
        """Another layout may be another head, and lines instead of columns."""
        if self.is_there and self.is_ready:
            self.show()
            if self.screen.focused is None or not self.screen.focused.display:
                self.take_focus()

    # -- commands

    async def action_run_command(self, ident: str, argument: str = "") -> None:
        """Run a command of the list, or say why it is not possible now."""
        command = BY_ID[ident]
        if not self.is_ready:
            self.exit(return_code=0) if ident in LEAVING else None
            return
        if why := self._why_not(command, argument):
            self.tell(f"{command.title}: {why}")
            return
        _, name, given = parse(command.action)
        values = (argument,) if argument else given
        if command.where in PANES:
            await self.run_action(f"{name}({argument!r})" if argument else command.action, self.pane)
        elif (result := _act(name)(self, *values)) is not None:
            await result
        self.show_frame()

    def _why_not(self, command: Command, argument: str) -> str:
        return "" if argument and "host" in command.needs else lacks(self, command)

    # -- what was typed

    @on(Prompt.Typed)
    async def _typed(self, event: Prompt.Typed) -> None:
        self.take_focus()
        await entered(self, event.mark, event.text)

    @on(Prompt.Changed)
    def _typing(self, event: Prompt.Changed) -> None:
        typing(self, event.mark, event.text)

    @on(Prompt.GivenUp)
    def _given_up(self, event: Prompt.GivenUp) -> None:
        given_up(self, event.mark)
        self.take_focus()

    @on(Question.Answered)
    def _answered(self, event: Question.Answered) -> None:
        if event.yes:
            self.exit(return_code=0)
        else:
            self.take_focus()


def _act(name: str) -> Act:
    """What a command of the app does; loaded with the first one."""
    from k0stui.ui.acts import ACTS
    from k0stui.ui.looking import ACTS as LOOKING

    return LOOKING.get(name) or ACTS[name]
