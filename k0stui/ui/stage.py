"""The stage: which pane is in sight, what was opened over what, and which part has the keyboard."""

from __future__ import annotations

from textual.containers import Container
from textual.widget import Widget

from k0stui.ui.panes import Pane, make


class Stage(Container):
    """Root panes are made once and stay; a pane opened over another one is there until it is left."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._roots: dict[str, Pane] = {}
        self._levels: list[Pane] = []
        self._focused: dict[Pane, Widget] = {}

    @property
    def is_set(self) -> bool:
        """A pane is in sight: before that, for a moment, only leaving is possible."""
        return bool(self._levels)

    @property
    def pane(self) -> Pane:
        """The pane in sight."""
        return self._levels[-1]

    def root(self, name: str) -> Pane | None:
        """A root pane, if it was gone to."""
        return self._roots.get(name)

    async def go(self, name: str) -> None:
        """Show a root pane; whatever was opened over another one is closed."""
        left = self._levels
        self._remember()
        if name not in self._roots:
            self._roots[name] = make(name)
            await self.mount(self._roots[name])
        self._levels = [self._roots[name]]
        for pane in left:
            if pane not in self._roots.values():
                await pane.remove()
        self._in_sight()

    async def open(self, pane: Pane) -> None:
        """Show a pane over the one in sight."""
        self._remember()
        await self.mount(pane)
        self._levels.append(pane)
        self._in_sight()

    async def close(self) -> bool:
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

    def _in_sight(self) -> None:
        kept = {*self._roots.values(), *self._levels}
        for pane in kept:
            pane.display = pane is self.pane
        self._focused = {pane: widget for pane, widget in self._focused.items() if pane in kept}
        self.screen.set_class(self.pane.has_head, "-head")
        self.screen.set_class(self.pane.is_grid, "-grid")

    # -- the keyboard

    def _remember(self) -> None:
        if self._levels and self.screen.focused is not None:
            self._focused[self.pane] = self.screen.focused

    def take_focus(self) -> None:
        """The keyboard goes to the pane: where it was there, or to its first part."""
        known, parts = self._focused.get(self.pane), self.pane.parts()
        self.screen.set_focus(known if known in parts else next(iter(parts), None))

    def move_focus(self, by: int) -> None:
        """The keyboard goes to the next part of the pane, round the end."""
        parts = [part for part in self.pane.parts() if part.display and not part.has_class("-aside")]
        focused = self.screen.focused
        if parts:
            at = parts.index(focused) if focused in parts else -by
            self.screen.set_focus(parts[(at + by) % len(parts)])
