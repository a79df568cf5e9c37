"""The observing loop: ask every host at its own pace, put the newest answers together, publish snapshots."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from math import inf
from typing import Any, Protocol

from k0stui.engine.ask import ask_all, ask_api, ask_tunnels
from k0stui.engine.watched import ANSWERS, NoWay, Watched, aged_observation, answered
from k0stui.errors import UsageError
from k0stui.inventory import Inventory, InventoryHost, discovered, named
from k0stui.model.cluster import ApiObservation, ClusterSnapshot, Connection, HostObservation
from k0stui.model.host import HostIdentity, HostName, NodeName, Role
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

GATE_LOOK = 8.0
"""Seconds for a look that gates judge by: less than their evidence may be old, though somebody hangs."""

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
        self.clock = clock
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

    async def look_at(self, names: Container[HostName]) -> ClusterSnapshot:
        """Ask only these, all that gates judge, however lately it was asked, hosts and API servers at once.

        Who hangs is unknown after `GATE_LOOK`: it must not make old what others said, whose limit is 10 s (`FRESH`).
        """
        chosen = [watched for watched in self._watched if watched.host.name in names]
        async with asyncio.TaskGroup() as group:
            for watched in chosen:
                watched.asked.clear()
                group.create_task(self._observe_host(watched, GATE_LOOK), name=f"look at {watched.host.name}")
                group.create_task(self._ask_api(watched, GATE_LOOK), name=f"look at API of {watched.host.name}")
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
            started = self.clock.monotonic()
            await self._observe_host(watched)
            await self._observe_api(watched)
            # Only what controllers say tells of hosts that we do not know.
            for found in self._discover() if watched.observation.is_controller else ():
                group.create_task(self._follow(found, group, publish), name=f"watch {found.host.name}")
            await self.clock.sleep(max(0.1, self.pace - (self.clock.monotonic() - started)))

    async def _publish(self, publish: Callable[[ClusterSnapshot], None]) -> None:
        while True:
            publish(self.snapshot())
            await self.clock.sleep(1.0)

    async def _all(self, look: Callable[[Watched], Any], whom: Sequence[Watched]) -> None:
        async with asyncio.TaskGroup() as group:
            for watched in whom:
                group.create_task(look(watched), name=f"look at {watched.host.name}")

    def _open(self, host: InventoryHost) -> Watched:
        observation = HostObservation(host.name, host.address, host.role, host.discovered)
        return Watched(host, self._shell(host), observation)

    def _shell(self, host: InventoryHost) -> Shell:
        try:
            return self._connector.shell(host)
        except UsageError as error:
            # An address that the operator gave is to be mended; one that the cluster told us is its own word.
            if not host.discovered:
                raise
            return NoWay(host.name, str(error))

    def _discover(self) -> list[Watched]:
        found = [self._open(host) for host in discovered(self.hosts, self._newest())]
        self._watched += found
        return found

    async def _observe_host(self, watched: Watched, within: float = inf) -> None:
        watched.round += 1
        if not watched.observation.is_reachable:
            await self._ask_host(watched, first_probes(), within)
        await self._complete_host(watched, within)

    async def _complete_host(self, watched: Watched, within: float = inf) -> None:
        if watched.observation.is_reachable:
            await self._ask_host(watched, _questions(self._subject(watched)), within)

    async def _ask_host(self, watched: Watched, probes: Iterable[HostProbe[Any]], within: float) -> None:
        now = self.clock.monotonic()
        due = [probe for probe in probes if watched.is_due(probe.name, probe.command, probe.every, now)]
        for probe in due:
            watched.note(probe.name, probe.command, now)
        answers = await ask_all(watched.shell, due, self.clock, within)
        watched.observation = answered(watched.observation, answers)
        self._settle(watched, answers)

    def _settle(self, watched: Watched, answers: dict[str, Known[Any] | Unknown]) -> None:
        """What the answers say of the way itself: whether there is one, and the host's own name."""
        identity = answers.get("identity")
        if identity is None:
            return
        if isinstance(identity, Unknown) and identity.lack in (Lack.UNREACHABLE, Lack.HOST_KEY, Lack.NO_ANSWER):
            watched.observation = answered(watched.observation, dict.fromkeys(ANSWERS[HostObservation], identity))
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
        observation = watched.observation
        status, service = value_or(observation.status, None), value_or(observation.service, None)
        controllers = [other.observation for other in self._watched if other.observation.is_controller]
        config = status.config if status and status.config else _config(controllers)
        return Subject(
            role=observation.known_role,
            data_dir=status.data_dir if status else "/var/lib/k0s",
            config_path=status.config_path if status else "/etc/k0s/k0s.yaml",
            k0s=service.command[0] if service and service.command else "/usr/local/bin/k0s",
            controllers=tuple(sorted(host.advertised for host in controllers)),
            agent_port=config.agent_port,
            admin_port=config.admin_port,
            api_port=config.api_port,
            balancer_ports=(config.nllb.api_port, config.nllb.konnectivity_port),
            agent_address=_agent_address(self._newest(), observation.node),
        )

    async def _observe_api(self, watched: Watched) -> None:
        await self._ask_api(watched)
        await self._observe_tunnels(watched)

    async def _ask_api(self, watched: Watched, within: float = inf) -> None:
        if not (watched.observation.is_controller and watched.observation.is_reachable):
            return
        watched.api = watched.api or self._connector.api(watched.host, watched.shell)
        old = watched.api_observation or ApiObservation(watched.host.name)
        old = replace(old, host=watched.host.name)
        now = self.clock.monotonic()
        due = [probe for probe in api_probes() if watched.is_due(f"api {probe.name}", probe.path, probe.every, now)]
        for probe in due:
            watched.note(f"api {probe.name}", probe.path, now)
        async with asyncio.TaskGroup() as group:
            tasks = {
                probe.name: group.create_task(ask_api(watched.api, probe, self.clock, within), name=probe.name)
                for probe in due
            }
        watched.api_observation = answered(old, {name: task.result() for name, task in tasks.items()})

    async def _observe_tunnels(self, watched: Watched) -> None:
        api, observation, now = watched.api, watched.api_observation, self.clock.monotonic()
        if not watched.observation.is_reachable or api is None or observation is None:
            return
        if not isinstance(observation.nodes, Known):
            return
        nodes = tuple(NodeName(node.name) for node in observation.nodes.value)
        if not watched.is_due("tunnels", nodes, TUNNELS_EVERY, now):
            return
        watched.note("tunnels", nodes, now)
        answer = await ask_tunnels(api, nodes, self.clock)
        watched.api_observation = answered(observation, {"tunnels": answer})

    def snapshot(self, *, keep: bool = True) -> ClusterSnapshot:
        """The newest answers of all, each at its own age; what is too old becomes unknown.

        `keep`: it may be the earlier one of two looks from then on.
        """
        now, usual = self.clock.now(), timedelta(seconds=self.pace + PATIENCE)
        newest = self._newest()
        snapshot = replace(
            newest,
            taken_at=now,
            hosts=tuple(aged_observation(host, now, _host_limits(), usual) for host in newest.hosts),
            apis=tuple(aged_observation(api, now, _api_limits(), usual) for api in newest.apis),
            earlier=self._earlier(now),
        )
        if keep:
            self._past.append(replace(snapshot, earlier=None))
        return snapshot

    def _newest(self) -> ClusterSnapshot:
        """All answers as they are, however old: for what to ask and whom, never for a judgement."""
        return ClusterSnapshot(
            self.cluster,
            self.clock.now(),
            tuple(watched.observation for watched in self._watched),
            tuple(watched.api_observation for watched in self._watched if watched.api_observation),
        )

    def _earlier(self, now: datetime) -> ClusterSnapshot | None:
        """The youngest look that is far enough apart."""
        return next((past for past in reversed(self._past) if now - past.taken_at >= APART), None)


