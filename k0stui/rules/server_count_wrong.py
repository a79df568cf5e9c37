"""A konnectivity server announces another number of controllers than there are.

k0s counts the leases `k0s-ctrl-*` every 10 s, by the controller's own clock. With too few, agents stop looking for the
rest. Compared with the leases that are held now, not with the inventory: a stopped controller does not count.
Source: konnectivity.md §1.4, §4.4 D3; k0s.md F33 F34.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model import wiring
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts import mesh
from k0stui.rules.facts.evidence import api_said, said
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule

CONVERGING = 30.0
"""Seconds after a server's start in which its count is still on its way: 16-33 s were seen."""


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    servers = [host for host in snapshot.controllers if _announces(host) is not None]
    # A lone controller keeps no lease and announces 1.
    if len(wiring.controller_names(snapshot)) < 2:
        return
    if not servers:
        raise NotObserved("the count that each konnectivity server announces")
    live = len(wiring.live_controllers(snapshot))
    wrong = [host for host in servers if _announces(host) != live and _is_settled(host) and _was_wrong(host, snapshot)]
    if wrong:
        yield _finding(snapshot, wrong, live)


def _announces(host: HostObservation) -> int | None:
    """None: not known, or k0s' own server does not run, which is another finding."""
    server = host.konnectivity_server
    return server.value.server_count if isinstance(server, Known) and server.value.server_id else None


def _is_settled(host: HostObservation) -> bool:
    start = mesh.started(host)
    return start is None or (host.konnectivity_server.at - start).total_seconds() > CONVERGING


def _was_wrong(host: HostObservation, snapshot: ClusterSnapshot) -> bool:
    """Not in the very poll in which the number of controllers changed: servers follow within 10 s."""
    before = snapshot.earlier.find(host.name) if snapshot.earlier else None
    if snapshot.earlier is None or before is None or _announces(before) is None:
        return True
    try:
        return _announces(before) != len(wiring.live_controllers(snapshot.earlier))
    except NotObserved:
        return True


def _finding(snapshot: ClusterSnapshot, wrong: list[HostObservation], live: int) -> Finding:
    said_counts = names(f"{host.name} announces {_announces(host)}" for host in wrong)
    return Finding(
        "server-count-wrong",
        Severity.CRITICAL if _columns_differ(snapshot) else Severity.WARNING,
        f"{said_counts}, while {live} controllers hold their lease: agents look for the wrong number of servers",
        subjects=tuple(sorted(host.name for host in wrong)),
        evidence=_evidence(snapshot, wrong, live),
        ruled_out=("converging after a restart",),
        because=("clocks-differ",),
        remedy="compare the clocks of the controllers and the leases k0s-ctrl-* in kube-node-lease; "
        "then restart k0scontroller there",
    )


def _columns_differ(snapshot: ClusterSnapshot) -> bool:
    counts = {
        host.konnectivity_metrics.value.agents
        for host in snapshot.controllers
        if isinstance(host.konnectivity_metrics, Known)
    }
    return len(counts) > 1


def _evidence(snapshot: ClusterSnapshot, wrong: list[HostObservation], live: int) -> tuple[Evidence, ...]:
    lines = [*api_said(snapshot, "leases", f"{live} leases k0s-ctrl-* are held", lambda api: api.leases)]
    for host in wrong:
        lines += said(host, "konnectivity_server", f"--server-count={_announces(host)}")
    return tuple(lines)


RULE = ClusterRule("server-count-wrong", check)
