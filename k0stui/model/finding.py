"""What rules say: findings with their evidence, and what could not be judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from k0stui.model.host import HostName


class Severity(Enum):
    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observed fact that a finding rests on."""

    host: HostName | None
    """None: of the cluster as a whole."""
    probe: str
    """The name of the question, as `k0stui explain` and the host's detail list it."""
    value: str
    """In words: `0 of 4 agents`."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """Something is wrong, or will be."""

    rule: str
    """Its id, and the name of its page: `agents-single-target`."""
    severity: Severity
    sentence: str
    """What an operator would say, with names: `all 4 agents dial k0s-master-1 only; …`."""
    subjects: tuple[str, ...] = ()
    """Hosts or nodes it is about, sorted."""
    since: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    ruled_out: tuple[str, ...] = ()
    """What looks alike and is not so, by its plain name."""
    because: tuple[str, ...] = ()
    """Rules that would explain this one, the likeliest first; `diagnose` picks the first that found something."""
    explained_by: str | None = None
    """Set by `diagnose`: it is a consequence, shown under that finding."""
    plan: str | None = None
    """The plan that cures it: `nllb`, `restart-workers` …"""
    remedy: str = ""
    """In words: what to do where no plan does it."""


@dataclass(frozen=True, slots=True)
class Inconclusive:
    """A rule that could not judge."""

    rule: str
    why: str
    """What was missing, and from whom."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that the rules said of one snapshot, worst and most specific first."""

    taken_at: datetime
    findings: tuple[Finding, ...] = ()
    inconclusive: tuple[Inconclusive, ...] = ()
    rules: int = 0
    """How many rules ran: the proof of having looked."""

    @property
    def causes(self) -> tuple[Finding, ...]:
        """Findings that nothing else explains."""
        return tuple(finding for finding in self.findings if finding.explained_by is None)

    def consequences(self, rule: str) -> tuple[Finding, ...]:
        """What the finding of `rule` explains, most urgent first."""
        return tuple(finding for finding in self.findings if finding.explained_by == rule)
