"""A controller: k0s from `systemctl restart` to readiness, its konnectivity-server, its count, its leases.

Source: reference/k0s.md §1.7, §5.1, konnectivity.md §1.4; recordings/restart-timings.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from k0stui.demo import leases
from k0stui.demo.host import CONFIG, Machine
from k0stui.demo.konnectivity import Server
from k0stui.demo.settings import BadConfig, Settings

if TYPE_CHECKING:
    from k0stui.demo.fleet import Fleet

POLL = 10.0
"""Seconds between two counts of the controllers' leases."""

ACCEPTS_BEFORE_READY = 3.0
"""Seconds by which the API server answers TokenReview before /readyz is 200 (seen: agents on it while 500)."""

READY_LIMIT = 120.0
"""k0s gives each component two minutes, then it exits and systemd starts it anew 10 s later."""


@dataclass(eq=False)
class Controller(Machine):
    """A host of role controller."""

    fleet: Fleet = None  # type: ignore[assignment]
    settings: Settings | None = None
    """What the running process was started with; None: it does not run."""
    invocation: str = ""
    """k0s' own: server id, holder of leases."""
    server: Server | None = None
    etcd_up: float | None = None
    api_since: float | None = None
    """/readyz is 200 since; None: not."""
    api_listens: bool = False
    """The API server's port is open: TokenReview works, /readyz is still 500."""
    opened: float = -1e6
    """When 8132 opened last."""
    closed: float = -2e6
    releases_leases: bool = True
    """A graceful stop gives them back. One stop of four did not (seen)."""
    fails_to_start: str = ""
    """A reason why the process ends right after its start, for scenarios."""
    started_with: bytes = b""
    """Bytes of k0s.yaml when the process started."""
    orphans: tuple[int, ...] = ()
    """Other konnectivity-server processes."""
    api_pid: int = 0
    etcd_pid: int = 0

    # --- from outside ----------------------------------------------------------------------------------------------

    def restart(self) -> None:
        """`systemctl --no-block restart k0scontroller`."""
        if not self.powered:
            return
        self.unit.job = str(self.dice.number(1200, 9800))
        if self.unit.active == "active":
            self.unit.active, self.unit.sub = "deactivating", "stop-sigterm"
            self._stop_components(self._begin)
        else:
            self._begin()

    def stop(self) -> None:
        """`systemctl stop`, as somebody else may do."""
        if self.unit.active == "active":
            self.unit.active, self.unit.sub = "deactivating", "stop-sigterm"
            self._stop_components(lambda: self.stop_unit())
        else:
            self.stop_unit()

    def start(self) -> None:
        if self.powered and self.unit.active != "active":
            self._begin()

    def power_off(self) -> None:
        """The host vanishes without a FIN."""
        self.powered = False
        self.stop_unit()
        self._forget(graceful=False)

    def power_on(self) -> None:
        self.powered = True
        self.booted, self.boot_id = self.timeline.now, self.dice.uid()
        self.planned(self.dice.between(8.0, 12.0), self._begin)

    # --- starting --------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.exec_unit()
        try:
            self.started_with = self.files[CONFIG].content
            self.settings = Settings.read(self.started_with, dynamic="--enable-dynamic-config" in self.unit.argv)
            if self.fails_to_start:
                raise BadConfig(self.fails_to_start)
        except BadConfig as error:
            self.planned(self.dice.between(0.3, 0.9), partial(self._crash, f"Error: {error}"))
            return
        self.invocation = self.dice.hex(32)
        self.planned(self.dice.between(1.0, 1.6), self._start_etcd)

    def _crash(self, why: str) -> None:
        """The process ends; systemd tries again in 10 s."""
        self.journal.write("", why, level="error", stream="")
        self._forget(graceful=True)
        self.stop_unit("activating", "auto-restart")
        self.unit.result = "exit-code"
        self.planned(10.0, self._respawn)

    def _respawn(self) -> None:
        self.unit.restarts += 1
        self._begin()

    def _start_etcd(self) -> None:
        self.etcd_up, self.etcd_pid = self.timeline.now, self.pid()
        self.fleet.etcd.start(self.name)
        self._wait_for_quorum(self.timeline.now)

    def _wait_for_quorum(self, since: float) -> None:
        release = self.fleet.release
        if self.fleet.etcd.has_quorum:
            begun = self.unit.started or since
            self.planned(begun + self.dice.between(*release.server_up) - self.timeline.now, self._start_server)
            ready = begun + self.dice.between(*release.api_up) - self.timeline.now
            ready = max(ready, ACCEPTS_BEFORE_READY + 1.0)
            self.planned(ready - ACCEPTS_BEFORE_READY, self._listen)
            self.planned(ready, self._become_ready)
        elif self.timeline.now - since > READY_LIMIT:
            self._crash(
                "Error: failed to start controller node components: etcd is not ready: context deadline exceeded"
            )
        else:
            self.planned(1.0, lambda: self._wait_for_quorum(since))

    def _start_server(self) -> None:
        self._serve(1)

    def _listen(self) -> None:
        self.api_listens, self.api_pid = True, self.pid()
        self.fleet.wake_agents()

    def _become_ready(self) -> None:
        self.api_since = self.timeline.now
        self.fleet.api_changed(self)
        self._want_own_lease()
        self.planned(self.dice.between(0.2, 0.7), self._poll)

    def _want_own_lease(self) -> None:
        """At once where it was given back; else its holder is a stranger, believed for a minute from first sight."""
        own = self.fleet.leases.get(f"k0s-ctrl-{self.name}")
        if own.holder:
            self.planned(leases.DURATION + self.dice.between(0.5, 5.0), self._take_own_lease)
        else:
            self.planned(self.dice.between(0.7, 1.0), self._take_own_lease)

    def _take_own_lease(self) -> None:
        self.fleet.leases.take(f"k0s-ctrl-{self.name}", self.invocation, self.name)
        self.journal.write("controllerlease", "acquired leader lease", stream="")

    # --- running ---------------------------------------------------------------------------------------------------

    @property
    def serves_api(self) -> bool:
        """Its API server answers and can write."""
        return self.powered and self.api_since is not None and self.fleet.etcd.has_quorum

    def _poll(self) -> None:
        """Count the controllers; a new number restarts the server, and the leader writes it into the DaemonSet."""
        if self.fleet.etcd.has_quorum:
            now = self.timeline.now
            count = max(1, self.fleet.leases.live_controllers(now, self.clock_ahead, self.fleet.clocks()))
            if self.server is not None and self.server.count != count:
                self.planned(self.dice.between(0.1, 0.4), lambda: self._recount(count))
        self.planned(POLL, self._poll)

    def _recount(self, count: int) -> None:
        self.journal.write(
            "konnectivity", f"restarting konnectivity server due to server count change: {count}", stream=""
        )
        self._close_server()
        self._serve(count)
        if self.fleet.leader is self:
            self.planned(self.dice.between(0.2, 0.9), self.fleet.leaders.apply)

    def _serve(self, count: int) -> None:
        self.server = Server(self, self.invocation, count, self.pid(), self.timeline.now, settled=self.timeline.now)
        self.opened = self.timeline.now
        self.journal.write("konnectivity", f"options.go:187] ServerCount set to {count}.", stream="stderr")
        self.journal.write("konnectivity", f"options.go:188] ServerID set to {self.invocation}.", stream="stderr")
        self.fleet.server_opened(self)

    # --- stopping --------------------------------------------------------------------------------------------------

    def _stop_components(self, then: object) -> None:
        """In reverse order: leases, API, server, etcd; a leader takes longer."""
        leads = bool(self.fleet.leases.held_by(self.invocation)[1:])
        lasts = self.dice.between(*self.fleet.release.stop) + (self.dice.between(1.0, 3.5) if leads else 0.0)
        self.planned(0.4, self._stop_api)
        self.planned(lasts - 0.9, self._close_server)
        self.planned(lasts, lambda: self._stopped(then))

    def _stop_api(self) -> None:
        self.api_since, self.api_listens = None, False
        for name in self.fleet.leases.held_by(self.invocation):
            if self.releases_leases:
                self.fleet.leases.release(name)
            else:
                self.fleet.leases.abandon(name)
            self.fleet.leaders.lost(name)
        self.fleet.api_changed(self)

    def _close_server(self) -> None:
        """The process ends: agents see it within a second."""
        server, self.server = self.server, None
        if server is None:
            return
        server.running = False
        links, server.links = server.links, []
        self.closed = self.timeline.now
        for link in links:
            link.agent.lose(link)
        self.fleet.server_closed(self)

    def _stopped(self, then: object) -> None:
        self._forget(graceful=True)
        if callable(then):
            then()

    def _forget(self, graceful: bool) -> None:
        """Nothing of this process is left. Without grace its peers are not told."""
        held = self.fleet.leases.held_by(self.invocation)
        for name in held:
            self.fleet.leases.abandon(name)
            self.fleet.leaders.lost(name)
        if graceful:
            self._close_server()
        else:
            self._vanish_server()
        if self.etcd_up is not None:
            self.fleet.etcd.stop(self.name)
        self.etcd_up = self.api_since = self.settings = None
        self.api_listens, self.invocation = False, ""
        self.fleet.api_changed(self)

    def _vanish_server(self) -> None:
        """No FIN is sent: agents keep the connection, and count it, for up to an hour."""
        server, self.server = self.server, None
        if server is None:
            return
        server.running, self.closed = False, self.timeline.now
        for link in server.links:
            link.ghost = True
        server.links = []
        self.fleet.server_closed(self)
