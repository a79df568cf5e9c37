"""What works and what does not, and the line that mends it: what `doctor` prints of a host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from k0stui.model.cluster import ApiObservation, ClusterSnapshot, HostObservation
from k0stui.model.observed import Known, Lack, Unknown

NEEDED_TO_LOOK = ("curl", "ss", "timeout", "journalctl", "awk")
"""Tools that questions use; without one, what it answers is unknown."""

NEEDED_TO_ACT = ("flock", "sync", "sha256sum", "systemctl", "curl", "logger")
"""Tools that the guard uses; without one, no plan touches the host."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried."""

    name: str
    works: bool
    says: str
    mend: str = ""
    """The command or line that makes it work."""

    @property
    def lines(self) -> tuple[str, ...]:
        line = f"{'+' if self.works else '!'} {self.name:<22} {self.says}"
        return (line, f"    mend: {self.mend}") if self.mend else (line,)


def snapshot_checks(snapshot: ClusterSnapshot) -> Iterator[Check]:
    """Every host in turn: the way in, its rights, its tools, each question that it did not answer."""
    for host in snapshot.hosts:
        yield from host_checks(host)
        api = snapshot.api(host.name)
        if api:
            yield from _unanswered(f"{host.name} API", api)


def host_checks(host: HostObservation) -> Iterator[Check]:
    if isinstance(host.connection, Unknown):
        yield Check(host.name, False, f"ssh {host.address}: {host.connection.why}")
        return
    connection = host.connection.value
    yield Check(host.name, True, f"ssh {connection.address}, round trip {connection.round_trip * 1000:.0f} ms")
    yield _sudo(host, connection.sudo)
    if isinstance(host.privileges, Known):
        yield _tools(host.name, "to look", NEEDED_TO_LOOK, host.privileges.value.tools)
        yield _tools(host.name, "to act", NEEDED_TO_ACT, host.privileges.value.tools)
    yield from _unanswered(host.name, host)


def _sudo(host: HostObservation, works: bool) -> Check:
    if works:
        return Check(f"{host.name} sudo", True, "works without a password")
    mend = "echo 'LOGIN ALL=(root) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/k0stui   # LOGIN: the user you come in as"
    return Check(f"{host.name} sudo", False, "sudo -n is refused: what only root sees stays unknown", mend)


def _tools(host: str, purpose: str, needed: tuple[str, ...], there: frozenset[str]) -> Check:
    missing = [tool for tool in needed if tool not in there]
    if not missing:
        return Check(f"{host} tools {purpose}", True, "all there")
    return Check(f"{host} tools {purpose}", False, f"missing: {', '.join(missing)}", "install them on the host")


def _unanswered(name: str, observation: HostObservation | ApiObservation) -> Iterator[Check]:
    for entry in fields(observation):
        answer = getattr(observation, entry.name)
        if isinstance(answer, Unknown) and answer.lack is not Lack.NOT_ASKED and entry.name != "connection":
            yield Check(f"{name} {entry.name}", False, f"{answer.lack.value}: {answer.why}")
