"""What the log screens and the loop that follows the logs tell each other: how each host fares, and what is wanted."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from k0stui.logs.source_log import Gap
from k0stui.logs.store import LogStore
from k0stui.logs.stream import Span
from k0stui.model.host import HostName
from k0stui.model.log import Source

WATCHED = 1.0
"""Seconds between batches while a pane shows them."""

UNWATCHED = 2.0
"""Seconds between batches for rules and counters."""

UNFOLDED_BYTES = 8 * 1024 * 1024
"""Kept of a fold that was opened: some thousand lines."""


class Phase(Enum):
    """How the stream of one host fares: what the pane says of it."""

    WAITING = "waiting"
    FOLLOWING = "following"
    GONE = "gone"
    REFUSED = "refused"


@dataclass(slots=True)
class Stream:
    """The state of one host's stream."""

    phase: Phase = Phase.WAITING
    why: str = ""
    since: datetime | None = None
    batches: int = 0
    bytes: int = 0
    """Received, before any decompression: what `:debug` shows as the cost."""
    seconds: float = 0.0
    """That the host was busy for us, by our clock."""


@dataclass(slots=True)
class Unfolding:
    """Lines that a host counted and did not send, asked for again: into a store of their own, as they are counted."""

    source: Source
    span: Span
    store: LogStore = field(default_factory=lambda: LogStore(UNFOLDED_BYTES))
    why: str = ""
    """Why they could not be had."""
    done: bool = False


@dataclass(slots=True)
class Refill:
    """A gap that is to be filled."""

    source: Source
    gap: Gap


@dataclass(slots=True)
class Board:
    """What the screens and `follow_logs` tell each other."""

    watched: bool = True
    uncapped_until: float = 0.0
    """Monotonic: until then nothing is folded on the hosts (`:uncap 30s`)."""
    streams: dict[HostName, Stream] = field(default_factory=dict)
    wanted: deque[Span] = field(default_factory=deque)
    """Ranges of the past that are to be fetched, oldest request first."""
    unfold: deque[Unfolding] = field(default_factory=deque)
    """Folds that were opened."""
    refill: deque[Refill] = field(default_factory=deque)
    """Gaps that somebody pressed Enter on."""
    fetching: int = 0
    """Hosts that are being asked for such a range now."""

    @property
    def pace(self) -> float:
        return WATCHED if self.watched else UNWATCHED


@dataclass(frozen=True, slots=True)
class Feed:
    """The logs of a cluster as a screen gets them."""

    store: LogStore
    board: Board
