"""Each scenario is what its name says, to the rules as well, and the same in every run."""

from __future__ import annotations

import pytest

from k0stui.demo.answers import answer
from k0stui.demo.errand import Errand
from k0stui.demo.guard_place import GuardPlace
from k0stui.demo.kube import ApiServer
from k0stui.demo.pace import Pace
from k0stui.demo.said import Asked, Said
from k0stui.demo.scenarios import SCENARIOS
from k0stui.demo.shell import DemoConnector
from k0stui.engine.observe import Watch
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import Role
from k0stui.probes.catalogue import api_probes, host_probes
from k0stui.probes.probe import Subject
from k0stui.rules import RULES
from k0stui.rules.rule import diagnose
from tests.fakes import LoopClock, virtual_runner

CAUSES = {
    "incident": {"agents-single-target"},
    "healthy": set(),
    "nllb-half": {"workers-not-restarted"},
    "held": {"agents-held"},
    "ghosts": {"agents-falsely-connected"},
    "count-trap": {"agents-falsely-connected"},
    "firewall": {"konnectivity-port-blocked"},
    "clock-skew": {"clocks-differ"},
    "etcd-one-down": {"k0s-service-down", "etcd-no-margin"},
    "disk-filling": {"log-flood-fills-disk"},
    "host-lost": {"host-unreachable"},
    "incident-1.36": {"agents-single-target"},
    "incident-dynamic": {"agents-single-target"},
}
"""Findings that no other finding explains. `many` is the incident again, with a hundred rows."""


def seen(scenario: str) -> ClusterSnapshot:
    """Two looks at a scenario, twelve virtual seconds apart."""

    async def look() -> ClusterSnapshot:
        clock = LoopClock()
        with DemoConnector(Pace(SCENARIOS[scenario](), clock)) as connector:
            watch = Watch(connector.inventory(), connector, clock)
            await watch.look()
            await clock.sleep(12)
            return await watch.look()

    with virtual_runner() as runner:
        return runner.run(look())


@pytest.mark.parametrize("scenario", CAUSES)
def test_a_scenario_names_its_cause_and_no_other(scenario: str) -> None:
    """Our own rules find in each scenario exactly the cause that it was made for."""
    diagnosis = diagnose(seen(scenario), RULES)

    assert {finding.rule for finding in diagnosis.findings if not finding.explained_by} == CAUSES[scenario]


def test_the_incident_explains_its_consequences() -> None:
    """The single target explains the metrics API, the flood and the missing balancers."""
    findings = diagnose(seen("incident"), RULES).findings
    explained = {finding.rule for finding in findings if finding.explained_by == "agents-single-target"}

    assert {"metrics-api-unavailable", "log-flood-fills-disk", "no-local-balancer"} <= explained


def test_a_hundred_workers_are_the_incident_on_another_scale() -> None:
    """`many` has 100 agents on one server and none on the two others."""
    assert SCENARIOS["many"]().counts() == [100, 0, 0]


def everything(scenario: str) -> list[str]:
    """All that hosts and API servers of a scenario say at its begin."""
    fleet, place = SCENARIOS[scenario](), GuardPlace.__new__(GuardPlace)
    told = []
    for host in fleet.hosts:
        role = Role.CONTROLLER if host in fleet.controllers else Role.WORKER
        for probe in host_probes(Subject(role, controllers=("10.10.10.41", "10.10.10.42"))):
            said = answer(Asked(fleet, host, probe.command), place)
            assert not isinstance(said, Errand)
            told.append(f"{host.name} {probe.name} {said}")
    for controller in fleet.controllers:
        server = ApiServer(fleet, controller)
        told.extend(str(server.request("GET", api_probe.path)) for api_probe in api_probes())
    return told


@pytest.mark.parametrize("scenario", ["incident", "count-trap", "incident-dynamic"])
def test_every_run_says_the_same_bytes(scenario: str) -> None:
    """Two fleets of one scenario answer alike, byte for byte: no clock, no address, no order leaks in."""
    assert everything(scenario) == everything(scenario)


def test_every_question_has_an_answer_of_its_own() -> None:
    """No probe of a controller or worker falls through to "not found" on a healthy fleet."""
    fleet, place = SCENARIOS["healthy"](), GuardPlace.__new__(GuardPlace)
    for host in (fleet.controllers[0], fleet.workers[0]):
        role = Role.CONTROLLER if host in fleet.controllers else Role.WORKER
        for probe in host_probes(Subject(role)):
            said = answer(Asked(fleet, host, probe.command), place)
            assert isinstance(said, Said)
            assert said.status == 0, probe.name
