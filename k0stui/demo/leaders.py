"""Who leads among the simulated controllers, and what leading writes: DaemonSets, kube-proxy's address, worker-config.

Each controller renders manifests of its own file; only the holder's of `k0s-endpoint-reconciler` count, and the holder
of `k0s-worker-config-X.Y`, often another one, tells the workers. Source: reference/k0s.md §2.6, §3.4, §5.1.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from k0stui.demo.daemonset import Template
from k0stui.demo.leases import DURATION, LEADER, RETRY

if TYPE_CHECKING:
    from k0stui.demo.controller import Controller
    from k0stui.demo.fleet import Fleet
    from k0stui.demo.settings import Settings


class Leaders:
    """The two leader leases of one fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    @property
    def worker_lease(self) -> str:
        return f"k0s-worker-config-{self._fleet.release.line}"

    def holder(self, name: str) -> Controller | None:
        """Who holds a lease and still renews it."""
        fleet = self._fleet
        lease = fleet.leases.get(name)
        if lease.is_free(fleet.now) or lease.stopped is not None:
            return None
        holders = (found for found in fleet.controllers if found.invocation and found.invocation == lease.holder)
        return next(holders, None)

    def lost(self, name: str) -> None:
        """Given back or abandoned: whoever is ready tries for it, now or when it has run out."""
        if name.startswith("k0s-ctrl-"):
            return
        wait = DURATION if self._fleet.leases.get(name).holder else 0.0
        for controller in self._fleet.controllers:
            self._after(wait, (0.8, RETRY), partial(self._contend, name, controller))

    def joined(self, controller: Controller) -> None:
        """A controller is ready: it wants what is free."""
        for name in (LEADER, self.worker_lease):
            free = self._fleet.leases.get(name).is_free(self._fleet.now)
            self._after(0.5 if free else DURATION, (0.2, 1.2), partial(self._contend, name, controller))

    def _contend(self, name: str, controller: Controller) -> None:
        fleet = self._fleet
        if not controller.serves_api or not fleet.leases.get(name).is_free(fleet.now):
            return
        fleet.leases.take(name, controller.invocation, controller.name)
        controller.journal.write("poolleaderelector", "acquired leader lease", stream="")
        if name == LEADER:
            self._after(0.0, (1.5, 3.0), self.apply)
        else:
            self._after(0.0, (0.3, 1.0), self._tell_workers)

    def apply(self) -> None:
        """The leader writes its own manifests: the agents' target and count, kube-proxy's address."""
        leader = self._fleet.leader
        if leader is None or leader.settings is None or not leader.serves_api:
            return
        nllb = self._nllb_of(leader.settings)
        address = leader.settings.external_address or leader.settings.address
        count = leader.server.count if leader.server else 1
        agents = self._fleet.agents
        target = ("localhost", 7132) if nllb else (address, 8132)
        agents.set_template(Template(*target, nllb, count, restarted_at=agents.template.restarted_at))
        self._repoint("https://localhost:7443" if nllb else f"https://{address}:6443")

    def _repoint(self, server: str) -> None:
        fleet = self._fleet
        if server == fleet.kube_proxy_server:
            return
        fleet.kube_proxy_server, fleet.kube_proxy_resource = server, fleet.changed()
        if fleet.release.kube_proxy_rolls:
            old = fleet.kube_proxies.template
            fleet.kube_proxies.set_template(Template(config_hash=server, restarted_at=old.restarted_at))

    def _tell_workers(self) -> None:
        """The ConfigMap worker-config: NLLB or not, by the holder's own file."""
        holder, config = self.holder(self.worker_lease), self._fleet.worker_config
        if holder is None or holder.settings is None:
            return
        nllb = self._nllb_of(holder.settings)
        if nllb != config.nllb:
            config.nllb, config.resource = nllb, self._fleet.changed()
        self.tell_addresses()

    def tell_addresses(self) -> None:
        """And which API servers there are; never none."""
        fleet, config = self._fleet, self._fleet.worker_config
        if fleet.alive and fleet.alive != config.addresses and self.holder(self.worker_lease) is not None:
            config.addresses, config.resource = fleet.alive, fleet.changed()
            fleet.wake_agents()

    def _nllb_of(self, settings: Settings) -> bool:
        spec = self._fleet.dynamic
        if spec is None:
            return settings.nllb
        network = spec.get("network") or {}
        return bool((network.get("nodeLocalLoadBalancing") or {}).get("enabled", False))

    def reconcile(self, version: int) -> None:
        """The ClusterConfig object changed: every controller takes it, the leaders write within seconds."""
        for controller in self._fleet.controllers:
            if controller.serves_api:
                self._after(0.0, (0.5, 2.0), partial(self._reconciled, controller, version))
        self._after(0.0, (2.0, 5.0), self.apply)
        self._after(0.0, (1.0, 4.0), self._tell_workers)

    def _reconciled(self, controller: Controller, version: int) -> None:
        fleet = self._fleet
        event = {"at": fleet.now, "host": controller.name, "version": version, "resource": fleet.changed()}
        fleet.events.append(event)

    def _after(self, wait: float, spread: tuple[float, float], what: Any) -> None:
        self._fleet.timeline.after(wait + self._fleet.dice.between(*spread), what)
