"""What a rule is, and how all of them judge one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Diagnosis, Finding, Inconclusive
from k0stui.model.observed import Unknown


@dataclass(frozen=True, slots=True)
class HostRule:
    """Judges host by host, so that one silent host never silences the rest."""

    id: str
    check: Callable[[HostObservation, ClusterSnapshot], Iterable[Finding]]
    """May raise `NotObserved`: then it is inconclusive for this host."""


@dataclass(frozen=True, slots=True)
class ClusterRule:
    """Judges the cluster as a whole."""

    id: str
    check: Callable[[ClusterSnapshot], Iterable[Finding]]
    """May raise `NotObserved`: then it is inconclusive."""


Rule = HostRule | ClusterRule


def diagnose(snapshot: ClusterSnapshot, rules: Sequence[Rule]) -> Diagnosis:
    """Let all rules judge; a rule that lacks a fact, or crashes, is inconclusive and harms no other."""
    findings: list[Finding] = []
    inconclusive: list[Inconclusive] = []
    for rule in rules:
        found, lacking = _judge(rule, snapshot)
        findings += found
        inconclusive += lacking
    return Diagnosis(snapshot.taken_at, _explained(findings, rules), tuple(inconclusive), len(rules))


def _judge(rule: Rule, snapshot: ClusterSnapshot) -> tuple[list[Finding], list[Inconclusive]]:
    if isinstance(rule, ClusterRule):
        return _run(rule.id, lambda: rule.check(snapshot), "")
    found: list[Finding] = []
    lacking: list[Inconclusive] = []
    for host in snapshot.hosts:
        check = partial(_check_host, rule, host, snapshot)
        more, missing = _run(rule.id, check, f"{host.name}: ")
        found += more
        lacking += missing
    return found, lacking


def _check_host(rule: HostRule, host: HostObservation, snapshot: ClusterSnapshot) -> list[Finding]:
    """Where nobody could ask the host, that is the reason; which fact a rule misses there is no news."""
    try:
        return list(rule.check(host, snapshot))
    except NotObserved:
        if isinstance(host.connection, Unknown):
            raise NotObserved(host.connection.why.removeprefix(f"{host.name}: ")) from None
        raise


def _run(rule: str, check: Callable[[], Iterable[Finding]], where: str) -> tuple[list[Finding], list[Inconclusive]]:
    try:
        return list(check()), []
    except NotObserved as missing:
        return [], [Inconclusive(rule, f"{where}{missing}")]
    except Exception as error:  # noqa: BLE001 - a bug in one rule must not hide what the others see
        return [], [Inconclusive(rule, f"{where}the rule itself failed ({type(error).__name__}: {error})")]


def _explained(findings: list[Finding], rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """Link consequences to the cause that was found; order: worst cause first, then as the rules are listed."""
    order = {rule.id: place for place, rule in enumerate(rules)}
    linked = [replace(finding, explained_by=_root(finding, findings)) for finding in findings]
    return tuple(sorted(linked, key=lambda finding: (finding.severity.rank, order[finding.rule])))


def _root(finding: Finding, findings: list[Finding]) -> str | None:
    """The cause that itself has none: a full disk belongs to the outage that floods its log, not to the flood.

    None where there is none, or where findings blame each other in a circle: then all of them stand.
    """
    passed = {finding.rule}
    cause = _cause(finding, findings)
    while cause is not None and cause not in passed:
        passed.add(cause)
        above = [_cause(other, findings) for other in findings if other.rule == cause]
        if None in above:
            return cause
        cause = above[0]
    return None


def _cause(finding: Finding, findings: list[Finding]) -> str | None:
    present = {other.rule for other in findings}
    return next((rule for rule in finding.because if rule in present and rule != finding.rule), None)
