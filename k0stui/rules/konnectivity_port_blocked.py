"""Workers cannot open 8132 of a controller whose konnectivity server runs: a firewall stands between.

Told apart from a server that is down by the controller's own word, or by its 6443 answering the same worker.
Source: k0s#5809; k0s.md F04.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation, Reachable
from k0stui.model.finding import Evidence, Finding, Severity
from k0stui.model.observed import Known
from k0stui.rules.facts.evidence import said
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import ClusterRule

API = 6443


def check(snapshot: ClusterSnapshot) -> Iterator[Finding]:
    asked = [host for host in snapshot.workers if isinstance(host.reach, Known)]
    if not asked and snapshot.workers:
        raise NotObserved("which ports of the controllers the workers reach")
    for controller in snapshot.controllers:
        cut_off = [worker for worker in asked if _is_blocked(worker, controller, snapshot)]
        if cut_off:
            yield _finding(snapshot, controller, cut_off)


def _is_blocked(worker: HostObservation, controller: HostObservation, snapshot: ClusterSnapshot) -> bool:
    shut = _shut(worker, controller)
    if shut is None or not _was_shut(worker, controller, snapshot):
        return False
    assert isinstance(worker.reach, Known)
    api_answers = any(
        entry.open and entry.port == API and entry.address == shut.address for entry in worker.reach.value
    )
    other_answers = any(entry.open and entry.port == shut.port for entry in worker.reach.value)
    runs = _server_runs(controller)
    if runs is None:
        # Nobody on that host to ask: a refusal may be its server being down, silence on one port of two is a filter.
        return api_answers and shut.why != "refused"
    return runs and (api_answers or other_answers)


def _shut(worker: HostObservation, controller: HostObservation) -> Reachable | None:
    if not isinstance(worker.reach, Known):
        return None
    port = _agent_port(controller)
    return next(
        (e for e in worker.reach.value if e.address == controller.advertised and e.port == port and not e.open), None
    )


def _was_shut(worker: HostObservation, controller: HostObservation, snapshot: ClusterSnapshot) -> bool:
    """Also in the look before, where there is one: a server that restarts is away for some seconds."""
    before = snapshot.earlier.find(worker.name) if snapshot.earlier else None
    return before is None or not isinstance(before.reach, Known) or _shut(before, controller) is not None


def _agent_port(controller: HostObservation) -> int:
    return (
        controller.konnectivity_server.value.agent_port if isinstance(controller.konnectivity_server, Known) else 8132
    )


def _server_runs(controller: HostObservation) -> bool | None:
    if isinstance(controller.konnectivity_metrics, Known):
        return True
    if isinstance(controller.konnectivity_ready, Known):
        return controller.konnectivity_ready.value.healthz == 200
    return None if not controller.is_reachable else False


def _finding(snapshot: ClusterSnapshot, controller: HostObservation, cut_off: list[HostObservation]) -> Finding:
    port = _agent_port(controller)
    asked = sum(isinstance(host.reach, Known) for host in snapshot.workers)
    return Finding(
        "konnectivity-port-blocked",
        Severity.CRITICAL,
        f"{len(cut_off)} of {asked} workers cannot open {controller.advertised}:{port} of {controller.name} "
        f"({names(host.name for host in cut_off)}), while its server runs: a firewall blocks agents",
        subjects=(controller.name,),
        evidence=_evidence(controller, cut_off),
        ruled_out=("the server being down",),
        remedy=f"open {port}/tcp on {controller.name} for all nodes: firewall-cmd --permanent --add-port={port}/tcp && "
        f"firewall-cmd --reload, or ufw allow {port}/tcp",
    )


def _evidence(controller: HostObservation, cut_off: list[HostObservation]) -> tuple[Evidence, ...]:
    lines: list[Evidence] = []
    for worker in cut_off:
        shut = _shut(worker, controller)
        lines += said(worker, "reach", f"{shut.address}:{shut.port} {shut.why or 'closed'}") if shut else ()
    if isinstance(controller.konnectivity_metrics, Known):
        agents = controller.konnectivity_metrics.value.agents
        lines += said(controller, "konnectivity_metrics", f"runs, {agents} agents")
    return tuple(lines)


RULE = ClusterRule("konnectivity-port-blocked", check)
