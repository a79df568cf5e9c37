"""Agents do not accept the konnectivity server's certificate: it does not name the address that they dial.

Source: k0s#5940; k0s.md F14, §3.9. Read from the agent's log file on the worker, never through the API.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import names, verb
from k0stui.rules.rule import ClusterRule

SIGN = "x509"


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    asked = [host for host in snapshot.workers if isinstance(host.agent_signs, Known)]
    if not asked and snapshot.workers:
        raise NotObserved("the agents' logs on the workers")
    refusing = [host for host in asked if _refuses(host, snapshot)]
    if refusing:
        yield _finding(snapshot, refusing)


def _refuses(host: HostObservation, snapshot: ClusterSnapshot) -> bool:
    """It wrote so lately, and still lacks servers: old lines of an agent that is whole now prove nothing."""
    if not isinstance(host.agent_signs, Known) or not host.agent_signs.value.count(SIGN):
        return False
    if not isinstance(host.agent_metrics, Known):
        return True
    agent = host.agent_metrics.value
    if not agent.open:
        return True
    # Before k0s 1.32 agents do not say how many servers they know of.
    return agent.open < (agent.known if agent.known is not None else len(wiring.live_controllers(snapshot)))


def _finding(snapshot: ClusterSnapshot, refusing: list[HostObservation]) -> Finding:
    target = wiring.template(snapshot)
    dialled = f" for {target.host}" if target else ""
    return Finding(
        "agent-certificate-mismatch",
        Severity.CRITICAL,
        f"{verb(refusing, 'the agent', 'agents')} on {names(host.name for host in refusing)} "
        f"{verb(refusing, 'refuses', 'refuse')} the server's certificate{dialled} (x509)",
        subjects=tuple(sorted(host.name for host in refusing)),
        evidence=tuple(
            line
            for host in refusing
            if isinstance(host.agent_signs, Known)
            for line in said(host, "agent_signs", f"x509 in {host.agent_signs.value.count(SIGN)} of its last lines")
        ),
        because=("clocks-differ",),
        remedy=f"add {target.host if target else 'the dialled name'} to spec.api.sans on every controller, restart "
        "them one at a time",
    )


RULE = ClusterRule("agent-certificate-mismatch", check)
