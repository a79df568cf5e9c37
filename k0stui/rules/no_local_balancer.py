"""Several controllers, and nothing that leads workers to all of them: every worker hangs on one address.

Source: k0s.md §0.2, §0.3 (control plane load balancing carries 6443 only), F01.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts.balancing import configs, is_on, running_configs
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import counted
from k0stui.rules.rule import ClusterRule


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    controllers = wiring.controller_names(snapshot)
    if len(controllers) < 2 or is_on(snapshot):
        return
    known = [config for _, config in configs(snapshot)]
    if not known:
        raise NotObserved("whether an external address is set: no controller told its configuration")
    if any(config.external_address or config.konnectivity_external_address for config in known):
        return
    yield _finding(snapshot, len(controllers))


def _finding(snapshot: ClusterSnapshot, controllers: int) -> Finding:
    absent = sum(isinstance(host.balancer, Known) and host.balancer.value.is_absent for host in snapshot.workers)
    return Finding(
        "no-local-balancer",
        Severity.INFO,
        f"{counted(controllers, 'controller')} and no load balancer: node-local load balancing is off "
        f"({absent} of {len(snapshot.workers)} workers without), no external address is set",
        evidence=_evidence(snapshot),
        because=("agents-single-target",),
        plan="nllb",
    )


def _evidence(snapshot: ClusterSnapshot) -> tuple[Evidence, ...]:
    lines: list[Evidence] = []
    for host, _ in running_configs(snapshot):
        lines += said(host, "status", "node-local load balancing off, no external address")
    for host in snapshot.workers:
        if isinstance(host.balancer, Known) and host.balancer.value.is_absent:
            lines += said(host, "balancer", "nothing listens on 7132 and 7443")
    return tuple(lines)


RULE = ClusterRule("no-local-balancer", check)
