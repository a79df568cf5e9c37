"""Findings that somebody knows of and does not want to be told again for a while: with a reason, and an end.

A muted finding is not healthy: it is counted and named in the verdict, and comes back when its time is over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from k0stui.errors import UsageError
from k0stui.model.finding import Diagnosis, Severity
from k0stui.present.cells import Tone
from k0stui.present.times import clock
from k0stui.present.verdict import Verdict, VerdictLine

LONGEST = timedelta(days=7)
"""Longer is forgotten by whoever muted it."""

UNITS = {"m": "minutes", "h": "hours", "d": "days"}

FORM = "how long and why, as in: 2h disk is being replaced"


@dataclass(frozen=True, slots=True)
class Mute:
    """One rule, not told until then."""

    rule: str
    until: datetime
    reason: str


def read_mute(rule: str, text: str, now: datetime) -> Mute:
    """`2h known, ticket 4711`.

    Raises:
        UsageError: no time, more than a week, or no reason.
    """
    found = re.fullmatch(r"\s*(\d{1,4})\s*([mhd])\s+(\S.*)", text)
    if found is None:
        raise UsageError(f"give {FORM}.")
    length = timedelta(**{UNITS[found[2]]: int(found[1])})
    if not timedelta() < length <= LONGEST:
        raise UsageError("a finding can be muted for a week at most; give a shorter time.")
    return Mute(rule, now + length, found[3].strip())


def still(mutes: tuple[Mute, ...], now: datetime) -> tuple[Mute, ...]:
    """Those whose time is not over."""
    return tuple(mute for mute in mutes if now < mute.until)


def heard(diagnosis: Diagnosis, mutes: tuple[Mute, ...]) -> Diagnosis:
    """Without muted findings, and without what only follows from one."""
    rules = {mute.rule for mute in mutes}
    kept = tuple(one for one in diagnosis.findings if one.rule not in rules and one.explained_by not in rules)
    return replace(diagnosis, findings=kept) if len(kept) < len(diagnosis.findings) else diagnosis


def with_muted(told: Verdict, diagnosis: Diagnosis, mutes: tuple[Mute, ...], zone: str) -> Verdict:
    """The verdict with what it does not tell; where nothing else was found, that is not "0 problems"."""
    found = {one.rule for one in diagnosis.findings}
    hidden = [mute for mute in mutes if mute.rule in found]
    if not hidden:
        return told
    said = "; ".join(f"{mute.rule} until {clock(mute.until, zone)}: {mute.reason}" for mute in hidden)
    told = replace(told, lines=(*told.lines, VerdictLine("muted", said, Tone.INFO)))
    if told.severity is None:
        rules = {mute.rule for mute in hidden}
        follow = sum(one.rule not in rules and one.severity is not Severity.INFO for one in diagnosis.findings)
        rest = f"{follow} more follow from it" if follow else "nothing else found"
        sentence = told.sentence.replace("0 problems", f"{len(hidden)} muted, {rest}", 1)
        told = replace(told, sentence=sentence, tone=Tone.INFO)
    return told
