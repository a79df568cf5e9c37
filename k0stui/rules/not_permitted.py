"""Some questions want root, and this login may not: what they would tell is unknown, with the line that mends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Known, Lack, Unknown
from k0stui.rules.facts.wording import counted, names
from k0stui.rules.rule import ClusterRule


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    refused = {str(host.name): denied for host in snapshot.hosts if host.is_reachable and (denied := _denied(host))}
    if refused:
        yield _finding(snapshot, refused)


def _denied(host: HostObservation) -> list[str]:
    answers = {entry.name: getattr(host, entry.name) for entry in fields(host) if entry.name != "connection"}
    return [
        name for name, answer in answers.items() if isinstance(answer, Unknown) and answer.lack is Lack.NOT_PERMITTED
    ]


def _finding(snapshot: ClusterSnapshot, refused: dict[str, list[str]]) -> Finding:
    most = max(refused.values(), key=len)
    return Finding(
        "not-permitted",
        Severity.INFO,
        f"no permission on {names(refused)}: {counted(len(most), 'question')} unanswered "
        f"({names(probe.replace('_', ' ') for probe in most)})",
        subjects=tuple(sorted(refused)),
        evidence=tuple(
            Evidence(host.name, probe, "no permission", getattr(host, probe).at)
            for host in snapshot.hosts
            for probe in refused.get(host.name, ())
        ),
        remedy=f"add to /etc/sudoers.d/k0stui on these hosts: {_login(snapshot, refused)} ALL=(root) NOPASSWD: ALL",
    )


def _login(snapshot: ClusterSnapshot, refused: dict[str, list[str]]) -> str:
    logins = [
        host.connection.value.login
        for host in snapshot.hosts
        if host.name in refused and isinstance(host.connection, Known) and host.connection.value.login
    ]
    return logins[0] if logins else "YOUR_LOGIN"


RULE = ClusterRule("not-permitted", check)
