"""A Textual app that behaves in a terminal as k0stui must: its driver, its filter, its colours; nothing of clusters."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

from rich.text import Text
from textual.app import App
from textual.events import Event, Key, Paste
from textual.filter import LineFilter
from textual.reactive import Initialize, Reactive
from textual.theme import Theme

from k0stui.present.cells import Tone
from k0stui.ui.driver import CellDriver
from k0stui.ui.in_turn import InTurn, Through
from k0stui.ui.line_filter import Harmless, HarmlessConsole
from k0stui.ui.theme import MONO, Palette

T = TypeVar("T")


def _chosen(app: App[object]) -> str:
    return app.palette.name if isinstance(app, TerminalApp) else "ansi-dark"


class TerminalApp(App[T]):
    """Base of the program, and of what the pty tests run."""

    CSS_PATH = Path(__file__).with_name("k0stui.tcss")
    ENABLE_COMMAND_PALETTE = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone.value}" for tone in Tone}
    """Looks of tones, for all widgets."""
    theme: Reactive[str] = Reactive(Initialize(_chosen))
    """Known before the first style is made: set later, an ANSI theme under NO_COLOR paints black on black."""

    def __init__(self, palette: Palette, *, ascii_only: bool = False) -> None:
        self.palette = palette
        self.ascii_only = ascii_only
        self._textual_theme = palette.textual()
        self._harmless = Harmless()
        self._in_turn = InTurn(self)
        super().__init__(driver_class=CellDriver)
        self.animation_level = "none"
        self.error_console = HarmlessConsole(markup=False, highlight=False, stderr=True)

    @property
    def available_themes(self) -> dict[str, Theme]:
        return {**self._registered_themes, self.palette.name: self._textual_theme}

    def wear(self, palette: Palette) -> None:
        """Another theme."""
        self.palette = palette
        self._textual_theme = palette.textual()
        self.register_theme(self._textual_theme)
        self.theme = palette.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        looks = {f"tone-{tone.value}": "ansi_default" for tone in Tone}
        return looks | {f"tone-{tone.value}-style": MONO[tone] or "none" for tone in Tone}

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), self._harmless]

    async def on_event(self, event: Event) -> None:
        """Keys in turn; everything else as it comes."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            self._in_turn.come(event)
            await self.give_out()
        else:
            await super().on_event(event)

    async def on_through(self, message: Through) -> None:
        self._in_turn.passed(message, self.focused or self.screen)
        await self.give_out()

    def is_for_now(self, event: Key | Paste) -> bool:
        """Whether it can be given out yet; what cannot waits until `give_out` is called again."""
        return True

    async def give_out(self) -> None:
        """The next key, if it is its turn."""
        if key := self._in_turn.next(self.is_for_now):
            first = self.focused or self.screen
            await super().on_event(key)
            self._in_turn.follow(first)

    def _set_pointer_shape(self, shape: str) -> None:
        """Not sent: there is no mouse, and it is a sequence that old terminals print."""

    def action_redraw(self) -> None:
        """Paint the whole screen again."""
        if isinstance(self._driver, CellDriver):
            self._driver.repaint()

    @property
    def cell_driver(self) -> CellDriver | None:
        """The driver, for the link's measures; None in tests without a terminal."""
        return self._driver if isinstance(self._driver, CellDriver) else None

    def tell(self, text: str, *, severity: str = "information") -> None:
        """A toast of foreign or own text, never read as markup."""
        self.notify(text, severity=severity, markup=False)  # type: ignore[arg-type]

    def _fatal_error(self) -> None:
        """One sentence and the place, without the values of variables: they may hold secrets."""
        import traceback

        kind, error, trace = sys.exc_info()
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
            kind, trace = type(error), error.__traceback__
        where = traceback.extract_tb(trace)[-1] if trace else None
        place = f" at {where.filename.rpartition('/')[2]}:{where.lineno} in {where.name}" if where else ""
        fault = f"{kind.__name__ if kind else 'error'}: {error}{place}"
        self.panic(Text(f"k0stui stopped on a fault of its own: {fault}. This changed nothing on the hosts."))
