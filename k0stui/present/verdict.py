"""The verdict: one sentence that says what is wrong, why, by which proof, and what to do now.

The overview shows it above everything, `check` prints it. Pure; no claim reaches further than its evidence.
Source: screens.md §2.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from k0stui.matrix import matrix
from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Diagnosis, Finding, Severity
from k0stui.model.konnectivity import Matrix
from k0stui.model.observed import Known
from k0stui.present.ages import data_age, is_old
from k0stui.present.cells import Tone, rate, span
from k0stui.rules.facts import mesh
from k0stui.rules.facts.wording import counted, names
from k0stui.rules.log_flood_fills_disk import MESH

TONES = {Severity.CRITICAL: Tone.CRIT, Severity.WARNING: Tone.WARN, Severity.INFO: Tone.INFO}
FEW = 3
"""Rules that may lack a fact on a host before the host itself is said to be unchecked."""
SHOWN = 4
"""Other findings that are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One line under the sentence."""

    label: str
    """`why`, `proof`, `ruled out`, `not checked`, `next`, `also`."""
    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the operator is told first."""

    tone: Tone
    """CRIT, WARN, INFO, or OK where nothing was found."""
    sentence: str
    lines: tuple[VerdictLine, ...] = ()
    since: str = ""
    rule: str = ""
    """Of the finding that it tells; empty where nothing was found."""
    plan: str | None = None
    place: int = 0
    """Which cause of `causes` it tells, from 1; 0 where there is none."""
    causes: int = 0

    @property
    def severity(self) -> Severity | None:
        return next((severity for severity, tone in TONES.items() if tone is self.tone), None)

    def during(self, operation: str) -> Verdict:
        """The same while that operation is under way: what is to be done is being done, and by nobody else's hand."""
        said = f"operation {operation} is under way: pane 6 shows it; what stands here may be of its making"
        lines = tuple(replace(line, text=said) if line.label == "next" else line for line in self.lines)
        return replace(self, lines=lines, plan=None)

    def line(self, label: str) -> str:
        """The text of one line; empty where there is none."""
        return next((line.text for line in self.lines if line.label == label), "")


def verdict(snapshot: ClusterSnapshot, diagnosis: Diagnosis, place: int = 0, links: Matrix | None = None) -> Verdict:
    """The worst cause, or the one at `place` (from 0, taken round) of those that nothing else explains.

    `links` is the matrix of this snapshot, where it is known already.
    """
    causes = diagnosis.causes
    links = links or matrix(snapshot)
    if not causes:
        return _healthy(snapshot, diagnosis, links)
    place %= len(causes)
    return _told(snapshot, diagnosis, causes[place], links, place)


# Nothing found


def _healthy(snapshot: ClusterSnapshot, diagnosis: Diagnosis, links: Matrix) -> Verdict:
    unsure = len({entry.rule for entry in diagnosis.inconclusive})
    rules = f"{diagnosis.rules - unsure} of {diagnosis.rules} rules" if unsure else f"{diagnosis.rules} rules"
    sentence = f"0 problems. {_links(links)}. {rules}, {_hosts(snapshot)}{_age(snapshot)}"
    lines = [VerdictLine("not checked", _not_checked(diagnosis), Tone.UNKNOWN)] if unsure else []
    whole = not unsure and all(host.is_reachable for host in snapshot.hosts)
    tone = Tone.STALE if is_old(snapshot) else Tone.OK
    return Verdict(tone if whole else Tone.UNKNOWN, sentence, tuple(lines))


def _links(links: Matrix) -> str:
    unheard = [column.controller for column in links.columns if column.agents is None]
    return f"{links.up}/{links.expected} links{f' ({names(unheard)} not heard)' if unheard else ''}"


def _hosts(snapshot: ClusterSnapshot) -> str:
    answered = sum(host.is_reachable for host in snapshot.hosts)
    return f"{answered}/{len(snapshot.hosts)} hosts{'' if answered == len(snapshot.hosts) else ' answered'}"


def _age(snapshot: ClusterSnapshot) -> str:
    return f", on data up to {span(data_age(snapshot))} old" if is_old(snapshot) else ""


# Something found


def _told(snapshot: ClusterSnapshot, diagnosis: Diagnosis, cause: Finding, links: Matrix, place: int) -> Verdict:
    effect = _effect(snapshot, cause)
    lines = [
        VerdictLine("why", cause.sentence if effect else ""),
        VerdictLine("proof", _proof(snapshot, cause, links)),
        VerdictLine("ruled out", ", ".join(cause.ruled_out)),
        VerdictLine("not checked", _not_checked(diagnosis), Tone.UNKNOWN),
        VerdictLine("next", _next(snapshot, cause, links), Tone.HEAD),
        VerdictLine("also", _also(diagnosis, cause)),
    ]
    return Verdict(
        TONES[cause.severity],
        f"{effect or cause.sentence}{_partial(snapshot)}",
        tuple(line for line in lines if line.text),
        _since(cause.since, snapshot.taken_at),
        cause.rule,
        cause.plan,
        place + 1,
        len(diagnosis.causes),
    )


