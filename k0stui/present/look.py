"""One look at the cluster with all that follows from it: what every screen is a pure function of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from k0stui.matrix import matrix
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Diagnosis, Finding
from k0stui.model.konnectivity import Matrix
from k0stui.present.muting import Mute, heard, with_muted
from k0stui.present.verdict import Verdict, verdict
from k0stui.rules import RULES
from k0stui.rules.rule import diagnose


@dataclass(frozen=True, slots=True)
class Way:
    """The connection to one host, as it is now."""

    host: str
    phase: str
    """`idle`, `busy`, `connecting` or `unreachable`."""
    why: str = ""
    retry_at: datetime | None = None
    """UTC, while unreachable; None: not again by itself."""
    round_trip: float | None = None
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Look:
    """A snapshot, what the rules say of it, and who is connected to whom."""

    snapshot: ClusterSnapshot
    diagnosis: Diagnosis
    matrix: Matrix
    ways: tuple[Way, ...] = ()
    pace: float = 5.0
    """Seconds between two looks at one host."""
    mutes: tuple[Mute, ...] = ()
    """Findings that are not told now."""

    @property
    def now(self) -> datetime:
        return self.snapshot.taken_at

    @property
    def heard(self) -> Diagnosis:
        """The diagnosis without what is muted."""
        return heard(self.diagnosis, self.mutes)

    def told(self, place: int = 0, zone: str = "UTC") -> Verdict:
        """The verdict: the worst cause, or the one at `place`, from 0."""
        told = verdict(self.snapshot, self.heard, place, self.matrix)
        return with_muted(told, self.diagnosis, self.mutes, zone)

    def way(self, host: str) -> Way | None:
        return next((way for way in self.ways if way.host == host), None)

    def about(self, host: str) -> tuple[Finding, ...]:
        """Findings that name this host, worst first."""
        return tuple(finding for finding in self.diagnosis.findings if host in finding.subjects)


def look_of(snapshot: ClusterSnapshot, ways: tuple[Way, ...] = (), pace: float = 5.0) -> Look:
    """Judge a snapshot."""
    return Look(snapshot, diagnose(snapshot, RULES), matrix(snapshot), ways, pace)
