"""What must not go on: each fault stops the plan at the right place, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from k0stui.commands import following
from k0stui.commands.acting import NOBODY, guard_of
from k0stui.demo.build import k0s_yaml
from k0stui.demo.etcd import Member
from k0stui.demo.fleet import Fleet
from k0stui.demo.host import CONFIG
from k0stui.errors import PlanRefused
from k0stui.model.event import Kind
from k0stui.model.operation import Operation, OperationState, StepState
from k0stui.plans.gates import GATES
from k0stui.plans.gates.gate import Situation, judge
from k0stui.plans.world import GuardAnswer, Verdict
from k0stui.present.plan import standing
from tests.commands.carried import Carried, Field, answering, carried, occupied, on

pytestmark = pytest.mark.timeout(600)

SCENARIO = "incident"


def test_worker_that_never_comes_back(tmp_path: Path) -> None:
    """The second worker loses its power in its restart: failed, a person is asked; no other worker, no agent moves."""

    def cut(fleet: Fleet, operation: Operation) -> None:
        if (
            operation.step("restart-k0s-worker-2").state is StepState.RESTARTING
            and fleet.worker("k0s-worker-2").powered
        ):
            fleet.worker("k0s-worker-2").power_off()

    ran = carried(SCENARIO, tmp_path, meanwhile=cut)
    assert ran.operation.state is OperationState.PAUSED
    assert ran.operation.step("restart-k0s-worker-2").state is StepState.FAILED
    assert following.exit_status(ran.operation) == following.PERSON
    assert not ran.restarted & {"k0s-worker-3", "k0s-worker-4"}
    assert set(ran.states("move-agent").values()) == {StepState.PENDING}
    assert [name for name, _ in ran.operation.held] == ["konnectivity-agent"]
    assert ran.fleet.agents.strategy == "OnDelete"
    assert ran.counts[-1][1][0] >= 3


@pytest.mark.fault("F55")
def test_image_that_no_registry_has(tmp_path: Path) -> None:
    """The pull fails on the first worker: no file is staged, no agent held, no host restarted."""

    def missing(fleet: Fleet) -> None:
        fleet.missing_images = frozenset({fleet.release.envoy_image})

    ran = carried(SCENARIO, tmp_path, prepare=missing)
    assert_untouched(ran)
    assert set(ran.states("stage-config").values()) == {StepState.PENDING}
    assert "not found" in ran.operation.reason or "image" in ran.operation.reason
    assert following.exit_status(ran.operation) in (following.STOPPED, following.PERSON)


def test_controller_is_lost_between_agreement_and_act(tmp_path: Path) -> None:
    """Two voters are no margin: the executor drafts the plan anew, refuses, and not even a lock is taken."""
    ran = carried(SCENARIO, tmp_path, before=lambda fleet: fleet.controller("k0s-master-3").stop())
    assert ran.operation.state is OperationState.UNLOCKED
    assert not ran.restarted - {"k0s-master-3"}
    assert not ran.edited
    assert not any("/var/lib/k0stui/lock" in host.files for host in ran.fleet.hosts)
    assert following.exit_status(ran.operation) == following.STOPPED


def test_controller_is_lost_after_the_first(tmp_path: Path) -> None:
    """A controller that stops while another one is verified: the next is not begun."""

    def stop(fleet: Fleet, operation: Operation) -> None:
        if (
            operation.step("restart-k0s-master-2").state is StepState.READY
            and fleet.controller("k0s-master-3").api_listens
        ):
            fleet.controller("k0s-master-3").stop()

    ran = carried(SCENARIO, tmp_path, meanwhile=stop)
    assert ran.operation.state is OperationState.PAUSED
    assert "k0s-master-1" not in ran.restarted
    assert not ran.restarted & {worker.name for worker in ran.fleet.workers}
    assert not [
        it for it in ran.records if it.payload.kind is Kind.INTENT and it.payload.step == "restart-k0s-master-3"
    ]


@pytest.mark.fault("F26")
def test_config_that_somebody_edits_is_not_overwritten(tmp_path: Path) -> None:
    """k0s.yaml of a controller changes after it was staged: stopped before its restart, the edit stays."""
    edit = b"# somebody was here\n"

    def write(fleet: Fleet, operation: Operation) -> None:
        file = fleet.controller("k0s-master-2").files[CONFIG]
        if operation.step("hold-konnectivity-agent").state is not StepState.PENDING and edit not in file.content:
            fleet.controller("k0s-master-2").write(CONFIG, file.content + edit)

    ran = carried(SCENARIO, tmp_path, meanwhile=write)
    assert ran.operation.state is OperationState.PAUSED
    assert not ran.restarted
    assert ran.fleet.controller("k0s-master-2").files[CONFIG].content.endswith(edit)


def assert_untouched(ran: Carried) -> None:
    """No process is another one, no file is, and agents may move as ever."""
    assert not ran.restarted
    assert not ran.edited
    assert ran.fleet.agents.strategy == "RollingUpdate"


# -- refused before anything --------------------------------------------------------------------------------------


def external(fleet: Fleet) -> None:
    host = fleet.controller("k0s-master-2")
    host.write(CONFIG, k0s_yaml(host.address, external="10.9.9.9"))


def learner(fleet: Fleet) -> None:
    fleet.etcd.members.append(Member(99, "k0s-master-4", "10.10.10.54", up=True, learner=True))


def one_down(fleet: Fleet) -> None:
    fleet.controller("k0s-master-3").stop()
    fleet.advance(fleet.now + 120)


def autopilot(fleet: Fleet) -> None:
    fleet.autopilot = "SchedulableWait"


@pytest.mark.parametrize(
    ("change", "words"),
    [(external, "N-02|R-02"), (learner, "E-01"), (one_down, "k0s-master-3"), (autopilot, "C-07")],
    ids=lambda it: it.__name__ if callable(it) else "",
)
def test_refused(change: Callable[[Fleet], None], words: str) -> None:
    """externalAddress, a learner, no margin, another actor: no plan, and the sentence names gate or host."""

    async def main(at: Field) -> None:
        with pytest.raises(PlanRefused, match=words):
            await at.plan()

    on(SCENARIO, main, change)


@pytest.mark.fault("F54")
def test_port_that_is_taken() -> None:
    """Somebody else listens on 7443 of one worker: no plan, and the sentence names it."""

    async def main(at: Field) -> None:
        with pytest.raises(PlanRefused, match=r"N-06.*k0s-worker-3.*7443"):
            await at.plan()

    on(SCENARIO, main, disguise=lambda inner: occupied(inner, "k0s-worker-3", 7443))


def test_controller_that_runs_pods() -> None:
    """A hybrid: its kubelet and its agents would go with it, so no plan is made, and the sentence names it."""

    def hybrid(said: bytes) -> bytes:
        assert b'"Workloads": false' in said
        return said.replace(b'"Workloads": false', b'"Workloads": true')

    async def main(at: Field) -> None:
        with pytest.raises(PlanRefused, match="k0s-master-2"):
            await at.plan()

    on(SCENARIO, main, disguise=lambda inner: answering(inner, "k0s-master-2", "status", hybrid))


def test_lock_of_somebody_else_stands_in_the_way() -> None:
    """A plan is shown, and cannot be started: the gate names the holder."""

    async def main(at: Field) -> None:
        guard = guard_of(at.fleet.shell_of("k0s-master-2"), NOBODY)
        await guard.lock("-", "3 op-9 bo@bastion2:17")
        found = await at.plan()
        stand = standing(found.plan, found.verdicts)
        assert [verdict.gate for verdict in stand] == ["C-08"]
        assert "bo@bastion2" in stand[0].evidence

    on(SCENARIO, main)


def test_guard_that_could_not_look_is_no_free_lock() -> None:
    """Exit 70 or 64 of `status` carries no lock line: the gate must be UNKNOWN, never PASS (I14)."""

    async def main(at: Field) -> None:
        found = await at.plan()
        answers = tuple((host.name, GuardAnswer(Verdict.UNKNOWN, "clock")) for host in found.plan.controllers)
        assert not judge(GATES["C-08"], Situation(found.snapshot, found.plan, guards=answers)).passes

    on(SCENARIO, main)