def _effect(snapshot: ClusterSnapshot, cause: Finding) -> str:
    """What users meet, where a server without agents is the consequence; else the finding speaks for itself."""
    dark = mesh.dark(snapshot)
    if cause.rule not in MESH or not dark:
        return ""
    servers = len(wiring.controller_names(snapshot))
    where = f"all {servers}" if len(dark) == servers else f"{len(dark)} of {servers}"
    return f"logs, exec, webhooks and metrics fail on {where} API servers"


def _partial(snapshot: ClusterSnapshot) -> str:
    """How much of the cluster the sentence rests on, where that is not all."""
    hosts = "" if all(host.is_reachable for host in snapshot.hosts) else f"; {_hosts(snapshot)}"
    return f"{hosts}{_age(snapshot)}"


def _since(since: datetime | None, now: datetime) -> str:
    if since is None:
        return ""
    form = "%H:%M" if (now - since).total_seconds() < 20 * 3600 else "%Y-%m-%d %H:%M"
    return f"since at least {since.astimezone(UTC).strftime(form)}Z"


def _proof(snapshot: ClusterSnapshot, cause: Finding, links: Matrix) -> str:
    if cause.rule not in MESH:
        shown = [f"{line.host or 'cluster'}: {line.value}" for line in cause.evidence[:3]]
        more = len(cause.evidence) - len(shown)
        return "; ".join(shown) + (f"; {more} more" if more > 0 else "")
    parts = [f"links {links.up}/{links.expected}", _flood(snapshot), _balancers(snapshot)]
    return "   ".join(part for part in parts if part)


def _flood(snapshot: ClusterSnapshot) -> str:
    rates = [(host.name, mesh.rate(snapshot, host, "no_agent") or 0) for host in snapshot.controllers]
    flooded = [f"{rate(often)}/s on {name}" for name, often in rates if often >= 1]
    return f'"No agent available" {", ".join(flooded)}' if flooded else ""


def _balancers(snapshot: ClusterSnapshot) -> str:
    known = [host.balancer.value for host in snapshot.workers if isinstance(host.balancer, Known)]
    absent = sum(not balancer.listens for balancer in known)
    return f"no balancer on {absent} of {len(snapshot.workers)} workers" if absent else ""


def _not_checked(diagnosis: Diagnosis) -> str:
    """What could not be judged: a host that lacks much by its own name, else the rule and where."""
    lacking: dict[str, list[str]] = {}
    by_rule: dict[str, list[str]] = {}
    for entry in diagnosis.inconclusive:
        host, colon, _ = entry.why.partition(": ")
        if colon and " " not in host:
            lacking.setdefault(host, []).append(entry.rule)
        else:
            by_rule.setdefault(entry.rule, [])
    silent = [host for host, rules in lacking.items() if len(rules) > FEW]
    for host, rules in lacking.items():
        for rule in rules if host not in silent else ():
            by_rule.setdefault(rule, []).append(host)
    hosts = [f"{host} ({counted(len(lacking[host]), 'rule')})" for host in silent]
    return names([*hosts, *(f"{rule}{f' on {names(where)}' if where else ''}" for rule, where in by_rule.items())])


def _next(snapshot: ClusterSnapshot, cause: Finding, links: Matrix) -> str:
    controllers, workers = len(snapshot.controllers), len(snapshot.workers)
    match cause.plan:
        case "nllb":
            return (
                f"enable node-local load balancing: restart {counted(controllers, 'controller')}, then "
                f"{counted(workers, 'worker')}, one at a time; prove {links.expected}/{links.expected} (plan nllb)"
            )
        case "restart-workers":
            return f"restart k0sworker on {names(cause.subjects)}, one at a time (plan restart-workers)"
        case "restart-agents":
            return f"restart the agents on {names(cause.subjects)}, one at a time (plan restart-agents)"
        case "restart-controllers":
            return f"restart {counted(controllers, 'controller')}, the leader last (plan restart-controllers)"
    return cause.remedy


def _also(diagnosis: Diagnosis, cause: Finding) -> str:
    """What follows from it, then what else is wrong; worst first, each in a few words."""
    rest = [*diagnosis.consequences(cause.rule), *(other for other in diagnosis.causes if other is not cause)]
    said = list(dict.fromkeys(_short(other) for other in rest if other.severity is not Severity.INFO))
    more = f"; {len(said) - SHOWN} more" if len(said) > SHOWN else ""
    return "; ".join(said[:SHOWN]) + more


def _short(finding: Finding) -> str:
    """The head of its sentence, before the details."""
    return re.split(r": |; | \(", finding.sentence, maxsplit=1)[0]
