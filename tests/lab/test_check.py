"""`k0stui check` on real hosts: the incident, the whole cluster, and each fault by its own name and no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab import access, boot, lab, network, place, view
from tests.lab.faults import inflict, konnectivity
from tests.lab.hosts import CONTROLLERS, WORKERS, LabHost

MASTER_1, MASTER_2, MASTER_3 = CONTROLLERS
NAMES = sorted(each.name for each in (*CONTROLLERS, *WORKERS))
SEED = ("--host", f"{access.USER}@{MASTER_1.address}")


@dataclass(frozen=True, slots=True)
class Said:
    """What `k0stui check` said: its exit status and its document."""

    status: int
    document: dict[str, Any]

    @property
    def causes(self) -> dict[str, list[str]]:
        """Findings that no other explains, with the hosts that they are about."""
        return {each["id"]: each["subjects"] for each in self.document["findings"] if not each["explained_by"]}

    @property
    def silent(self) -> list[str]:
        """Rules that could not judge."""
        return [each["id"] for each in self.document["inconclusive"]]

    def finding(self, rule: str) -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in self.document["findings"] if each["id"] == rule)
        return found


def _k0stui(*words: str) -> subprocess.CompletedProcess[str]:
    """The program as an operator runs it, on a machine of the lab's network."""
    program = str(Path(sys.executable).with_name("k0stui"))
    environment = os.environ | {"HOME": str(place.HOME), "XDG_STATE_HOME": "", "XDG_CONFIG_HOME": ""}
    return subprocess.run(network.enter_command(program, *words), capture_output=True, text=True, env=environment)


def _check(*where: str) -> Said:
    """With `--once` where one look tells all that is asked; two are ten seconds apart."""
    cluster = () if {"--inventory", "--host"} & set(where) else ("--inventory", str(access.INVENTORY))
    done = _k0stui("check", "--json", *cluster, *where)
    assert done.stdout, done.stderr
    return Said(done.returncode, json.loads(done.stdout))


def _is_whole() -> bool:
    """All links, and every member of etcd well for ten seconds: only then does etcd take another one."""
    if view.columns() != [len(WORKERS)] * 3 or not all(view.etcd_healthy(each) for each in CONTROLLERS):
        return False
    return all(_runs_for(each, "etcd", 10) for each in CONTROLLERS)


def _runs_for(host: LabHost, program: str, seconds: float) -> bool:
    """Whether the program that k0s supervises there was started so long ago."""
    age = boot.run(host, "sh", "-c", f"ps -o etimes= -p $(cat /run/k0s/{program}.pid)", check=False).strip()
    return bool(age) and float(age) > seconds


@pytest.fixture
def mended(whole: None) -> Iterator[None]:
    """The whole cluster, and whole again after the test."""
    lab.wait_until(_is_whole, 60)
    yield
    lab.wait_reachable(60)
    lab.wait_until(_is_whole, 120)


def test_the_incident(incident: None) -> None:
    """All agents on k0s-master-1: one cause, on the other two, with the plan that mends it."""
    lab.wait_until(lambda: _agents_run_for(10), 60)
    said = _check()

    assert (said.status, said.causes) == (1, {"agents-single-target": [MASTER_2.name, MASTER_3.name]})
    found = said.finding("agents-single-target")
    assert "all 4 agents dial k0s-master-1 (10.10.10.41:8132) only" in found["sentence"]
    assert found["severity"] == "critical"
    assert [each["agents"] for each in said.document["matrix"]["columns"]] == [4, 0, 0]


def _agents_run_for(seconds: float) -> bool:
    ages = (boot.run(each, "sh", "-c", "ps -o etimes= -p $(pgrep -o -x proxy-agent)") for each in WORKERS)
    return all(float(age) > seconds for age in ages)


def test_discovery_from_one_host(incident: None) -> None:
    """One controller's address is enough: the other six are found, reached and asked."""
    said = _check(*SEED, "--once")

    assert sorted(each["name"] for each in said.document["hosts"]) == NAMES
    assert [each["name"] for each in said.document["hosts"] if not each["discovered"]] == [MASTER_1.name]
    assert all(each["reachable"] for each in said.document["hosts"])
    assert list(said.causes) == ["agents-single-target"]


def test_through_the_bastion(incident: None) -> None:
    """Every host through a jump host: the same seven, with the same diagnosis."""
    said = _check("--inventory", str(access.THROUGH_BASTION), "--once")

    roles = {each["name"]: each["role"] for each in said.document["hosts"]}
    assert sorted(roles) == NAMES
    assert sorted(roles.values()) == ["controller"] * 3 + ["worker"] * 4
    assert list(said.causes) == ["agents-single-target"]


def test_discovery_through_the_bastion(incident: None, tmp_path: Path) -> None:
    """One controller's name with a ProxyJump of ssh_config: the found hosts go through the jump host as well."""
    config = tmp_path / "ssh_config"
    own = (access.KEY.parent / "config").read_text()
    jump = f"Host 10.10.10.4? 10.10.10.5?\n  ProxyJump {access.USER}@10.10.10.10\n"
    config.write_text(jump + own)
    with inflict("cut", "w1", "outside"):
        said = _check(*SEED, "--ssh-config", str(config), "--once")

    assert sorted(each["name"] for each in said.document["hosts"]) == NAMES
    assert all(each["reachable"] for each in said.document["hosts"])


def test_a_learner_stops_a_plan(incident: None) -> None:
    """A learner has no vote, so etcd has its margin; the plan is refused all the same, by the gate on membership."""
    with inflict("etcd-learner", "m1"):
        planned = _k0stui("plan", "nllb", "--json", "--inventory", str(access.INVENTORY))

    assert "learner" in planned.stdout + planned.stderr