_questions = lru_cache(maxsize=512)(host_probes)
"""Made once for each host: its parameters change with the cluster, its looks come every few seconds."""


@cache
def _host_limits() -> Mapping[str, timedelta]:
    """How old an answer may be that is asked for more rarely than at each look."""
    probes = (probe for role in Role for probe in host_probes(Subject(role)))
    return {probe.name: timedelta(seconds=probe.every + PATIENCE) for probe in probes if probe.every}


@cache
def _api_limits() -> Mapping[str, timedelta]:
    every = {"tunnels": TUNNELS_EVERY} | {probe.name: probe.every for probe in api_probes() if probe.every}
    return {name: timedelta(seconds=seconds + PATIENCE) for name, seconds in every.items()}


def _config(controllers: Iterable[HostObservation]) -> ClusterConfig:
    """A worker has none of its own: any controller's tells the ports."""
    statuses = (value_or(host.status, None) for host in controllers)
    return next((status.config for status in statuses if status and status.config), ClusterConfig())


def _agent_address(snapshot: ClusterSnapshot, node: NodeName) -> str:
    pods = snapshot.any_api(lambda api: api.agent_pods)
    for pod in pods.value if isinstance(pods, Known) else ():
        if pod.spec.node_name == node:
            return "127.0.0.1" if pod.spec.host_network else pod.status.pod_ip
    return ""
