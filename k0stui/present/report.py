"""The diagnosis as lines of text: what `check` prints, for people, scripts and screen readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Diagnosis, Evidence, Finding, Severity
from k0stui.present.cells import age
from k0stui.present.verdict import verdict, verdict_text

WORDS = {Severity.CRITICAL: "CRIT", Severity.WARNING: "WARN", Severity.INFO: "INFO"}


def report_lines(snapshot: ClusterSnapshot, diagnosis: Diagnosis) -> Iterator[str]:
    """The verdict; each cause with its evidence, its consequences and what to do; what could not be judged."""
    yield from verdict_text(verdict(snapshot, diagnosis)).splitlines()
    for cause in diagnosis.causes:
        yield ""
        yield from _finding(cause, snapshot.taken_at)
        for consequence in diagnosis.consequences(cause.rule):
            yield f"  explains {WORDS[consequence.severity]} {consequence.rule}: {consequence.sentence}"
    if diagnosis.inconclusive:
        yield ""
        yield from (f"? {entry.rule}: {entry.why}" for entry in diagnosis.inconclusive)


def _finding(finding: Finding, now: datetime) -> Iterator[str]:
    yield f"{WORDS[finding.severity]} {finding.rule}: {finding.sentence}"
    if finding.since:
        yield f"  since    {finding.since:%Y-%m-%d %H:%M:%SZ}"
    yield from (_evidence(evidence, now) for evidence in finding.evidence)
    if finding.ruled_out:
        yield f"  ruled out {', '.join(finding.ruled_out)}"
    if finding.plan:
        yield f"  cure     k0stui plan {finding.plan}"
    if finding.remedy:
        yield f"  do       {finding.remedy}"
    yield f"  page     k0stui explain {finding.rule}"


def _evidence(evidence: Evidence, now: datetime) -> str:
    host = f"{evidence.host} " if evidence.host else ""
    return f"  proof    {host}{evidence.probe}: {evidence.value}  ({age((now - evidence.at).total_seconds())})"
