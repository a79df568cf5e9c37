"""The real guard on simulated hosts: what it writes is in the model, what it refuses is not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from k0stui.connect import guard
from k0stui.connect.guard import Claim
from k0stui.demo.build import k0s_yaml
from k0stui.demo.controller import Controller
from k0stui.demo.host import CONFIG
from k0stui.demo.pace import Pace
from k0stui.demo.scenarios import incident
from k0stui.demo.shell import DemoConnector
from k0stui.model.host import HostName
from k0stui.plans.world import GuardAnswer, RestartRequest, Verdict
from k0stui.ports import Command
from tests.fakes import FakeClock

CLAIM = Claim("op-1", 1, "anna@bastion-77")


class Place:
    """One controller of the incident, and the guard on it."""

    def __init__(self, connector: DemoConnector) -> None:
        self.connector = connector
        self.fleet = connector.pace.fleet
        self.host: Controller = self.fleet.controller("k0s-master-2")
        self.before = self.host.files[CONFIG].content
        self.after = k0s_yaml(self.host.address, nllb=True)

    async def run(self, command: Command) -> GuardAnswer:
        return guard.read(await self.connector.shell_of(self.host.name).run(command))

    async def lock_and_stage(self) -> None:
        assert (await self.run(guard.lock("-", CLAIM.line))).verdict is Verdict.ACCEPTED
        staged = guard.stage(CLAIM, "config", self.after, CONFIG, sha(self.before))
        assert (await self.run(staged)).verdict is Verdict.ACCEPTED

    def request(self) -> RestartRequest:
        uptime = (self.fleet.wall(self.fleet.now) - self.fleet.wall(self.host.booted)).total_seconds()
        return RestartRequest(
            host=HostName(self.host.name),
            step="3",
            attempt=1,
            unit=self.host.unit.name,
            machine_id=self.host.machine_id,
            ca_sha256=sha(self.fleet.ca),
            boot_id=self.host.boot_id,
            invocation_id=self.host.unit.invocation,
            deadline=int(uptime) + 30,
            config=CONFIG,
            sha_before=sha(self.before),
            sha_after=sha(self.after),
            members=3,
            need=2,
        )


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def place() -> Iterator[Place]:
    with DemoConnector(Pace(incident(), FakeClock())) as connector:
        yield Place(connector)


async def test_a_restart_commits_the_config_and_queues_one_job(place: Place) -> None:
    """Accepted: the file is the new one, a job waits, and a minute later the process runs with NLLB on."""
    await place.lock_and_stage()
    before = place.host.unit.invocation
    answer = await place.run(guard.restart(CLAIM, place.request()))

    assert answer.verdict is Verdict.ACCEPTED
    assert place.host.files[CONFIG].content == place.after
    assert place.host.unit.job
    place.fleet.advance(place.fleet.now + 60)
    assert place.host.unit.invocation != before
    assert place.host.settings is not None
    assert place.host.settings.nllb


async def test_the_same_request_twice_restarts_once(place: Place) -> None:
    """The second one is told that it was asked before, and the unit keeps the invocation of the first."""
    await place.lock_and_stage()
    request = place.request()
    await place.run(guard.restart(CLAIM, request))
    place.fleet.advance(place.fleet.now + 60)
    running = place.host.unit.invocation

    assert (await place.run(guard.restart(CLAIM, request))).verdict is Verdict.ASKED_BEFORE
    place.fleet.advance(place.fleet.now + 60)
    assert place.host.unit.invocation == running


async def test_without_quorum_beside_it_nothing_is_touched(place: Place) -> None:
    """With another controller down the guard refuses on the host itself; file and unit stay as they were."""
    await place.lock_and_stage()
    place.fleet.controller("k0s-master-3").stop()
    place.fleet.advance(place.fleet.now + 20)
    answer = await place.run(guard.restart(CLAIM, place.request()))

    assert answer.verdict is Verdict.QUORUM
    assert place.host.files[CONFIG].content == place.before
    assert place.host.unit.active == "active"


async def test_a_foreign_lock_is_respected(place: Place) -> None:
    """Whoever has another operation's line may not beat, and the line stays."""
    await place.lock_and_stage()
    other = Claim("op-2", 1, "ben@laptop-9")

    assert (await place.run(guard.beat(other))).verdict is Verdict.LOCK
    assert place.host.files["/var/lib/k0stui/lock"].content == f"{CLAIM.line}\n".encode()


async def test_what_the_guard_keeps_can_be_read_by_hand(place: Place) -> None:
    """The kept config and the record lie where the guard says, for `cat` with sudo as for an adopter."""
    await place.lock_and_stage()
    shell = place.connector.shell_of(place.host.name)
    kept = await shell.run(Command(("cat", "/var/lib/k0stui/ops/op-1/config.before"), sudo=True))

    assert kept.stdout == place.before
