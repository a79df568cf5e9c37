"""N-06: the balancer's and the agents' ports are free on each worker, or k0s' own already."""

from __future__ import annotations

from k0stui.model.host import Role
from k0stui.model.operation import HostInPlan
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh, those

OWN = ("envoy", "traefik", "proxy-agent", "k0s", "konnectivity")


def check(situation: Situation) -> str:
    ports = {int(port) for port in situation.plan.setting("ports", "7443 7132 8093 8094").split()}
    wrong: list[str] = []
    for host in workers(situation):
        listeners = fresh(situation, situation.seen(host.name).listeners, f"{host.name}: listeners", SLOW)
        foreign = [it for it in listeners if it.port in ports and not it.process.startswith(OWN)]
        wrong += [f"{host.name}: {it.process or 'somebody'} listens on {it.port}" for it in foreign]
    if wrong:
        raise Fail(those(wrong), "free the port, or choose others in the config")
    return f"{', '.join(map(str, sorted(ports)))} free"


def workers(situation: Situation) -> tuple[HostInPlan, ...]:
    """The worker at hand, else all of the plan."""
    hosts = situation.plan.hosts if situation.host is None else (situation.target,)
    return tuple(host for host in hosts if host.role is Role.WORKER)


GATE = Gate("N-06", "ports free", check)
