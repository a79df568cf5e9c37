"""The simulated hosts over real SSH and TLS, through k0stui's own connection code."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import asyncssh
import pytest

from k0stui.connect.connector import Options, SshConnector
from k0stui.connect.kube import KubernetesApi
from k0stui.demo.serve import DemoFleet, demo_fleet
from k0stui.engine.ask import ask_all
from k0stui.errors import ApiRefused, HostKeyRefused, Unreachable, UsageError
from k0stui.inventory import InventoryHost
from k0stui.logs.batch import Ask, journal_command, read_journal
from k0stui.model.host import Role
from k0stui.model.observed import Unknown
from k0stui.ports import Command
from k0stui.probes.catalogue import host_probes
from k0stui.probes.probe import Subject
from tests.fakes import FakeClock

ADDRESSES = ("10.10.10.41", "10.10.10.42", "10.10.10.43")


def connecting(fleet: DemoFleet, **options: object) -> SshConnector:
    return SshConnector(Options(known_hosts=(fleet.known_hosts,), **options), clock=fleet.clock)  # type: ignore[arg-type]


def host(fleet: DemoFleet, name: str) -> InventoryHost:
    return next(one for one in fleet.inventory.hosts if one.name == name)


async def test_every_question_is_answered_over_ssh() -> None:
    """All probes of a controller and a worker are answered through the resident shell, none is unknown."""
    async with demo_fleet("healthy") as fleet, connecting(fleet) as connector:
        for name, role in (("k0s-master-2", Role.CONTROLLER), ("k0s-worker-3", Role.WORKER)):
            probes = host_probes(Subject(role, controllers=ADDRESSES, agent_address="127.0.0.1"))
            answers = await ask_all(connector.shell(host(fleet, name)), probes, fleet.clock)
            assert {key: value.why for key, value in answers.items() if isinstance(value, Unknown)} == {}


async def test_the_api_is_asked_through_the_host_with_its_own_credentials() -> None:
    """admin.conf is read over SSH, and each controller's own API server answers through a channel to its loopback."""
    async with demo_fleet("incident") as fleet, connecting(fleet) as connector:
        first = KubernetesApi(connector.shell(host(fleet, "k0s-master-1")))  # type: ignore[arg-type]
        second = KubernetesApi(connector.shell(host(fleet, "k0s-master-2")))  # type: ignore[arg-type]
        nodes = json.loads(await first.get("/api/v1/nodes"))
        tunnel = await first.get("/api/v1/nodes/k0s-worker-1/proxy/healthz")
        with pytest.raises(ApiRefused) as refused:
            await second.get("/api/v1/nodes/k0s-worker-1/proxy/healthz")
        await first.close()
        await second.close()

    assert len(nodes["items"]) == 4
    assert tunnel == b"ok"
    assert (refused.value.status, "No agent available" in refused.value.body) == (503, True)


async def test_logs_have_a_channel_of_their_own() -> None:
    """A batch of the journal comes through the second shell, folded by a real awk."""
    async with demo_fleet("incident") as fleet, connecting(fleet) as connector:
        shell = connector.shell(host(fleet, "k0s-master-3"))
        batch = read_journal(await shell.log_channel().run(journal_command(Ask())), Ask())  # type: ignore[attr-defined]

    assert batch.read == 1000
    assert any("No agent available" in record.text for record in batch.records)


async def test_a_host_without_power_says_nothing() -> None:
    """Its port takes the connection and is silent; the asker's own limit ends it, and the others are not held up."""
    async with demo_fleet("healthy") as fleet, connecting(fleet, connect_limit=0.5) as connector:
        fleet.model.worker("k0s-worker-2").power_off()
        fleet.server.look_around()
        with pytest.raises(Unreachable):
            await connector.shell(host(fleet, "k0s-worker-2")).run(Command(("hostname",)))
        reply = await connector.shell(host(fleet, "k0s-worker-1")).run(Command(("hostname",)))

    assert reply.text == "k0s-worker-1\n"


async def test_another_host_key_is_refused() -> None:
    """known_hosts of the folder holds the fleet's real keys: with another one in it nobody connects."""
    async with demo_fleet("healthy") as fleet:
        key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
        lines = [line.split(" ")[0] for line in fleet.known_hosts.read_text().splitlines()]
        fleet.known_hosts.write_text("".join(f"{name} {key}\n" for name in lines))
        async with connecting(fleet) as connector:
            with pytest.raises(HostKeyRefused):
                await connector.shell(fleet.inventory.hosts[0]).run(Command(("true",)))


async def test_time_runs_as_fast_as_asked() -> None:
    """At a hundred times the pace a worker restarted through SSH has its balancer after a fraction of a second."""
    clock = FakeClock()
    async with demo_fleet("held", speed=100, clock=clock) as fleet, connecting(fleet) as connector:
        shell = connector.shell(host(fleet, "k0s-worker-1"))
        image = fleet.model.release.envoy_image
        await shell.run(Command(("/usr/local/bin/k0s", "ctr", "-n", "k8s.io", "images", "pull", image), sudo=True))
        await shell.run(Command(("systemctl", "--no-block", "restart", "k0sworker"), sudo=True))
        clock.advance(0.3)
        worker = fleet.model.worker("k0s-worker-1")

    assert worker.envoy is not None


async def test_the_folder_is_what_an_operator_would_have(tmp_path: Path) -> None:
    """inventory.yaml, key and known_hosts lie in the folder that was asked for, the key for its owner alone."""
    async with demo_fleet("incident", folder=tmp_path / "fleet") as fleet:
        found = {path.name for path in fleet.folder.iterdir()}
        mode = stat.S_IMODE(fleet.key.stat().st_mode)

    assert {"inventory.yaml", "id_ed25519", "known_hosts"} <= found
    assert mode == 0o600
    assert [one.private_address for one in fleet.inventory.hosts][:3] == list(ADDRESSES)


async def test_a_scenario_that_is_none_is_said_in_a_sentence() -> None:
    """The names that there are stand in the message."""
    with pytest.raises(UsageError, match="incident"):
        async with demo_fleet("nonsense"):
            pass
