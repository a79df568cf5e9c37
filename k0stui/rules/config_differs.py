"""Controllers run with different configurations: what the cluster does depends on which of them leads.

Only cluster-wide settings are compared; addresses of a host's own may differ. In dynamic mode the object counts, not
the files. Source: k0s.md §2.3, F10 F43.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.k0s import ClusterConfig
from k0stui.model.observed import Known
from k0stui.rules.facts.balancing import running_configs
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule

Settings = dict[str, str]


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if len(snapshot.controllers) < 2 or _is_dynamic(snapshot):
        return
    known = list(running_configs(snapshot))
    if len(known) < 2:
        raise NotObserved("the running configuration of at least two controllers")
    differing = _differing([_settings(config) for _, config in known])
    if differing:
        yield _finding(known, differing)


def _is_dynamic(snapshot: ClusterSnapshot) -> bool:
    states = [host.status.value for host in snapshot.controllers if isinstance(host.status, Known)]
    return bool(states) and all(state.is_dynamic for state in states)


def _settings(config: ClusterConfig) -> Settings:
    return {
        **dict(config.cluster_wide),
        "spec.network.nodeLocalLoadBalancing.enabled": str(config.nllb.enabled).lower(),
        "spec.network.nodeLocalLoadBalancing.type": config.nllb.type,
        "spec.konnectivity.agentPort": str(config.agent_port),
    }


def _differing(settings: list[Settings]) -> list[str]:
    paths = sorted(set().union(*settings))
    return [path for path in paths if len({setting.get(path, "unset") for setting in settings}) > 1]


def _finding(known: list[tuple[HostObservation, ClusterConfig]], differing: list[str]) -> Finding:
    first = differing[0]
    values = names(f"{_settings(config).get(first, 'unset')} on {host.name}" for host, config in known)
    more = f", and {len(differing) - 1} more" if len(differing) > 1 else ""
    return Finding(
        "config-differs",
        Severity.WARNING,
        f"controllers run with different settings: {first} is {values}{more}",
        subjects=tuple(sorted(host.name for host, _ in known)),
        evidence=tuple(
            line
            for host, config in known
            for path in differing[:5]
            for line in said(host, "status", f"{path} = {_settings(config).get(path, 'unset')}")
        ),
        because=("config-pending-restart",),
        remedy="make /etc/k0s/k0s.yaml equal on all controllers, then restart them one at a time",
    )


RULE = ClusterRule("config-differs", check)
