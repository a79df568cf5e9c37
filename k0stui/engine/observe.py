"""The observing loop: ask every host at its own pace, put the newest answers together, publish snapshots."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from k0stui.engine.ask import ask_all, ask_api, ask_tunnels
from k0stui.engine.watched import Watched, aged_observation, answered, answers_of
from k0stui.inventory import Inventory, InventoryHost, discovered, named
from k0stui.model.cluster import ApiObservation, ClusterSnapshot, Connection, HostObservation
from k0stui.model.host import HostIdentity, HostName, NodeName
from k0stui.model.k0s import ClusterConfig
from k0stui.model.observed import Known, Lack, Unknown, value_or
from k0stui.ports import Clock, KubeApi, Shell
from k0stui.probes.catalogue import api_probes, first_probes, host_probes
from k0stui.probes.probe import HostProbe, Subject

PACE = 5.0
"""Seconds between two looks at one host."""

APART = timedelta(seconds=10)
"""How far two looks must be apart for what only two looks can tell (ghosts, crash loops, growth)."""

PATIENCE = 30.0
"""Seconds beyond its pace after which an answer is too old to judge by: a hung command and its limit fit in."""

TUNNELS_EVERY = 30.0
"""Seconds between two end-to-end questions to one node through one controller."""


class Connector(Protocol):
    """Makes the way to a host; the real one speaks SSH."""

    def shell(self, host: InventoryHost) -> Shell: ...

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi: ...


class Watch:
    """Observes one cluster: hosts that we were told of, and those found by asking them."""

    def __init__(self, inventory: Inventory, connector: Connector, clock: Clock, pace: float = PACE) -> None:
        self.cluster = inventory.cluster
        self.pace = pace
        self._connector = connector
        self._clock = clock
        self._watched: list[Watched] = [self._open(host) for host in inventory.hosts]
        self._past: deque[ClusterSnapshot] = deque(maxlen=64)

    async def __aenter__(self) -> Watch:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of the API servers; shells belong to the connector."""
        for api in self.apis().values():
            await api.close()

    @property
    def hosts(self) -> tuple[InventoryHost, ...]:
        return tuple(watched.host for watched in self._watched)

    def shells(self) -> dict[HostName, Shell]:
        """The way to each host, by the name that snapshots use."""
        return {watched.host.name: watched.shell for watched in self._watched}

    def apis(self) -> dict[HostName, KubeApi]:
        """Each controller's own API server, by the host's name."""
        return {watched.host.name: watched.api for watched in self._watched if watched.api}

    async def look(self) -> ClusterSnapshot:
        """Ask everyone once, follow what they tell of others, and return when all have answered or run out of time."""
        fresh = list(self._watched)
        while fresh:
            await self._all(self._observe_host, fresh)
            await self._all(self._observe_api, fresh)
            fresh = self._discover()
        # What hosts told of each other (controllers' addresses, agents' addresses) makes a few questions new.
        await self._all(self._complete_host, self._watched)
        return self.snapshot()

    async def watch(self, publish: Callable[[ClusterSnapshot], None]) -> None:
        """Look for ever, each host at its own pace: one that hangs makes its own row old, no other's."""
        async with asyncio.TaskGroup() as group:
            for watched in self._watched:
                group.create_task(self._follow(watched, group, publish), name=f"watch {watched.host.name}")
            group.create_task(self._publish(publish), name="publish")

    async def _follow(
        self, watched: Watched, group: asyncio.TaskGroup, publish: Callable[[ClusterSnapshot], None]
    ) -> None:
        while True:
            started = self._clock.monotonic()
            await self._observe_host(watched)
            await self._observe_api(watched)
            for found in self._discover():
                group.create_task(self._follow(found, group, publish), name=f"watch {found.host.name}")
            await self._clock.sleep(max(0.1, self.pace - (self._clock.monotonic() - started)))

    async def _publish(self, publish: Callable[[ClusterSnapshot], None]) -> None:
        while True:
            publish(self.snapshot())
            await self._clock.sleep(1.0)

    async def _all(self, look: Callable[[Watched], Any], whom: Sequence[Watched]) -> None:
        async with asyncio.TaskGroup() as group:
            for watched in whom:
                group.create_task(look(watched), name=f"look at {watched.host.name}")

    def _open(self, host: InventoryHost) -> Watched:
        observation = HostObservation(host.name, host.address, host.role, host.discovered)
        return Watched(host, self._connector.shell(host), observation)

    def _discover(self) -> list[Watched]:
        found = [self._open(host) for host in discovered(self.hosts, self.snapshot(keep=False))]
        self._watched += found
        return found

    async def _observe_host(self, watched: Watched) -> None:
        watched.round += 1
        if not watched.observation.is_reachable:
            await self._ask_host(watched, first_probes())
        await self._complete_host(watched)

    async def _complete_host(self, watched: Watched) -> None:
        if watched.observation.is_reachable:
            await self._ask_host(watched, host_probes(self._subject(watched)))

    async def _ask_host(self, watched: Watched, probes: Iterable[HostProbe[Any]]) -> None:
        now = self._clock.monotonic()
        due = [probe for probe in probes if watched.is_due(probe.name, probe.command, probe.every, now)]
        for probe in due:
            watched.note(probe.name, probe.command, now)
        answers = await ask_all(watched.shell, due, self._clock)
        watched.observation = answered(watched.observation, answers)
        self._settle(watched, answers)

    def _settle(self, watched: Watched, answers: dict[str, Known[Any] | Unknown]) -> None:
        """What the answers say of the way itself: whether there is one, and the host's own name."""
        identity = answers.get("identity")
        if identity is None:
            return
        if isinstance(identity, Unknown) and identity.lack in (Lack.UNREACHABLE, Lack.HOST_KEY, Lack.NO_ANSWER):
            watched.observation = answered(
                watched.observation, dict.fromkeys(answers_of(watched.observation), identity)
            )
            return
        if isinstance(identity, Known):
            self._name(watched, identity.value)
        privileges = watched.observation.privileges
        sudo = isinstance(privileges, Known) and privileges.value.sudo
        trip = value_or(watched.observation.clock, None)
        connection = Connection(watched.host.reach.address, trip.round_trip if trip else 0.0, sudo)
        watched.observation = replace(watched.observation, connection=Known(connection, identity.at))

    def _name(self, watched: Watched, identity: HostIdentity) -> None:
        watched.host = named(watched.host, identity.hostname, (host.name for host in self.hosts))
        watched.observation = replace(watched.observation, name=watched.host.name)

    def _subject(self, watched: Watched) -> Subject:
        """What other answers tell that this host's questions need."""
        observation, snapshot = watched.observation, self.snapshot(keep=False)
        status, service = value_or(observation.status, None), value_or(observation.service, None)
        config = status.config if status and status.config else self._config(snapshot)
        return Subject(
            role=observation.known_role,
            data_dir=status.data_dir if status else "/var/lib/k0s",
            config_path=status.config_path if status else "/etc/k0s/k0s.yaml",
            k0s=service.command[0] if service and service.command else "/usr/local/bin/k0s",
            controllers=tuple(sorted(_advertised(host) for host in snapshot.controllers)),
            agent_port=config.agent_port,
            admin_port=config.admin_port,
            api_port=config.api_port,
            balancer_ports=(config.nllb.api_port, config.nllb.konnectivity_port),
            agent_address=_agent_address(snapshot, observation.node),
        )

    def _config(self, snapshot: ClusterSnapshot) -> ClusterConfig:
        """A worker has none of its own: any controller's tells the ports."""
        statuses = (value_or(host.status, None) for host in snapshot.controllers)
        return next((status.config for status in statuses if status and status.config), ClusterConfig())

    async def _observe_api(self, watched: Watched) -> None:
        if not (watched.observation.is_controller and watched.observation.is_reachable):
            return
        watched.api = watched.api or self._connector.api(watched.host, watched.shell)
        old = watched.api_observation or ApiObservation(watched.host.name)
        old = replace(old, host=watched.host.name)
        async with asyncio.TaskGroup() as group:
            tasks = {
                probe.name: group.create_task(ask_api(watched.api, probe, self._clock), name=probe.name)
                for probe in api_probes()
            }
        watched.api_observation = answered(old, {name: task.result() for name, task in tasks.items()})
        await self._observe_tunnels(watched)

    async def _observe_tunnels(self, watched: Watched) -> None:
        api, observation, now = watched.api, watched.api_observation, self._clock.monotonic()
        if api is None or observation is None or not isinstance(observation.nodes, Known):
            return
        nodes = tuple(NodeName(node.name) for node in observation.nodes.value)
        if not watched.is_due("tunnels", nodes, TUNNELS_EVERY, now):
            return
        watched.note("tunnels", nodes, now)
        answer = await ask_tunnels(api, nodes, self._clock)
        watched.api_observation = answered(observation, {"tunnels": answer})

    def snapshot(self, *, keep: bool = True) -> ClusterSnapshot:
        """The newest answers of all, each at its own age; what is too old becomes unknown."""
        now = self._clock.now()
        hosts = tuple(aged_observation(watched.observation, now, self._old(watched)) for watched in self._watched)
        apis = tuple(
            aged_observation(watched.api_observation, now, self._old(watched))
            for watched in self._watched
            if watched.api_observation
        )
        snapshot = ClusterSnapshot(self.cluster, now, hosts, apis, self._earlier(now))
        if keep:
            self._past.append(replace(snapshot, earlier=None))
        return snapshot

    def _earlier(self, now: datetime) -> ClusterSnapshot | None:
        """The youngest look that is far enough apart."""
        return next((past for past in reversed(self._past) if now - past.taken_at >= APART), None)

    def _old(self, watched: Watched) -> timedelta:
        slowest = max((probe.every for probe in host_probes(self._plain(watched))), default=0.0)
        return timedelta(seconds=max(self.pace, slowest, TUNNELS_EVERY) + PATIENCE)

    def _plain(self, watched: Watched) -> Subject:
        return Subject(role=watched.observation.known_role)


def _advertised(host: HostObservation) -> str:
    """The address at which workers know a controller's services."""
    status = value_or(host.status, None)
    return status.config.api_address if status and status.config and status.config.api_address else host.address


def _agent_address(snapshot: ClusterSnapshot, node: NodeName) -> str:
    pods = snapshot.any_api(lambda api: api.agent_pods)
    for pod in pods.value if isinstance(pods, Known) else ():
        if pod.spec.node_name == node:
            return "127.0.0.1" if pod.spec.host_network else pod.status.pod_ip
    return ""
