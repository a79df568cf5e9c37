"""What one rule, or all of them, say of a snapshot."""

from __future__ import annotations

from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Diagnosis, Finding
from k0stui.rules import RULES
from k0stui.rules.rule import Rule, diagnose


def judged(snapshot: ClusterSnapshot) -> Diagnosis:
    """All rules together, as in the program."""
    return diagnose(snapshot, RULES)


def findings(rule: Rule, snapshot: ClusterSnapshot) -> tuple[Finding, ...]:
    """What one rule found, which must have been able to judge."""
    diagnosis = diagnose(snapshot, (rule,))
    assert diagnosis.inconclusive == ()
    return diagnosis.findings


def finding(rule: Rule, snapshot: ClusterSnapshot) -> Finding:
    """The one finding of one rule."""
    found = diagnose(snapshot, (rule,)).findings
    assert len(found) == 1, found
    return found[0]


def is_silent(rule: Rule, snapshot: ClusterSnapshot) -> bool:
    """It judged, and found nothing."""
    return findings(rule, snapshot) == ()


def lacking(rule: Rule, snapshot: ClusterSnapshot) -> str:
    """What the rule missed; it must have found nothing."""
    diagnosis = diagnose(snapshot, (rule,))
    assert diagnosis.findings == ()
    assert diagnosis.inconclusive, "it judged"
    whys = "; ".join(entry.why for entry in diagnosis.inconclusive)
    assert "the rule itself failed" not in whys
    return whys


def roots(diagnosis: Diagnosis) -> set[str]:
    return {found.rule for found in diagnosis.causes}


def explained(diagnosis: Diagnosis) -> set[str]:
    return {found.rule for found in diagnosis.findings if found.explained_by}
