"""A-05: every konnectivity server announces the right count, twice, and each controller's lease has its new holder."""

from __future__ import annotations

from k0stui.errors import NotObserved
from k0stui.model.host import HostName
from k0stui.model.konnectivity import KonnectivityServer
from k0stui.model.observed import require
from k0stui.model.operation import HostInPlan
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, api_fact, each_controller, fresh, those


def check(situation: Situation) -> str:
    count = len(situation.controllers)
    wrong: list[str] = []
    ids: set[str] = set()
    for host, seen in each_controller(situation):
        server = fresh(situation, seen.konnectivity_server, f"{host.name}: konnectivity-server")
        ids.add(server.server_id)
        if server.server_count != count:
            wrong.append(f"{host.name} announces {server.server_count} of {count}")
        if server != _before(situation, host.name):
            wrong.append(f"{host.name}: its server was restarted just now")
        wrong += _lease(situation, host)
    if len(ids) != sum(1 for _ in each_controller(situation)):
        wrong.append("two servers have the same id")
    if wrong:
        raise Fail(those(wrong), "wait: counts settle in 20 s, in 75 s after a crash")
    return f"{count} on all servers, still"


def _before(situation: Situation, host: HostName) -> KonnectivityServer:
    earlier = situation.snapshot.earlier.find(host) if situation.snapshot.earlier else None
    if earlier is None:
        raise NotObserved(f"{host}: its server count was seen only once")
    return require(earlier.konnectivity_server, f"{host}: konnectivity-server of the look before")


def _lease(situation: Situation, host: HostInPlan) -> list[str]:
    """An unreleased lease lets every server say N for 48 s and dip later: the holder must be the running process."""
    status = fresh(situation, situation.seen(host.name).status, f"{host.name}: k0s status", SLOW)
    if not status.invocation_id:
        return []
    leases = api_fact(situation, lambda api: api.leases, "leases")
    own = next((lease for lease in leases if lease.name == f"k0s-ctrl-{host.node}"), None)
    held = own is not None and own.spec.holder_identity == status.invocation_id
    return [] if held else [f"{host.name} does not hold its own lease yet"]


GATE = Gate("A-05", "server counts right", check)
