"""The incident cured, whole: plan, name, twelve links, proof; and what a poller sees on the way, once a second."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from k0stui.model.event import Kind
from k0stui.model.operation import StepState
from k0stui.present.operation import is_done
from tests.commands.carried import Carried, carried

pytestmark = pytest.mark.timeout(600)

STATIC = ("incident", "incident-1.36")


@pytest.fixture(scope="module", params=[*STATIC, "incident-dynamic"])
def cured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Carried:
    """Each variety once; several tests look at the same run."""
    return carried(request.param, tmp_path_factory.mktemp("operations"))


def test_ends_with_every_link_and_the_proof(cured: Carried) -> None:
    """DONE and proven; every server has every agent; nothing is held, and the lock is free again."""
    assert is_done(cured.operation), cured.operation.reason
    assert [count for _, count in cured.counts][-1] == (4, 4, 4)
    assert {host.agents for host in [controller.server for controller in cured.fleet.controllers] if host} == {4}
    assert not cured.operation.held
    assert cured.fleet.agents.strategy == "RollingUpdate"
    assert {host.files["/var/lib/k0stui/lock"].content for host in cured.fleet.hosts} == {b"1 - -\n"}
    proof = cured.moment(Kind.PROVEN) - cured.moment(Kind.NOTHING_LEFT)
    assert proof >= 120


def test_no_controller_loses_more_than_one_agent(cured: Carried) -> None:
    """But for the restart of the one that had them all, dark for less than 25 s.

    And but for what k0s does by itself: when the number of controllers changes, each starts its konnectivity-server
    anew, and its agents are back in the next poll. So: never for two polls in a row, never without a restart.
    """
    before = cured.counts[0][1]
    leader = before.index(4)
    own = f"restart-{cured.fleet.controllers[leader].name}"
    short = [at for at, counts in cured.counts if any(now < was - 1 for now, was in zip(counts, before, strict=True))]
    flying = {step: span_of(cured, step) for step in cured.states("restart-controller")}
    begin, end = flying.pop(own, (0.0, -1.0))

    assert len([at for at in short if begin <= at <= end]) < 25
    elsewhere = [at for at in short if not begin <= at <= end]
    assert all(any(first <= at <= last for first, last in flying.values()) for at in elsewhere)
    assert all(later - at > 1.5 for at, later in pairwise(elsewhere))


def span_of(cured: Carried, step: str) -> tuple[float, float]:
    """From its intent, to when it was verified."""
    return cured.moment(Kind.INTENT, step), cured.moment(Kind.VERIFIED, step)


def test_each_host_is_restarted_once_and_in_order(cured: Carried) -> None:
    """Controllers before workers, the k0s leader last of them; one job per host; every step verified."""
    restarts = [
        it.payload.step
        for it in cured.records
        if it.payload.kind is Kind.INTENT and it.payload.step.startswith("restart-")
    ]
    controllers = [step for step in restarts if "master" in step]
    workers = [step for step in restarts if "worker" in step]
    assert restarts == [*controllers, *workers]
    assert workers == [f"restart-k0s-worker-{number}" for number in (1, 2, 3, 4)]
    assert controllers in ([], ["restart-k0s-master-2", "restart-k0s-master-3", "restart-k0s-master-1"])
    assert {step.state for step in cured.operation.steps} == {StepState.VERIFIED}


def test_only_what_was_planned_is_changed(cured: Carried) -> None:
    """Static: each controller's file has the one new line; dynamic: no file is touched and no controller restarted."""
    controllers = {controller.name for controller in cured.fleet.controllers}
    static = any(step.kind == "stage-config" for step in cured.plan.steps)
    assert cured.edited == (controllers if static else set())
    assert cured.restarted == {host.name for host in cured.fleet.hosts} - (set() if static else controllers)


def test_kube_proxy_moves_with_its_balancer(cured: Carried) -> None:
    """From 1.36.1 its pods are moved one by one, none is skipped; before, it is rolled: none keeps the old one."""
    moved = [
        it for it in cured.records if it.payload.kind is Kind.INTENT and it.payload.step.startswith("move-kube-proxy")
    ]
    assert len(moved) == (4 if cured.fleet.release.is_new else 0)
    assert {"localhost" in worker.kube_proxy.server for worker in cured.fleet.workers if worker.kube_proxy} == {True}


def test_before_and_after_are_kept(cured: Carried) -> None:
    """The matrix of the beginning and of the end lies beside the journal, for the report."""
    assert "links 4/12" in (cured.directory / "before.txt").read_text()
    after = (cured.directory / "after.txt").read_text()
    assert "links 12/12" in after
    assert "every agent has 3 servers" in after


def test_nothing_runs_without_an_intent(cured: Carried) -> None:
    """For each host's own record: the guard's line stands after a journal line INTENT of the same step (I4)."""
    wanted = {it.payload.step for it in cured.records if it.payload.kind is Kind.INTENT}
    assert {step.id for step in cured.operation.steps if step.attempt} == wanted


def test_the_report_tells_the_whole(cured: Carried) -> None:
    """Markdown: who, when, hosts, held for how long, before, after, each step."""
    from k0stui.commands.following import happened_of
    from k0stui.present.operation_report import report

    happened = [happened_of(record) for record in cured.records]
    texts = [Path(cured.directory / name).read_text() for name in ("before.txt", "after.txt")]
    lines = "\n".join(report(cured.plan, cured.operation, happened, *texts))
    assert lines.startswith("# nllb on demo: done and proven\n")
    for words in (
        "agents were held from",
        "## Before",
        "links 4/12",
        "links 12/12",
        "restart-k0s-worker-4",
    ):
        assert words in lines
    # k0sctl never touches what is changed in dynamic configuration.
    assert ("k0sctl.yaml" in lines) is bool(cured.plan.diffs)
