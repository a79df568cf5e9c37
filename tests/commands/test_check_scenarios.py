"""`k0stui check --demo SCENARIO`: each scenario names its cause and no other, what follows from it, and the cure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from k0stui.demo.scenarios import SCENARIOS
from k0stui.present.check_json import JSON_SCHEMA
from tests.commands.conftest import Run
from tests.commands.schema import faults


@dataclass(frozen=True, slots=True)
class Expected:
    """What a scenario must be called."""

    causes: set[str]
    subjects: tuple[str, ...]
    """Of the first cause."""
    remedy: str
    """The plan, or a part of the words."""
    explained: frozenset[str] = frozenset()
    links: tuple[int, int] = (12, 12)
    status: int = 1


FLOOD = frozenset({"log-flood-fills-disk", "metrics-api-unavailable"})
SINGLE = Expected(
    {"agents-single-target"},
    ("k0s-master-2", "k0s-master-3"),
    "nllb",
    FLOOD | {"no-local-balancer", "kube-proxy-single-target"},
    (4, 12),
)
WORKERS = ("k0s-worker-1", "k0s-worker-2", "k0s-worker-3", "k0s-worker-4")

EXPECTED = {
    "incident": SINGLE,
    "incident-1.36": SINGLE,
    "incident-dynamic": SINGLE,
    "many": Expected(SINGLE.causes, SINGLE.subjects, SINGLE.remedy, SINGLE.explained, (100, 300)),
    "healthy": Expected(set(), (), "", status=0),
    "nllb-half": Expected(
        {"workers-not-restarted"},
        WORKERS,
        "restart-workers",
        frozenset({"kube-proxy-single-target", "metrics-api-unavailable"}),
        (0, 12),
    ),
    "held": Expected(
        {"agents-held"},
        WORKERS,
        "restart k0sworker",
        FLOOD | {"workers-not-restarted", "kube-proxy-single-target"},
        (4, 12),
    ),
    "ghosts": Expected({"agents-falsely-connected"}, WORKERS, "restart-agents", FLOOD, (8, 12)),
    "count-trap": Expected({"agents-falsely-connected"}, ("k0s-worker-1",), "restart-agents", links=(11, 12)),
    "firewall": Expected(
        {"konnectivity-port-blocked"}, ("k0s-master-3",), "open 8132/tcp on k0s-master-3", FLOOD, (8, 12)
    ),
    "clock-skew": Expected({"clocks-differ"}, ("k0s-master-2",), "chronyc makestep"),
    "etcd-one-down": Expected(
        {"k0s-service-down", "etcd-no-margin"},
        ("k0s-master-3",),
        "systemctl start k0scontroller",
        links=(8, 12),
    ),
    "disk-filling": Expected({"log-flood-fills-disk"}, ("k0s-master-2",), "journalctl --vacuum-size"),
    "host-lost": Expected(
        {"host-unreachable"},
        ("k0s-worker-4",),
        "look at the machine's console",
        frozenset({"node-not-ready", "node-unreachable-through-tunnel"}),
        (9, 12),
    ),
}
"""By scenario. k0s down on one controller is also etcd's margin gone: the one to cure, the other to mind meanwhile."""


def document(run: Run, scenario: str) -> tuple[int, dict[str, Any]]:
    ran = run("check", "--demo", scenario, "--json")
    assert ran.err == ""
    return ran.status, json.loads(ran.out)


def test_every_scenario_has_an_expectation() -> None:
    """A new scenario must say here what it is to be called."""
    assert set(EXPECTED) == set(SCENARIOS)


@pytest.mark.parametrize("scenario", EXPECTED)
def test_a_scenario_is_diagnosed(scenario: str, run: Run) -> None:
    """Cause, whom it is about, what follows from it, the cure, the links and the exit status, as programs get them."""
    expected = EXPECTED[scenario]

    status, found = document(run, scenario)

    assert list(faults(found, JSON_SCHEMA)) == []
    causes = [finding for finding in found["findings"] if not finding["explained_by"]]
    assert {finding["id"] for finding in causes} == expected.causes
    assert {finding["id"] for finding in found["findings"] if finding["explained_by"]} == expected.explained
    assert {finding["explained_by"] for finding in found["findings"]} <= {None, *expected.causes}
    assert (found["matrix"]["up"], found["matrix"]["expected"]) == expected.links
    assert status == expected.status
    if causes:
        assert tuple(causes[0]["subjects"]) == expected.subjects
        assert expected.remedy in causes[0]["remedy"]
        assert all(finding["evidence"] for finding in found["findings"])


def test_the_incident_names_the_one_holder(run: Run) -> None:
    """All agents are at k0s-master-1, the two others have none: in the sentence, in the columns, in each cell."""
    _, found = document(run, "incident")

    assert "all 4 agents dial k0s-master-1 (10.10.10.41:8132) only" in found["findings"][0]["sentence"]
    agents = {column["controller"]: column["agents"] for column in found["matrix"]["columns"]}
    assert agents == {"k0s-master-1": 4, "k0s-master-2": 0, "k0s-master-3": 0}
    up = {(cell["agent"], cell["controller"]) for cell in found["matrix"]["cells"] if cell["state"] == "up"}
    assert up == {(worker, "k0s-master-1") for worker in WORKERS}
    assert all(cell["age_s"] is not None for cell in found["matrix"]["cells"])


def test_a_lost_host_says_what_was_not_answered(run: Run) -> None:
    """An unreachable host is in the document with its reason, and rules that wanted it say what they lacked."""
    _, found = document(run, "host-lost")

    lost = next(host for host in found["hosts"] if host["name"] == "k0s-worker-4")
    assert not lost["reachable"]
    assert {entry["lack"] for entry in lost["unknown"]} == {"unreachable"}
    assert all("k0s-worker-4" in entry["why"] for entry in found["inconclusive"])


def test_one_look_lacks_only_what_two_can_tell(run: Run) -> None:
    """`--once` names the incident as well, at the price of rates and ghosts."""
    ran = run("check", "--demo", "incident", "--once")

    assert ran.status == 1
    assert "CRIT agents-single-target" in ran.out
