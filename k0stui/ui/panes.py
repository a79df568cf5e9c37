"""Panes: what stands between the head row and the status bar. Each screen is one; this file lists them.

To add a screen: write `ui/screens/NAME.py` with a subclass of `Pane`, and its line in `PANES`; its commands go into
`ui/commands.py` with `where="NAME"`, and call `action_…` methods of the pane. The app finds both by the name, makes the
pane when it is first gone to, and gives it every new look through `show(look)` while it is in sight.
A pane that is not a root (evidence, one host, help) is pushed with `self.k0s.open_pane(pane)` and left by `q`.
Panes know nothing of each other; they ask the app (`self.k0s.go("logs")`), and what they show comes from `present/`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual.containers import Vertical
from textual.widget import Widget

from k0stui.present.cells import Line

if TYPE_CHECKING:
    from k0stui.present.look import Look
    from k0stui.ui.app import K0stuiApp


class PaneSpec(NamedTuple):
    """A root pane: reached by its digit."""

    name: str
    place: str
    """`module:Class`; imported when it is first gone to."""
    lacking: str = ""
    """Why it cannot be gone to; empty: it can."""


PANES: dict[str, PaneSpec] = {
    spec.name: spec
    for spec in (
        PaneSpec("overview", "k0stui.ui.screens.overview:Overview"),
        PaneSpec("controllers", "k0stui.ui.screens.hosts:Controllers"),
        PaneSpec("workers", "k0stui.ui.screens.hosts:Workers"),
        PaneSpec("matrix", "k0stui.ui.screens.matrix:MatrixPane"),
        PaneSpec("logs", "k0stui.ui.screens.logs:LogPane"),
        PaneSpec("plan", "k0stui.ui.screens.plan:PlanPane"),
        PaneSpec("operations", "k0stui.ui.screens.history:HistoryPane"),
    )
}


STRIP = "k0stui.ui.widgets.log_strip:LogStrip"
"""`module:Class` of a widget with class `strip` and `show(look)`, for the foot of the overview: the newest logs."""


def make(name: str) -> Pane:
    """The root pane of that name, new."""
    pane = made(PANES[name].place)
    assert isinstance(pane, Pane)
    return pane


def made(place: str) -> Widget:
    """A new widget of `module:Class`."""
    module, _, kind = place.partition(":")
    widget: Widget = getattr(import_module(module), kind)()
    return widget


class Pane(Vertical):
    """One screen's content. Subclasses set the class variables, compose widgets, and fill them in `show`."""

    name_of: ClassVar[str] = ""
    """Its name: of its commands, of `:`, of its exports."""
    twin: ClassVar[str] = "check"
    """The verb that prints the same as text."""
    hints: ClassVar[tuple[str, ...]] = ()
    """Ids of commands for the status bar, the most needed first."""
    has_head: ClassVar[bool] = False
    """It shows the verdict itself, so it gets the head row instead of the banner."""
    is_grid: ClassVar[bool] = True
    """It needs columns: on a tiny terminal its lines are shown instead."""

    @property
    def k0s(self) -> K0stuiApp:
        return cast("K0stuiApp", self.app)

    def show(self, look: Look) -> None:
        """Fill the widgets with this look."""

    def lines(self, look: Look) -> tuple[Line, ...]:
        """The same as lines of text: for tiny terminals, `:lofi` and export."""
        return ()

    @property
    def subject(self) -> str:
        """The host under the cursor; empty where there is none."""
        return ""

    @property
    def copied(self) -> str:
        """What `y` copies."""
        return ""

    @property
    def command(self) -> str:
        """What `Y` copies; empty: the twin."""
        return ""

    def point_at(self, *key: str) -> None:
        """Put the cursor on a row (a host), or on a cell (agent, controller)."""

    def narrow(self, words: str) -> None:
        """Show only what has these words; "" shows all."""

    def find(self, words: str, by: int) -> bool:
        """Go to the next place with these words; false where there is none."""
        return False

    can_filter: ClassVar[bool] = False
    can_find: ClassVar[bool] = False
    own_prompt: ClassVar[bool] = False
    """What is typed behind any mark but `:` goes to the three methods below."""

    def typing(self, mark: str, text: str) -> None:
        """The text is another one; not entered yet."""

    def entered(self, mark: str, text: str) -> None:
        """The text was entered."""

    def given_up(self, mark: str) -> None:
        """The prompt was left without entering."""

    def parts(self) -> tuple[Widget, ...]:
        """What can have the focus, in order; the first has it at the start."""
        return tuple(widget for widget in self.query("*") if widget.can_focus)

    @property
    def is_roomy(self) -> bool:
        """There is more than one column."""
        return not (self.screen.has_class("-narrow") or self.screen.has_class("-lines"))
