"""From one host the whole cluster: all seven are found, and shown also where they cannot be reached."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from k0stui.demo.shell import DemoConnector
from k0stui.engine.observe import Connector
from k0stui.engine.watched import NoWay
from k0stui.inventory import LOCAL, Inventory, InventoryHost, from_seeds
from k0stui.ports import KubeApi, Shell
from tests.commands.conftest import Run

ALL = [f"k0s-master-{n}" for n in (1, 2, 3)] + [f"k0s-worker-{n}" for n in (1, 2, 3, 4)]


@dataclass
class ByAddress:
    """Reaches simulated hosts by the address in the model, as SSH would; some only, where `open_to` says which."""

    fleet: Connector
    open_to: tuple[str, ...] = tuple(ALL)

    def shell(self, host: InventoryHost) -> Shell:
        assert isinstance(self.fleet, DemoConnector)
        address = "10.10.10.41" if host.reach.local else host.reach.address
        name = next(machine.name for machine in self.fleet.pace.fleet.hosts if machine.address == address)
        return self.fleet.shell_of(name) if name in self.open_to else NoWay(host.name, f"{host.name}: no route to it")

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        return self.fleet.api(host, shell)


def hosts(text: str) -> dict[str, dict[str, Any]]:
    return {host["name"]: host for host in json.loads(text)["hosts"]}


SEEDS = {"one controller": from_seeds(["ops@10.10.10.41"]), "on a controller": Inventory("", (LOCAL,))}


@pytest.mark.parametrize("told", SEEDS.values(), ids=SEEDS)
def test_from_one_controller_the_whole_cluster_is_diagnosed(told: Inventory, run: Run) -> None:
    """`--host` of one controller, or nothing on a controller itself, leads to the diagnosis of a full inventory."""
    ran = run("check", "--demo", "incident", "--json", told=told, disguise=ByAddress)

    found = json.loads(ran.out)
    assert sorted(hosts(ran.out)) == ALL
    assert [name for name, host in hosts(ran.out).items() if not host["discovered"]] == ["k0s-master-1"]
    assert all(host["reachable"] for host in found["hosts"])
    assert [finding["id"] for finding in found["findings"] if not finding["explained_by"]] == ["agents-single-target"]
    assert (found["matrix"]["up"], found["matrix"]["expected"]) == (4, 12)
    assert ran.status == 1


@pytest.mark.parametrize("told", SEEDS.values(), ids=SEEDS)
def test_found_and_unreachable_hosts_are_shown(told: Inventory, run: Run) -> None:
    """What cannot be reached the seed's way stands there with its address, role and reason, and is not dropped."""
    ran = run(
        "check",
        "--demo",
        "healthy",
        "--json",
        told=told,
        disguise=lambda fleet: ByAddress(fleet, ("k0s-master-1",)),
    )

    found = hosts(ran.out)
    assert sorted(found) == ALL
    assert [name for name, host in found.items() if host["reachable"]] == ["k0s-master-1"]
    assert (found["k0s-worker-3"]["address"], found["k0s-worker-3"]["role"]) == ("10.10.10.53", "worker")
    assert (found["k0s-master-2"]["address"], found["k0s-master-2"]["role"]) == ("10.10.10.42", "controller")
    assert {entry["why"] for entry in found["k0s-worker-3"]["unknown"]} == {"k0s-worker-3: no route to it"}


def test_a_healthy_cluster_of_which_one_host_is_seen_is_not_called_healthy(run: Run) -> None:
    """Six of seven hosts could not be asked: exit 2, the sentence says how many answered, and one line tells why."""
    ran = run(
        "check",
        "--demo",
        "healthy",
        told=SEEDS["one controller"],
        disguise=lambda fleet: ByAddress(fleet, ("k0s-master-1",)),
    )

    assert ran.status == 2
    assert "1/7 hosts answered" in ran.out
    assert "cannot be reached by SSH: no route to it" in ran.out
    assert "? 6 rules could not judge k0s-worker-1..4: no route to it" in ran.out
