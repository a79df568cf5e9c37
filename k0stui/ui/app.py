"""The program: takes looks at the cluster, shows one pane of them, and runs commands by their name.

State about the cluster is `look`, and what froze it; everything shown follows from it. Panes are in ui/screens, what a
command does beyond changing panes in ui/acts.py.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from textual import on, work
from textual.actions import parse
from textual.app import ComposeResult
from textual.containers import Container
from textual.css.query import NoMatches
from textual.message import Message
from textual.widget import Widget

from k0stui.errors import K0stuiError
from k0stui.present.cells import Cell, Line, Tone
from k0stui.present.status import slots
from k0stui.settings import Settings
from k0stui.ui.acts import ACTS, run_typed
from k0stui.ui.commands import BY_ID, Command, bindings, first_key, keymap
from k0stui.ui.conditions import lacks
from k0stui.ui.outside import Outside
from k0stui.ui.panes import PANES, Pane, make
from k0stui.ui.prompt import Prompt, Question
from k0stui.ui.screens.main import MainScreen
from k0stui.ui.terminal import TerminalApp
from k0stui.ui.theme import Palette
from k0stui.ui.widgets.status_bar import StatusBar
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.verdict import Banner, OneLine, Rule

if TYPE_CHECKING:
    from k0stui.present.look import Look
    from k0stui.present.verdict import Verdict as Verdict_


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
        self.look: Look | None = None
        self.newest: Look | None = None
        """What is shown once it is not frozen any more."""
        self.frozen_at: datetime | None = None
        self.missed = 0
        self.dropped = 0
        """Lines of log that could not be kept; the log pane counts."""
        self.place = 0
        """Which finding the verdict tells, from 0."""
        self.words = ""
        """What was filtered or searched by last."""
        self._roots: dict[str, Pane] = {}
        self._levels: list[Pane] = []
        self._focused: dict[Pane, Widget] = {}
        self.rebound, refused = keymap(self.settings.keys)
        self._complaints = (*complaints, *refused)

    def get_default_screen(self) -> MainScreen:
        return MainScreen(id="_default")

    def compose(self) -> ComposeResult:
        yield Banner(id="head")
        yield Rule(id="head-rule")
        yield Container(id="stage")
        yield Story(id="lines")
        yield Prompt(id="prompt")
        yield Question(id="question")
        yield StatusBar(id="status")

    async def on_mount(self) -> None:
        self.set_keymap(self.rebound)
        self.set_class(self.ascii_only, "-ascii")
        self.query_one(Question).display = False
        self.show_frame()
        self.call_after_refresh(self.begin)

    async def begin(self) -> None:
        """With the frame on the screen: load what judges and shows a cluster, then look at it."""
        await self.go("overview")
        for complaint in self._complaints:
            self.tell(complaint, severity="warning")
        self.observe()

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

    def on_look_taken(self, message: LookTaken) -> None:
        self.newest = message.look
        if self.frozen_at is None:
            self.take(message.look)
        else:
            self.missed += 1
            self.show_frame()

    def take(self, look: Look) -> None:
        """Show this look."""
        self.look = look
        self.show_frame()
        self.show_pane()

    def show_pane(self) -> None:
        """Fill the pane in sight, or its lines where the terminal is too small for it."""
        if self.look is None:
            return
        self.pane.show(self.look)
        lines = self.query_one("#lines", Story)
        if lines.display and self.pane.is_grid:
            lines.show(self.pane.name_of, self.pane.lines(self.look))

    def show_frame(self) -> None:
        """Head row or banner, and the status bar."""
        left, right = self._head()
        with suppress(NoMatches):
            self.query_one("#head", OneLine).show(left, right)
            self.query_one(StatusBar).show_slots(self._slots(), self._hints())

    @property
    def told(self) -> Verdict_ | None:
        """The verdict as it is shown now."""
        from k0stui.present.verdict import verdict

        return verdict(self.look.snapshot, self.look.diagnosis, self.place) if self.look else None

    def _head(self) -> tuple[Line, Line]:
        if self.look is None:
            return (Cell("k0stui ", Tone.DIM), Cell(self.outside.cluster, Tone.HEAD), Cell("  READ-ONLY")), ()
        from k0stui.present.overview import banner, head

        told = self.told
        assert told is not None
        if self.pane.has_head and not self.screen.has_class("-lines"):
            return head(self.look, self.zone, roomy=self.pane.is_roomy)
        return banner(told, self.look, self.zone)

    def _slots(self) -> tuple[Cell, ...]:
        driver = self.cell_driver
        measure = driver.measure() if driver else None
        frozen = (self.frozen_at, self.missed) if self.frozen_at else None
        return slots(
            self.look, measure, frozen, self.zone, self.dropped, wide=self.look is not None and self.pane.is_roomy
        )

    def _hints(self) -> tuple[tuple[str, str], ...]:
        if not self._levels:
            return ()
        own = [BY_ID[ident] for ident in self.pane.hints if not lacks(self, BY_ID[ident])]
        hints = [(first_key(one, self.rebound), one.title) for one in (*own[:1], BY_ID["help"])]
        short = [(first_key(BY_ID[ident], self.rebound), "") for ident in ("prompt", "up")]
        return (*hints, *short, *((first_key(one, self.rebound), one.title) for one in own[1:]))

    # -- panes

    @property
    def is_ready(self) -> bool:
        """Panes are there: before that, for a moment, only leaving is possible."""
        return bool(self._levels)

    @property
    def pane(self) -> Pane:
        """The pane in sight."""
        return self._levels[-1]

    async def go(self, name: str) -> None:
        """Show a root pane; whatever was opened over another one is closed."""
        if why := PANES[name].lacking:
            self.tell(f"{name}: {why}")
            return
        left = self._levels
        self._remember()
        if name not in self._roots:
            self._roots[name] = make(name)
            await self.query_one("#stage").mount(self._roots[name])
        self._levels = [self._roots[name]]
        for pane in left:
            if pane not in self._roots.values():
                await pane.remove()
        self._in_sight()

    async def open_pane(self, pane: Pane) -> None:
        """Show a pane over the one in sight; `q` comes back here."""
        self._remember()
        await self.query_one("#stage").mount(pane)
        self._levels.append(pane)
        self._in_sight()

    async def close_pane(self) -> bool:
        """Close the pane in sight; false where nothing is under it."""
        if len(self._levels) < 2:
            return False
        await self._levels.pop().remove()
        self._in_sight()
        return True

    def under(self, pane: Pane) -> Pane | None:
        """The pane that `pane` was opened over."""
        at = self._levels.index(pane) if pane in self._levels else len(self._levels)
        return self._levels[at - 1] if at else None

    def _remember(self) -> None:
        if self._levels and self.screen.focused is not None:
            self._focused[self.pane] = self.screen.focused

    def _in_sight(self) -> None:
        """Show the top pane alone, filled, with the keyboard where it was."""
        for pane in {*self._roots.values(), *self._levels}:
            pane.display = pane is self.pane
        self._focused = {
            pane: widget
            for pane, widget in self._focused.items()
            if pane in self._roots.values() or pane in self._levels
        }
        self.screen.set_class(self.pane.has_head, "-head")
        self.screen.set_class(self.pane.is_grid, "-grid")
        self.words = ""
        self.show_frame()
        self.show_pane()
        self.take_focus()

    def take_focus(self) -> None:
        """The keyboard goes to the pane: where it was there, or to its first part."""
        lines = self.query_one("#lines", Story)
        known = self._focused.get(self.pane)
        parts = (lines,) if lines.display else self.pane.parts()
        target = known if known in parts and not lines.display else next(iter(parts), None)
        self.screen.set_focus(target)

    @on(MainScreen.Resized)
    def _resized(self) -> None:
        """Another layout may be another head, and lines instead of columns."""
        if self._levels:
            self.show_frame()
            self.show_pane()
            if self.screen.focused is None or not self.screen.focused.display:
                self.take_focus()

    # -- commands

    async def action_run_command(self, ident: str, argument: str = "") -> None:
        """Run a command of the list, or say why it is not possible now."""
        command = BY_ID[ident]
        if not self.is_ready:
            self.exit(return_code=0) if ident in {"up", "leave"} else None
            return
        if why := self._why_not(command, argument):
            self.tell(f"{command.title}: {why}")
            return
        _, name, given = parse(command.action)
        values = (argument,) if argument else given
        if command.where in PANES:
            await self.run_action(f"{name}({argument!r})" if argument else command.action, self.pane)
        elif (result := ACTS[name](self, *values)) is not None:
            await result
        self.show_frame()

    def _why_not(self, command: Command, argument: str) -> str:
        return "" if argument and "host" in command.needs else lacks(self, command)

    def move_focus(self, by: int) -> None:
        """The keyboard goes to the next part of the pane, round the end."""
        parts = [part for part in self.pane.parts() if part.display and not part.has_class("-aside")]
        if parts:
            at = parts.index(self.focused) if self.focused in parts else -by
            self.screen.set_focus(parts[(at + by) % len(parts)])

    def wear(self, palette: Palette) -> None:
        """Another theme."""
        self.palette = palette
        self._textual_theme = palette.textual()
        self.register_theme(self._textual_theme)
        self.theme = palette.name

    # -- what was typed

    @on(Prompt.Typed)
    async def _typed(self, event: Prompt.Typed) -> None:
        self.take_focus()
        if event.mark == ":":
            await run_typed(self, event.text)
        elif self.pane.own_prompt:
            self.pane.entered(event.mark, event.text)
        elif not self.pane.can_filter:
            self.words = event.text
            if event.text and not self.pane.find(event.text, 1):
                self.tell(f"{event.text!r} is not in this text")

    @on(Prompt.Changed)
    def _filtered(self, event: Prompt.Changed) -> None:
        if event.mark != ":" and self.pane.own_prompt:
            self.pane.typing(event.mark, event.text)
        elif event.mark == "/" and self.pane.can_filter:
            self.words = event.text
            self.pane.narrow(event.text)

    @on(Prompt.GivenUp)
    def _given_up(self, event: Prompt.GivenUp) -> None:
        if event.mark != ":" and self.pane.own_prompt:
            self.pane.given_up(event.mark)
        elif event.mark == "/" and self.pane.can_filter:
            self.words = ""
            self.pane.narrow("")
        self.take_focus()

    @on(Question.Answered)
    def _answered(self, event: Question.Answered) -> None:
        if event.yes:
            self.exit(return_code=0)
        else:
            self.take_focus()
