"""Real clusters, answer by answer: hosts and API servers that say to our questions what was recorded of them.

Needs the recordings beside the project (`../shared/recordings`); their README says what is true in each state.
What was not recorded stays unknown: such a question is `ProbeFailed`, a host outside the folder is unreachable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from k0stui.engine.ask import ask_all, ask_api, ask_tunnel
from k0stui.errors import ProbeFailed, Unreachable
from k0stui.model.cluster import ApiObservation, ClusterSnapshot, Connection, HostObservation
from k0stui.model.host import HostName, NodeName
from k0stui.model.observed import Known, Lack, Unknown
from k0stui.ports import Command, Reply
from k0stui.probes.catalogue import api_probes, host_probes, question_of
from tests.recorded_answers import ANSWERS
from tests.recorded_api import RecordedApi
from tests.recorded_looks import second_look, with_second_look
from tests.recordings import CONTROLLERS, HOSTS, LOST, STATES, WORKERS, RecordedClock, recording, reply_of, subject

__all__ = ("CONTROLLERS", "HOSTS", "STATES", "WORKERS", "RecordedApi", "RecordedShell", "recorded_snapshot", "subject")


class RecordedShell:
    """A host that answers our questions from one state."""

    def __init__(self, state: str, host: str) -> None:
        self.host = HostName(host)
        self.clock = RecordedClock()
        self._recording = recording(state)

    async def run(self, command: Command) -> Reply:
        if self.host not in self._recording.hosts:
            raise Unreachable(f"{self.host} is not in the recording of {self._recording.state}")
        name = question_of(command)
        if name not in ANSWERS:
            raise ProbeFailed(f"{name or command.line()} was not recorded")
        row = ANSWERS[name](self._recording, self.host, command.argv[4:])
        self.clock.time = row.start + row.seconds
        return reply_of(row)

    async def close(self) -> None: ...


async def recorded_snapshot(state: str) -> ClusterSnapshot:
    """A state as our own probes see it, hosts and API servers, with an earlier look where one was recorded.

    A host outside the folder is there with nothing asked of it; one that was away (`LOST`) is unreachable.
    """
    hosts = tuple([await _observe(state, host) for host in HOSTS])
    apis = tuple([await _observe_api(state, host) for host in recording(state).hosts if host in CONTROLLERS])
    snapshot = ClusterSnapshot("k0s", _newest(hosts, apis), hosts, apis)
    return with_second_look(state, snapshot, await second_look(state, snapshot))


async def _observe(state: str, host: str) -> HostObservation:
    asked = subject(host)
    observation = HostObservation(HostName(host), HOSTS[host], asked.role)
    if host not in recording(state).hosts:
        if host not in LOST.get(state, ()):
            return observation
        away = Unknown("no answer in 10 s", _start(state), Lack.UNREACHABLE)
        return replace(observation, connection=away, **{probe.name: away for probe in host_probes(asked)})
    shell = RecordedShell(state, host)
    answers = await ask_all(shell, host_probes(asked), shell.clock)
    row = recording(state).row(host, "date")
    way = Known(Connection(HOSTS[host], 0.01, sudo=True, login="root"), datetime.fromtimestamp(row.start, UTC))
    return replace(observation, connection=way, **answers)


async def _observe_api(state: str, host: str) -> ApiObservation:
    api = RecordedApi(state, host)
    answers: dict[str, Any] = {}
    for probe in api_probes():
        api.clock.time = _start(state).timestamp()
        answers[probe.name] = await ask_api(api, probe, api.clock)
    return replace(ApiObservation(HostName(host)), tunnels=await _tunnels(state, api), **answers)


async def _tunnels(state: str, api: RecordedApi) -> Any:
    api.clock.time = recording(state).shared(api.host, "tunnel-probe").start
    try:
        found = tuple([await ask_tunnel(api, NodeName(node), api.clock) for node in WORKERS])
    except Unreachable as error:
        return Unknown(str(error), api.clock.now(), Lack.UNREACHABLE)
    return Known(found, api.clock.now())


def _start(state: str) -> datetime:
    rows = [recording(state).row(host, "date").start for host in recording(state).hosts]
    return datetime.fromtimestamp(min(rows), UTC)


def _newest(hosts: Iterable[HostObservation], apis: Iterable[ApiObservation]) -> datetime:
    values = [getattr(one, name) for one in (*hosts, *apis) for name in one.__dataclass_fields__]
    return max(value.at for value in values if isinstance(value, Known))
