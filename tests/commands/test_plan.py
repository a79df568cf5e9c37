"""`k0stui plan`: what is printed is the plan that is hashed, and a refusal is a sentence."""

from __future__ import annotations

import hashlib
import json

import msgspec
import pytest

from k0stui.commands.acting import Wish, make_plan
from k0stui.errors import UsageError
from k0stui.model.operation import Plan
from tests.commands.conftest import Run
from tests.plans.situations import healthy


def test_plan_shows_all_that_one_decides_on(run: Run) -> None:
    """Gates with evidence, order, exact commands, diff, duration, cost, undo, and the line that starts it."""
    ran = run("plan", "nllb", "--demo", "incident")
    assert ran.status == 0
    for words in (
        "PREVIEW: nothing has been changed",
        "44 of 44 pass",
        "E-05        quorum holds without it: 2 healthy voters without k0s-master-2",
        "C-08        the lock: free on 3 hosts",
        "k0s-master-2: sudo -n systemctl --no-block restart k0scontroller.service",
        "k0s-worker-4: sudo -n systemctl --no-block restart k0sworker.service",
        '"value": {"type": "OnDelete"}',
        "+    nodeLocalLoadBalancing: {enabled: true}",
        "takes",
        "meanwhile",
        "undo",
        "k0sctl.yaml",
        "START k0stui run nllb --confirm demo",
    ):
        assert words in ran.out
    order = [ran.out.index(f"restart k0s{what}") for what in ("controller", "worker")]
    assert order == sorted(order)
    hosts = [ran.out.index(f"   Restart k0scontroller on k0s-master-{number}") for number in (2, 3, 1)]
    assert hosts == sorted(hosts)


def test_json_holds_the_canonical_plan(run: Run) -> None:
    """The bytes after `"plan": ` are those whose sha256 stands before them, and decode to the plan."""
    ran = run("plan", "nllb", "--demo", "incident-dynamic", "--json")
    document = json.loads(ran.out)
    raw = ran.out.rstrip("\n").partition(', "plan": ')[2][:-1].encode()
    assert hashlib.sha256(raw).hexdigest() == document["sha256"]
    assert msgspec.json.decode(raw, type=Plan).sha256 == document["sha256"]
    assert (document["confirm"], document["ready"]) == ("demo", True)
    assert {gate["result"] for gate in document["gates"]} == {"PASS"}


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("healthy", "on already"),
        ("etcd-one-down", "k0s-master-3"),
        ("host-lost", "k0s-worker-4"),
        ("nllb-half", "restart-workers"),
    ],
)
def test_refused_plan_is_a_sentence(run: Run, scenario: str, words: str) -> None:
    """Nothing to do, no margin, a host that is away: exit 1 and why."""
    ran = run("plan", "nllb", "--demo", scenario)
    assert ran.status == 1
    assert ran.out.startswith("PLAN nllb refused: ")
    assert words in ran.out


def test_bad_input(run: Run) -> None:
    """Hosts where none can be chosen, batches where no worker is restarted: exit 2."""
    assert run("plan", "nllb", "--demo", "incident", "--only", "k0s-worker-1").status == 2
    assert run("plan", "restart-controllers", "--demo", "incident", "--batch", "2").status == 2


def test_batch_beyond_a_tenth_is_refused(run: Run) -> None:
    """Four workers, two at once: a sentence with how many it may be, exit 1."""
    ran = run("plan", "restart-workers", "--demo", "healthy", "--batch", "2")
    assert ran.status == 1
    assert "2 at once: with 4 workers it may be 1" in ran.out


def test_single_worker_wants_its_host_name(run: Run) -> None:
    """A plan for one worker is agreed to by that host's name."""
    ran = run("plan", "restart-workers", "--demo", "healthy", "--only", "k0s-worker-3")
    assert ran.status == 0
    assert ran.out.rstrip().endswith("START k0stui run restart-workers --only k0s-worker-3 --confirm k0s-worker-3")


@pytest.mark.parametrize("name", ["restart-controllers", "restart-agents", "restart-workers"])
def test_other_plans(run: Run, name: str) -> None:
    """They can be had on a healthy cluster."""
    assert run("plan", name, "--demo", "healthy").status == 0


def test_a_plan_that_does_not_exist_is_named() -> None:
    """A slip of the finger in the screens' prompt is one sentence, as on the command line."""
    with pytest.raises(UsageError, match="no plan is called nlb; there are nllb, "):
        make_plan(healthy(), Wish("nlb"))
