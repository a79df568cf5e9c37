"""What the screens show of the cluster: the look in sight, what froze it, what is muted, what stands until it is over.

Everything shown follows from these; nothing here draws. What judges is loaded with the first look, not before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from k0stui.present.cells import Cell
from k0stui.present.mode import mode

if TYPE_CHECKING:
    from k0stui.present.look import Look
    from k0stui.present.muting import Mute
    from k0stui.present.standing import Standing
    from k0stui.present.verdict import Verdict
    from k0stui.ui.acting import Running


class Sight:
    """Changed by looks that arrive, by commands, and by the operation that is followed."""

    def __init__(self) -> None:
        self.look: Look | None = None
        """The one in sight."""
        self.newest: Look | None = None
        """The one in sight as soon as it is not frozen any more."""
        self.frozen_at: datetime | None = None
        self.missed = 0
        """Looks that came while it was frozen."""
        self.place = 0
        """Which finding the verdict tells, from 0."""
        self.mutes: tuple[Mute, ...] = ()
        self.stands: Standing | None = None
        """HELD and EXPOSED, as the looks so far showed them; None before the first one."""
        self.operation: Running | None = None
        """What the plan pane follows: it knows since when agents are held or exposed."""
        self._told: tuple[Look, int, str, Verdict] | None = None

    def arrive(self, look: Look) -> None:
        """A new look: in sight from now on, or only counted while another one is frozen."""
        self.newest = look
        if self.frozen_at is None:
            self._show(look)
        else:
            self.missed += 1

    def _show(self, look: Look) -> None:
        from k0stui.present.muting import still

        self.mutes = still(self.mutes, look.now)
        self.look = replace(look, mutes=self.mutes)
        self._stand(look)

    def _stand(self, look: Look) -> None:
        from k0stui.present.standing import NOTHING, standing

        ours = self.operation
        self.stands = standing(look, self.stands or NOTHING, *((ours.operation, ours.happened) if ours else ()))

    def freeze(self) -> None:
        """Keep what is in sight, or go on with the newest."""
        if self.frozen_at is None:
            self.frozen_at = self.look.now if self.look else None
            return
        self.frozen_at, self.missed = None, 0
        if self.newest:
            self._show(self.newest)

    def follow(self, operation: Running) -> None:
        """HELD and EXPOSED of this operation stand from now on, not from the next look."""
        self.operation = operation
        if self.look is not None:
            self._stand(self.look)

    def tell_other(self, by: int) -> None:
        """Another finding, round the end."""
        if self.look is not None:
            self.place = (self.place + by) % max(1, len(self.look.heard.causes))

    def mute(self, *mutes: Mute) -> None:
        """Do not tell of these rules for a while, and of all others again."""
        self.mutes, self.place = mutes, 0
        if self.look is not None:
            self._show(self.look)

    def told(self, zone: str) -> Verdict | None:
        """The verdict as it is shown now, its times in that zone; made once for a look."""
        if self.look is None:
            return None
        if self._told is None or self._told[0] is not self.look or self._told[1:3] != (self.place, zone):
            self._told = (self.look, self.place, zone, self.look.told(self.place, zone))
        ours = self.operation.operation if self.operation else None
        return self._told[3] if ours is None or ours.state.is_over else self._told[3].during(ours.id)

    @property
    def mode(self) -> Cell:
        """What is done to the cluster from here."""
        ours, stands = self.operation, self.stands
        return mode(
            ours.operation if ours else None,
            is_carried=ours is not None and ours.is_carried,
            is_exposed=stands is not None and stands.exposed is not None,
        )