def test_nothing_is_wrong_with_the_whole(mended: None) -> None:
    """Twelve of twelve links, no finding, no rule without an answer: exit 0."""
    said = _check()

    assert (said.status, said.document["findings"], said.silent) == (0, [], [])
    assert (said.document["matrix"]["up"], said.document["matrix"]["complete"]) == (12, True)


def test_a_clock_ahead(mended: None) -> None:
    """Forty seconds on one worker: that host, above the bound where no restart is safe."""
    with inflict("clock", "w4", "+40"):
        said = _check("--once")

    assert (said.status, said.causes) == (1, {"clocks-differ": ["k0s-worker-4"]})
    assert "40.0 s ahead" in said.finding("clocks-differ")["sentence"]


def test_a_full_disk(mended: None) -> None:
    """The disk is the cause; the member of etcd that ends there and its API server are its consequences."""
    with inflict("disk-full", "m3"):
        said = _check()

    assert (said.status, said.causes) == (1, {"disk-low": [MASTER_3.name]})


def test_one_member_stopped(mended: None) -> None:
    """Two of three voters are the quorum: no margin is left, and all else follows of it."""
    with inflict("etcd-stopped", "m3"):
        lab.wait_until(lambda: not view.etcd_healthy(MASTER_3), 20)
        said = _check()

    assert (said.status, said.causes) == (1, {"etcd-no-margin": [MASTER_3.name]})
    assert "etcd has 2 of 3 members without k0s-master-3, and needs 2" in said.finding("etcd-no-margin")["sentence"]


def test_a_learner(mended: None) -> None:
    """It is the one cause: what its leader floods into the log follows from it, and the margin stays."""
    with inflict("etcd-learner", "m1"):
        said = _check()

    assert (said.status, list(said.causes), said.silent) == (1, ["etcd-learner"], [])
    assert "(10.10.10.44, never started) is a learner" in said.finding("etcd-learner")["sentence"]
    assert "3 voters are left, and 2 of them are the quorum" in said.finding("etcd-learner")["sentence"]


def test_a_voter_that_never_started(mended: None) -> None:
    """Four votes need three, and three there are: no margin follows, though every controller is well."""
    with inflict("etcd-voter-absent", "m1"):
        said = _check()

    assert (said.status, list(said.causes)) == (1, ["etcd-member-never-started"])
    assert "1 of 4 voters of etcd (10.10.10.45)" in said.finding("etcd-member-never-started")["sentence"]
    assert said.finding("etcd-no-margin")["explained_by"] == "etcd-member-never-started"
    assert "etcd has 3 of 4 members" in said.finding("etcd-no-margin")["sentence"]
    assert "and needs 3" in said.finding("etcd-no-margin")["sentence"]


def test_a_firewall_on_8132(mended: None) -> None:
    """Workers cannot open the port while the server runs: a firewall, not one target, not a dead server."""
    with inflict("firewall", "m2"):
        lab.wait_until(lambda: view.ready_agents(MASTER_2) == 0, 90)
        said = _check()

    assert (said.status, said.causes) == (1, {"konnectivity-port-blocked": [MASTER_2.name]})


def test_the_count_trap(mended: None) -> None:
    """Agents that are content with two of three servers: caught, and no flood or missing server is called the cause."""
    with inflict("count-trap", "m3"):
        lab.wait_until(lambda: _runs_for(MASTER_3, "konnectivity", 61), 120)
        said = _check()

    assert (said.status, list(said.causes)) == (1, ["agents-falsely-connected"])
    assert "(count trap)" in said.finding("agents-falsely-connected")["sentence"]


@pytest.mark.slow
def test_ghosts_after_a_power_off(mended: None) -> None:
    """Agents count connections to a host without power: they are dead, another server is looked for by none.

    Three causes stand, as in the recording of a power loss: the host, the margin that went with it, the ghosts.
    """
    with _restarted_agents(), inflict("power-off", "m3"):
        lab.wait_until(lambda: view.server_count(MASTER_1) == view.server_count(MASTER_2) == 2, 120)
        lab.wait_until(_Still(_agents, 15), 120)
        assert _ghosts() > 0
        said = _check()

    assert (said.status, set(said.causes)) == (1, {"host-unreachable", "etcd-no-margin", "agents-falsely-connected"})
    assert said.causes["host-unreachable"] == said.causes["etcd-no-margin"] == [MASTER_3.name]
    assert "dead" in said.finding("agents-falsely-connected")["sentence"]


@contextmanager
def _restarted_agents() -> Iterator[None]:
    """Ghosts outlive the return of the host, for an hour; what the plan would do ends them."""
    yield
    lab.wait_reachable(60)
    konnectivity.restart_agents(MASTER_1)


def _agents() -> tuple[list[int | None], list[int | None]]:
    """What the two servers that are left hold, and what each agent believes to have open."""
    held = [view.ready_agents(each) for each in (MASTER_1, MASTER_2)]
    return held, [view.agent_counts(each)[0] for each in WORKERS]


def _ghosts() -> int:
    """Connections that agents count, and neither server has."""
    held, believed = _agents()
    return sum(each or 0 for each in believed) - sum(each or 0 for each in held)


class _Still:
    """True once an answer without a gap has been the same for so many seconds."""

    def __init__(self, ask: Callable[[], tuple[list[int | None], ...]], seconds: float) -> None:
        self._ask, self._seconds = ask, seconds
        self._last: object = None
        self._since = 0.0

    def __call__(self) -> bool:
        now = self._ask()
        if now != self._last:
            self._last, self._since = now, time.monotonic()
        whole = not any(None in part for part in now)
        return whole and time.monotonic() - self._since > self._seconds
