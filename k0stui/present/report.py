"""The diagnosis as lines of text: what `check` prints, for people, scripts and screen readers."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from datetime import datetime

from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Diagnosis, Evidence, Finding, Severity
from k0stui.model.host import HostName
from k0stui.model.observed import Unknown
from k0stui.present.cells import SIGNS, age
from k0stui.present.verdict import Verdict, verdict
from k0stui.rules.facts.wording import counted, names

WORDS = {Severity.CRITICAL: "CRIT", Severity.WARNING: "WARN", Severity.INFO: "INFO"}

FEW = 3
"""Rules that are named where they could not judge; more are counted, and `--json` has them all."""


def report_lines(snapshot: ClusterSnapshot, diagnosis: Diagnosis) -> Iterator[str]:
    """The verdict; each cause with its evidence, its consequences and what to do; what could not be judged."""
    yield from _verdict(verdict(snapshot, diagnosis))
    for cause in diagnosis.causes:
        yield ""
        yield from _finding(cause, snapshot.taken_at)
        for consequence in diagnosis.consequences(cause.rule):
            yield f"  explains   {WORDS[consequence.severity]} {consequence.rule}: {consequence.sentence}"
    if diagnosis.inconclusive:
        yield ""
        yield from _not_judged(snapshot, diagnosis)


def _verdict(told: Verdict) -> Iterator[str]:
    """Line by line, never joined and split again: names from hosts may hold what ends a line."""
    sign = SIGNS[told.tone]
    yield f"{sign.ascii} {sign.word:<5} {told.sentence}{f' {told.since}' if told.since else ''}"
    width = max((len(line.label) for line in told.lines), default=0)
    yield from (f"  {line.label:<{width}}  {line.text}" for line in told.lines)


def _finding(finding: Finding, now: datetime) -> Iterator[str]:
    yield f"{WORDS[finding.severity]} {finding.rule}: {finding.sentence}"
    if finding.since:
        yield f"  since      at least {finding.since:%Y-%m-%d %H:%M:%SZ}"
    yield from _evidence(finding, now)
    if finding.ruled_out:
        yield f"  ruled out  {', '.join(finding.ruled_out)}"
    if finding.plan:
        yield f"  cure       k0stui plan {finding.plan}"
    if finding.remedy:
        yield f"  do         {finding.remedy}"
    yield f"  page       k0stui explain {finding.rule}"


def _evidence(finding: Finding, now: datetime) -> Iterator[str]:
    """What a hundred hosts say alike is one line; its age is that of the oldest."""
    alike: dict[tuple[str, str], list[Evidence]] = {}
    for evidence in finding.evidence:
        alike.setdefault((evidence.probe, evidence.value), []).append(evidence)
    for (probe, value), said in alike.items():
        hosts = names(evidence.host for evidence in said if evidence.host)
        old = max((now - evidence.at).total_seconds() for evidence in said)
        yield f"  proof      {hosts}{' ' if hosts else ''}{probe}: {value}  ({age(old)})"


def _not_judged(snapshot: ClusterSnapshot, diagnosis: Diagnosis) -> Iterator[str]:
    """One line for each reason, not one for each rule and host: a host that is lost silences many rules."""
    reasons: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (host, why), rules in _silenced(snapshot, diagnosis).items():
        reasons.setdefault((why, tuple(rules)), []).append(host)
    for (why, silent), hosts in reasons.items():
        called = names(silent) if len(silent) <= FEW else counted(len(silent), "rule")
        yield f"? {called} could not judge {names(filter(None, hosts)) or 'the cluster'}: {why}"


def _silenced(snapshot: ClusterSnapshot, diagnosis: Diagnosis) -> dict[tuple[str, str], dict[str, None]]:
    """The rules by host and reason; for a host that is lost, that is the reason. No host: the cluster as a whole."""
    lost = {host.name: host.connection.why for host in snapshot.hosts if isinstance(host.connection, Unknown)}
    known = {host.name for host in snapshot.hosts}
    found: dict[tuple[str, str], dict[str, None]] = {}
    for entry in diagnosis.inconclusive:
        name, _, rest = entry.why.partition(": ")
        host = HostName(name) if name in known else HostName("")
        why = lost.get(host, rest).removeprefix(f"{host}: ") if host else entry.why
        found.setdefault((host, why), {})[entry.rule] = None
    return found


HEAD = re.compile(r"(?:\S )?\s*\S+(?: \S+)?\s{2,}")
"""The label in front of a line: `X CRIT  `, `  ruled out  `."""


def wrapped(line: str, width: int) -> list[str]:
    """A line of a report at most `width` wide; what goes over stands under its text, not under its label."""
    if len(line) <= width:
        return [line]
    head = HEAD.match(line)
    indent = min(head.end() if head else len(line) - len(line.lstrip()) + 2, width // 2)
    return textwrap.wrap(line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
