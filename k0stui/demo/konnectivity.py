"""konnectivity as it behaves: servers that count, agents that hunt once a second, ghosts, and the count trap.

Source: reference/konnectivity.md §1.4, §2.2-§2.4; recordings/timelines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from k0stui.demo.controller import Controller
    from k0stui.demo.worker import Worker

PERIOD = 1.05
"""Seconds between two attempts of an agent that wants more servers (sync-interval 1 s, jitter 0.1)."""

CHURN = 0.91
"""Closed streams per second of one agent that only ever meets servers that it has: 3.5-3.7/s for four (seen)."""

BACKOFF_CAP = 10.5
"""Seconds; grows 1, 1.5, 2.25 ... after real errors."""


@dataclass(eq=False)
class Link:
    """An agent's connection to a server, as the agent counts it."""

    agent: Agent
    server: Server
    local: str
    """The address at the server's end: the controller's own, or a virtual IP."""
    port: int
    """At the worker's end."""
    ghost: bool = False
    """The server has forgotten it; nobody told the agent."""


@dataclass(eq=False)
class Server:
    """One process of konnectivity-server. It dies with a count that changed and comes back with another."""

    controller: Controller
    id: str
    """k0s' InvocationID."""
    count: int
    pid: int
    started: float
    links: list[Link] = field(default_factory=list)
    running: bool = True
    no_agent: float = 0.0
    """`dial_failure_count{reason="no_agent"}` up to `settled`."""
    cancelled: float = 0.0
    dials: float = 0.0
    settled: float = 0.0
    flood_rate: float = 0.0
    """no_agent per second now."""
    churn_rate: float = 0.0
    """Closed streams per second by agents that hunt in vain now."""

    @property
    def agents(self) -> int:
        """R: distinct agents registered."""
        return len({link.agent.worker.name for link in self.links})

    def settle(self, now: float) -> None:
        """Add up what ran at a steady rate since the last time."""
        passed = now - self.settled
        self.no_agent += self.flood_rate * passed
        self.cancelled += self.churn_rate * passed
        self.settled = now

    def link_of(self, agent: Agent) -> Link | None:
        return next((link for link in self.links if link.agent is agent), None)


@dataclass(eq=False)
class Agent:
    """One konnectivity-agent process: a single-threaded loop that dials one address until it knows enough servers."""

    worker: Worker
    host: str
    """`--proxy-server-host`."""
    port: int
    host_network: bool
    pid: int
    started: float
    known: int
    links: list[Link] = field(default_factory=list)
    reached: bool = False
    """It had a server at least once: only then is there a series `open_server_connections`."""
    running: bool = True
    backoff: float = 1.0
    turn: int = 0
    """How often it was woken: an older planned attempt does not happen."""
    in_vain: tuple[Server, ...] = ()
    """It has all servers that its address leads to, and wants more: one duplicate a second, spread over these."""

    @property
    def is_content(self) -> bool:
        return len(self.links) >= max(1, self.known)

    def start(self) -> None:
        self.wake(self.worker.dice.between(0.2, 0.8))

    def stop(self) -> None:
        """The process ends: its servers see it at once."""
        self.running = False
        self._rest()
        for link in self.links:
            link.server.links = [kept for kept in link.server.links if kept is not link]
        self.links.clear()
        self.worker.fleet.tunnels_changed()

    def lose(self, link: Link) -> None:
        """The other end closed it: noticed within a second."""
        self.links = [kept for kept in self.links if kept is not link]
        self.wake(self.worker.dice.between(0.1, PERIOD))

    def wake(self, delay: float | None = None) -> None:
        """Something changed: look again, after the pause that is under way."""
        if not self.running:
            return
        self._rest()
        self.turn += 1
        turn = self.turn
        pause = self.worker.dice.between(0.1, PERIOD) if delay is None else delay
        self.worker.timeline.after(pause, lambda: self._attempt() if turn == self.turn else None)

    def _attempt(self) -> None:
        """One turn of the loop."""
        if not self.running or not self.worker.powered or self.is_content:
            return
        server, local = self.worker.route(self)
        if server is None:
            self.backoff = min(self.backoff * 1.5, BACKOFF_CAP)
            self.wake(self.backoff * self.worker.dice.between(1.0, 1.1))
            return
        self.backoff = 1.0
        self._meet(server, local)
        if not self._hunts_in_vain():
            self.wake(self.worker.dice.between(1.0, 1.1))

    def _meet(self, server: Server, local: str) -> None:
        if any(link.server is server for link in self.links):
            server.cancelled += 1
            if self.worker.fleet.release.known_follows_duplicates:
                self.known = server.count
            return
        link = Link(self, server, local, self.worker.ephemeral_port())
        self.links.append(link)
        server.links.append(link)
        self.known, self.reached = server.count, True
        self.worker.fleet.tunnels_changed()

    def _hunts_in_vain(self) -> bool:
        """All reachable servers are connected and agree on the count: the rest is a rate, not a thousand events."""
        if self.is_content:
            return True
        servers = self.worker.reachable_servers(self)
        have = {id(link.server) for link in self.links}
        if not servers or any(id(server) not in have or server.count != self.known for server in servers):
            return False
        self.in_vain = servers
        self._add_churn(CHURN / len(servers))
        return True

    def _rest(self) -> None:
        if self.in_vain:
            self._add_churn(-CHURN / len(self.in_vain))
            self.in_vain = ()

    def _add_churn(self, rate: float) -> None:
        for server in self.in_vain:
            server.settle(self.worker.timeline.now)
            server.churn_rate = max(0.0, server.churn_rate + rate)
