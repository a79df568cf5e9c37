"""Steps: what was shown is what runs, and what happened is asked of the world."""

# ruff: noqa: E501 -- tables read by rows

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from k0stui.errors import ApiRefused, JournalBroken, NotYet, StepFailed
from k0stui.model.event import Kind
from k0stui.model.nllb import Balancer
from k0stui.model.operation import Facts, Operation, OperationState, Plan, StepProgress, StepState
from k0stui.plans.steps import STEPS, made, planned
from k0stui.plans.steps.daemonset import Hold, Release, Roll, path_of
from k0stui.plans.steps.move_agent import PODS, MoveAgent
from k0stui.plans.steps.patch_config import EVENTS, OBJECT, PatchConfig, gitops_owner
from k0stui.plans.steps.pull_image import PullImage
from k0stui.plans.steps.restart_service import RestartController, RestartWorker
from k0stui.plans.steps.stage_config import StageConfig
from k0stui.plans.steps.step import Check, Step
from k0stui.plans.steps.watch import Columns, Flip
from k0stui.plans.world import GuardAnswer, RestartRequest, Verdict, World
from k0stui.plans.yaml_splice import turned_on
from tests.builders import Cluster
from tests.fakes import FakeClock, FakeKubeApi, FakeShell, reply
from tests.plans.situations import CONFIG, IMAGE, M1, M2, M3, W1, incident, nllb

SPLICE = turned_on(CONFIG)


class FakeGuard:
    """A guard that says what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer = GuardAnswer(
            Verdict.ACCEPTED, boot_id="b1", uptime=100, invocation_id="i1", active="active", epoch=3
        )
        self.restarts: list[RestartRequest] = []
        self.staged: list[tuple[str, bytes, str, str]] = []
        self.noted: list[str] = []

    async def status(self, unit: str, config: str = "-") -> GuardAnswer:
        return self.answer

    async def lock(self, expect: str, line: str) -> GuardAnswer:
        raise AssertionError("steps do not lock")

    async def beat(self) -> GuardAnswer:
        return self.answer

    async def note(self, line: str) -> GuardAnswer:
        self.noted.append(line)
        return self.answer

    async def stage(self, what: str, content: bytes, config: str = "-", sha_before: str = "-") -> GuardAnswer:
        self.staged.append((what, content, config, sha_before))
        return self.answer

    async def restart(self, request: RestartRequest) -> GuardAnswer:
        self.restarts.append(request)
        return self.answer


class Stage:
    """A world for one step: fakes, and the step's progress."""

    def __init__(self, step: Step, snapshot: Cluster | None = None, held: Facts = ()) -> None:
        self.step = step
        self.snapshot = snapshot or incident()
        self.api = FakeKubeApi("k0s-master-1")
        self.guards = {host.name: FakeGuard() for host in self.snapshot.hosts}
        self.shells = {host.name: FakeShell(host.name) for host in self.snapshot.hosts}
        self.progress = StepProgress("s", None, StepState.INTENT)
        self.plan: Plan = nllb()
        self.held = held

    def world(self) -> World:
        operation = Operation("op-1", "", (self.progress,), OperationState.RUNNING, 3, "ann@a:1", held=self.held)

        async def observe() -> Cluster:
            return self.snapshot

        return World(self.shells, self.guards, {M1: self.api}, FakeClock(), observe, self.plan, operation, "s")  # type: ignore[arg-type]

    def run(self, what: Callable[[World], Any]) -> Any:
        return asyncio.run(what(self.world()))

    def act(self) -> Any:
        """Intent, then the act, as the engine does it."""
        self.progress = replace(self.progress, facts=self.run(self.step.intent), attempt=self.progress.attempt + 1)
        return self.run(self.step.apply)


def daemonset(strategy: str = "RollingUpdate", version: str = "42", **status: int) -> dict[str, Any]:
    usual = {"desiredNumberScheduled": 4, "updatedNumberScheduled": 4, "numberAvailable": 4, "observedGeneration": 1}
    template = {
        "spec": {"containers": [{"image": "agent", "args": ["--proxy-server-host=localhost"]}], "hostNetwork": True}
    }
    return {
        "metadata": {"name": "konnectivity-agent", "resourceVersion": version, "generation": 1},
        "spec": {"updateStrategy": {"type": strategy}, "template": template},
        "status": {**usual, **status},
    }


def pod(uid: str, args: str = "--proxy-server-host=10.10.10.41") -> dict[str, Any]:
    owners = [{"kind": "DaemonSet", "name": "konnectivity-agent"}]
    spec = {"containers": [{"image": "agent", "args": [args]}]}
    return {
        "metadata": {"name": "konnectivity-agent-x", "uid": uid, "ownerReferences": owners},
        "spec": spec,
        "status": {},
    }


LIST = f"{PODS}?fieldSelector=spec.nodeName%3Dk0s-worker-1"
STEP_CASES: dict[str, Step] = {
    "hold": Hold("konnectivity-agent"),
    "release": Release("konnectivity-agent"),
    "roll": Roll("kube-proxy", 4),
    "pull-image": PullImage(W1, IMAGE),
    "stage-config": StageConfig(M1, "/etc/k0s/k0s.yaml", SPLICE.sha_before, SPLICE.sha_after),
    "restart-controller": RestartController(
        M2,
        "k0scontroller.service",
        "m",
        "c",
        config="/etc/k0s/k0s.yaml",
        sha_before="a1",
        sha_after="b2",
        members=3,
        need=2,
    ),
    "restart-worker": RestartWorker(W1, "k0sworker.service", "m", "c", node="k0s-worker-1", balancer=True, upstreams=3),
    "move-agent": MoveAgent("k0s-worker-1", W1),
    "patch-config": PatchConfig(),
    "flip": Flip(),
    "columns": Columns(M2),
}


def test_every_step_has_a_case() -> None:
    """A new step without its case here is not tested for showing what it does."""
    assert set(STEP_CASES) == set(STEPS)


@pytest.mark.parametrize("kind", STEP_CASES)
def test_planned_step_becomes_the_same_step(kind: str) -> None:
    """Through the plan's JSON and back: equal, with the same text."""
    step = STEP_CASES[kind]
    found = planned("s", step, "phase")

    assert found.kind == kind
    assert made(found) == step
    assert found.preview == step.preview()
    assert found.title


def test_step_that_would_do_something_else_than_shown_is_refused() -> None:
    """A plan whose text and values disagree is not carried out (SEC-24)."""
    shown = planned("s", STEP_CASES["pull-image"], "pull")
    edited = replace(
        shown, values=tuple((key, '"evil:latest"' if key == "image" else value) for key, value in shown.values)
    )

    with pytest.raises(JournalBroken, match="something else"):
        made(edited)
    with pytest.raises(JournalBroken):
        made(replace(shown, kind="rm"))
    with pytest.raises(JournalBroken):
        made(replace(shown, values=(("image", "{"),)))


def ran(stage: Stage) -> list[str]:
    """Everything that changed something, in the words of a preview."""
    said = [
        f"{shell.host}: {command.line()}"
        for shell in stage.shells.values()
        for command in shell.ran
        if "pull" in command.argv
    ]
    said += [f"{call.verb} {call.path}" for call in stage.api.calls]
    for host, guard in stage.guards.items():
        said += [f"{host}: sudo -n systemctl --no-block restart {request.unit}" for request in guard.restarts]
        said += [f"{host}: keep {config}" for what, _, config, _ in guard.staged if what == "config"]
    return said


@pytest.mark.parametrize("kind", sorted(set(STEP_CASES) - {"flip", "columns"}))
def test_what_was_shown_is_what_runs(kind: str) -> None:
    """Every command and call that a step makes begins a line of its preview, and every such line is made."""
    step = STEP_CASES[kind]
    snapshot = incident()
    if kind == "move-agent":
        snapshot = snapshot.where(W1, balancer=Balancer(True, True, 401))
    stage = Stage(step, snapshot)
    stage.api.answers |= {
        path_of("konnectivity-agent"): daemonset(), path_of("kube-proxy"): daemonset(), "/version": {},
        LIST: {"items": [pod("u1")]}, OBJECT: {"metadata": {"resourceVersion": "7"}, "spec": {"network": {}}},
        EVENTS: {"items": []},
    }  # fmt: skip
    for shell in stage.shells.values():
        shell.default = reply(CONFIG)
    event = stage.act()

    assert event.kind is Kind.ACCEPTED, event
    shown = [
        line.replace("<the konnectivity-agent pod on k0s-worker-1>", "konnectivity-agent-x") for line in step.preview()
    ]
    made_of = ran(stage)
    assert made_of
    for line in made_of:
        assert any(text.startswith(line) or line in text for text in shown), (line, shown)
    verbs = [
        text for text in shown if text.startswith(("PATCH", "DELETE")) or "systemctl" in text or "images pull" in text
    ]
    assert len(verbs) <= len(made_of)


def test_hold_keeps_what_was_before_and_names_the_version() -> None:
    """The patch is tested against the version of INTENT, and the prior strategy is journalled."""
    stage = Stage(Hold("konnectivity-agent"))
    stage.api.answers[path_of("konnectivity-agent")] = daemonset(version="42")
    stage.act()
    test, change = json.loads(stage.api.calls[0].body)

    assert test == {"op": "test", "path": "/metadata/resourceVersion", "value": "42"}
    assert change["value"] == {"type": "OnDelete"}
    assert stage.api.calls[0].content_type == "application/json-patch+json"
    marks = stage.step.marks(stage.world())
    assert marks is not None
    assert marks.kind is Kind.HELD
    assert json.loads(dict(marks.facts)["konnectivity-agent"]) == {"type": "RollingUpdate"}


@pytest.mark.fault("F59")
def test_conflict_is_a_certain_refusal() -> None:
    """409 and 422: somebody was faster, nothing was done (F59)."""
    for status in (409, 422):
        stage = Stage(Hold("konnectivity-agent"))
        stage.api.answers[path_of("konnectivity-agent")] = daemonset()
        stage.api.answers[f"PATCH {path_of('konnectivity-agent')}"] = ApiRefused("conflict", status)
        assert stage.act().kind is Kind.REFUSED


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_server_that_fails_at_an_act_may_have_done_it(status: int) -> None:
    """Not certain, so not refused: what became of it is looked at."""
    stage = Stage(Hold("konnectivity-agent"))
    stage.api.answers[path_of("konnectivity-agent")] = daemonset()
    stage.api.answers[f"PATCH {path_of('konnectivity-agent')}"] = ApiRefused("timed out", status)

    assert stage.act().kind is Kind.UNKNOWN


def test_leftover_hold_of_somebody_is_released_to_what_k0s_renders() -> None:
    """Found on OnDelete with nobody's hold on record: held by us too, and given back as RollingUpdate."""
    stage = Stage(Hold("konnectivity-agent"))
    stage.api.answers[path_of("konnectivity-agent")] = daemonset("OnDelete")
    assert stage.run(stage.step.check) is Check.NEEDED
    stage.act()
    marks = stage.step.marks(stage.world())
    assert marks is not None
    assert json.loads(dict(marks.facts)["konnectivity-agent"])["type"] == "RollingUpdate"


def test_staged_candidate_is_the_splice_of_the_live_bytes() -> None:
    """The content never was in the plan: it is made anew, and must have the hash that was agreed to."""
    stage = Stage(STEP_CASES["stage-config"])
    stage.shells[M1].default = reply(CONFIG)
    assert stage.act().kind is Kind.ACCEPTED
    assert stage.guards[M1].staged == [("config", SPLICE.after, "/etc/k0s/k0s.yaml", SPLICE.sha_before)]

    stage.shells[M1].default = reply(CONFIG + b"# edited\n")
    assert stage.run(stage.step.apply).kind is Kind.REFUSED
    assert CONFIG.decode() not in json.dumps(planned("s", stage.step, "stage").values)


@pytest.mark.fault("F30")
def test_invalid_config_fails_the_stage() -> None:
    """R-03: what this host's own k0s does not accept never gets as far as a restart (F30)."""
    step = STEP_CASES["stage-config"]
    assert isinstance(step, StageConfig)
    stage = Stage(step)
    shell = stage.shells[M1]
    shell.answer(("sha256sum", "/var/lib/k0stui/ops/op-1/config.after"), f"{SPLICE.sha_after}  x")
    (valid,) = step.awaited()
    shell.answer(step.validation("op-1"), reply(stderr="spec: Forbidden: externalAddress", exit_status=1))
    with pytest.raises(StepFailed, match="Forbidden"):
        stage.run(valid.met)
    shell.answer(step.validation("op-1"), reply(exit_status=124))
    with pytest.raises(NotYet):
        stage.run(valid.met)
    shell.answer(step.validation("op-1"), "")
    stage.run(valid.met)


def restarting(**facts: Any) -> Stage:
    stage = Stage(STEP_CASES["restart-controller"])
    guard = stage.guards[M2]
    stage.act()
    guard.answer = replace(guard.answer, **facts)
    return stage


@pytest.mark.parametrize(
    ("facts", "kind", "words"),
    [
        ({"invocation_id": "i2"}, Kind.RESTARTING, ""),
        ({"boot_id": "b2"}, Kind.RESTARTING, "rebooted"),
        ({"job": "7"}, Kind.UNKNOWN, "job 7"),
        ({"active": "deactivating"}, Kind.UNKNOWN, "deactivating"),
        ({"uptime": 120}, Kind.UNKNOWN, ""),
        ({"uptime": 131}, Kind.NOT_STARTED, "not started"),
        ({"uptime": 131, "config_sha": "b2"}, Kind.NOT_STARTED, "not yet in use"),
        ({"uptime": 131, "active": "inactive"}, Kind.UNKNOWN, "inactive"),
        ({"epoch": 4, "owner": "bob@b:1"}, Kind.EPOCH_LOST, "bob@b:1"),
    ],
)
def test_host_tells_what_became_of_an_intent(facts: dict[str, Any], kind: Kind, words: str) -> None:
    """Design safety.md §6, row by row: only past the deadline, with no job, is *not started* certain."""
    event = restarting(**facts)
    found = event.run(event.step.outcome)

    assert (found.kind, words in found.why) == (kind, True)


def test_restart_carries_what_intent_wrote_down() -> None:
    """Boot id, InvocationID and deadline of INTENT, and the plan's hashes and quorum, reach the guard."""
    stage = restarting()
    (request,) = stage.guards[M2].restarts

    assert (request.boot_id, request.invocation_id, request.deadline, request.attempt) == ("b1", "i1", 130, 1)
    assert (request.sha_before, request.sha_after, request.members, request.need, request.state) == (
        "a1",
        "b2",
        3,
        2,
        "active",
    )


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [(verdict, Kind.REFUSED) for verdict in Verdict if verdict.is_refusal and verdict is not Verdict.LOCK]
    + [(Verdict.LOCK, Kind.EPOCH_LOST), (Verdict.UNKNOWN, Kind.UNKNOWN), (Verdict.ASKED_BEFORE, Kind.UNKNOWN), (Verdict.ACCEPTED, Kind.ACCEPTED)],
)  # fmt: skip
def test_each_exit_of_the_guard_has_its_event(verdict: Verdict, kind: Kind) -> None:
    """A documented refusal is certain; anything else is looked for."""
    stage = Stage(STEP_CASES["restart-controller"])
    stage.progress = replace(stage.progress, facts=stage.run(stage.step.intent))
    stage.guards[M2].answer = replace(stage.guards[M2].answer, verdict=verdict)

    assert stage.run(stage.step.apply).kind is kind


@pytest.mark.fault("F27")
def test_edit_between_commit_and_verification_is_not_overwritten() -> None:
    """A config that is neither before nor after ends the step, with all three shown (F27)."""
    stage = restarting(config_sha="c3c3")
    with pytest.raises(StepFailed, match=r"c3c3.*b2.*a1"):
        stage.run(stage.step.awaited()[0].met)


def test_undo_of_a_restart_exchanges_the_hashes() -> None:
    """The way back is the same step with the old bytes; a mere restart has none."""
    step = STEP_CASES["restart-controller"]
    assert isinstance(step, RestartController)
    back = step.undo()
    assert isinstance(back, RestartController)
    assert (back.sha_before, back.sha_after) == ("b2", "a1")
    assert replace(step, sha_after="-").undo() is None
    assert STEP_CASES["restart-worker"].undo() is None
    assert STEP_CASES["hold"].undo() == Release("konnectivity-agent", settles_within=1800.0)
    assert STEP_CASES["release"].undo() == Hold("konnectivity-agent")
    assert STEP_CASES["patch-config"].undo() == PatchConfig(False)


def test_agent_is_moved_only_where_a_balancer_listens() -> None:
    """Without a listener on its node the pod is not touched: it would come back dark."""
    stage = Stage(MoveAgent("k0s-worker-1", W1))
    stage.api.answers[LIST] = {"items": [pod("u1")]}
    with pytest.raises(StepFailed, match="no balancer"):
        stage.run(stage.step.intent)
    assert stage.api.calls == []


def test_moved_agent_must_be_counted_by_every_server() -> None:
    """4/0/0 before; 4/1/1 is right, 4/1/0 and 3/1/1 are not yet."""
    step = MoveAgent("k0s-worker-1", W1)
    facts = (("uid", "u1"), (f"agents:{M1}", "4"), (f"agents:{M2}", "0"), (f"agents:{M3}", "0"))
    for counts, enough in (((4, 1, 1), True), ((4, 1, 0), False), ((3, 1, 1), False), ((4, 0, 0), False)):
        stage = Stage(step, incident().agents(*counts))
        stage.progress = replace(stage.progress, facts=facts, attempt=1)
        (counted,) = step.awaited()
        if enough:
            stage.run(counted.met)
        else:
            with pytest.raises(NotYet):
                stage.run(counted.met)


def test_agent_of_the_newest_template_needs_no_move() -> None:
    """Twice is once: a pod made from the present template stays."""
    stage = Stage(MoveAgent("k0s-worker-1", W1))
    stage.api.answers[path_of("konnectivity-agent")] = daemonset()
    new = pod("u2", "--proxy-server-host=localhost")
    new["spec"]["hostNetwork"] = True
    stage.api.answers[LIST] = {"items": [new]}
    assert stage.run(stage.step.check) is Check.DONE
    stage.api.answers[LIST] = {"items": [pod("u1")]}
    assert stage.run(stage.step.check) is Check.NEEDED


def test_an_agent_that_was_moved_forth_is_moved_back() -> None:
    """The uid that was deleted on the way forth is gone, and says nothing of the way back."""
    stage = Stage(MoveAgent("k0s-worker-1", W1, everywhere=False))
    stage.api.answers[path_of("konnectivity-agent")] = daemonset()
    stage.api.answers[LIST] = {"items": [pod("u2")]}
    moved = (("way", "forth"), ("uid", "u1"))
    stage.progress = replace(stage.progress, attempt=1, facts=moved)
    assert stage.run(stage.step.check) is Check.DONE
    stage.progress = replace(stage.progress, back=True)
    assert stage.run(stage.step.check) is Check.NEEDED


def test_pod_of_another_config_hash_is_old() -> None:
    """kube-proxy's template changes by one annotation only (from 1.36.1): its pods must still be moved."""
    stage = Stage(MoveAgent("k0s-worker-1", W1))
    newer, old = daemonset(), pod("u1", "--proxy-server-host=localhost")
    newer["spec"]["template"]["metadata"] = {"annotations": {"k0sproject.io/config-hash": "new"}}
    old["spec"]["hostNetwork"] = True
    old["metadata"]["annotations"] = {"k0sproject.io/config-hash": "old"}
    stage.api.answers |= {path_of("konnectivity-agent"): newer, LIST: {"items": [old]}}
    assert stage.run(stage.step.check) is Check.NEEDED
    old["metadata"]["annotations"] = {"k0sproject.io/config-hash": "new", "other": "x"}
    assert stage.run(stage.step.check) is Check.DONE


def test_flip_is_read_by_content() -> None:
    """Template, kube-proxy and every worker-config must all say so, with every controller."""
    flip = Flip()
    assert len(flip.missing(incident(), 3)) == 3
    assert flip.missing(held_cluster(), 3) == []
    with pytest.raises(NotYet):
        Stage(flip).run(flip.check)


def held_cluster() -> Cluster:
    from tests.builders import a_cluster

    return a_cluster().held()


def test_trapped_agents_are_those_that_know_too_few() -> None:
    """Only agents that believe in fewer servers than there are get deleted (the server-count trap)."""
    from tests.builders import a_cluster

    trapped = a_cluster().open_known((3, 3), (2, 2), (3, 3), (None, None))
    assert Columns.trapped(trapped, 3) == ("k0s-worker-2",)
    stage = Stage(Columns(M2), trapped)
    stage.api.answers["/version"] = {}
    assert stage.act().kind is Kind.ACCEPTED
    assert [call.verb for call in stage.api.calls] == ["DELETE"]
    body = json.loads(stage.api.calls[0].body)
    assert body["preconditions"]["uid"]
    assert body["gracePeriodSeconds"] == 1


def test_trapped_agents_are_made_anew_one_by_one() -> None:
    """The next only when the one before looks for all servers again."""
    from tests.builders import a_cluster

    two = a_cluster().agents(2, 4, 4).open_known((2, 2), (3, 3), (1, 1), (3, 3))
    stage = Stage(Columns(M2), two)
    stage.api.answers["/version"] = {}
    stage.act()
    assert stage.world().fact("node") == "k0s-worker-3"
    assert stage.run(stage.step.outcome).kind is Kind.UNKNOWN

    stage.progress = replace(stage.progress, facts=(("node", "k0s-worker-3"), ("uid", "of the pod that is gone")))
    stage.snapshot = a_cluster().agents(3, 4, 4).open_known((2, 2), (3, 3), (3, 3), (3, 3)).steady()
    found = stage.run(stage.step.outcome)
    assert (found.kind, "next: k0s-worker-1" in found.why) == (Kind.NOT_STARTED, True)
    stage.snapshot = a_cluster().steady()
    assert stage.run(stage.step.outcome).kind is Kind.READY


def test_no_agent_is_made_anew_where_it_would_be_dark() -> None:
    """The template dials localhost already, and its node has no balancer yet."""
    from tests.builders import a_cluster

    flipped = (
        a_cluster().open_known((3, 3), (2, 2), (3, 3), (3, 3)).where("k0s-worker-2", balancer=Balancer(False, False))
    )
    assert Columns.trapped(flipped, 3) == ()
    with pytest.raises(StepFailed):
        Stage(Columns(M2), flipped).act()


@pytest.mark.fault("F61")
@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {"argocd.argoproj.io/instance": "prod"}},
        {"annotations": {"kustomize.toolkit.fluxcd.io/ssa": "merge"}},
        {"labels": {"app.kubernetes.io/managed-by": "Helm"}},
        {"managedFields": [{"manager": "argocd-controller"}]},
    ],
)
def test_object_of_gitops_is_left_alone(metadata: dict[str, Any]) -> None:
    """What Argo CD, Flux or Helm owns would be put back: the plan ends before it (D-03, F61)."""
    assert gitops_owner({"metadata": metadata})
    stage = Stage(PatchConfig())
    stage.api.answers[OBJECT] = {"metadata": {"resourceVersion": "7", **metadata}, "spec": {}}
    with pytest.raises(StepFailed, match="managed by"):
        stage.run(stage.step.intent)
    assert stage.api.calls == []


def test_config_object_is_patched_whole_and_tested_dry_first() -> None:
    """The prior block with enabled true, after a dry run, and kept on every controller before (D-05)."""
    stage = Stage(PatchConfig())
    block = {"enabled": False, "type": "EnvoyProxy"}
    stage.api.answers[OBJECT] = {
        "metadata": {"resourceVersion": "7"},
        "spec": {"network": {"nodeLocalLoadBalancing": block}},
    }
    stage.api.answers[EVENTS] = {"items": []}
    assert stage.act().kind is Kind.ACCEPTED
    dry, real = stage.api.calls
    assert dry.path == f"{OBJECT}?dryRun=All"
    assert json.loads(real.body)[-1]["value"] == {"enabled": True, "type": "EnvoyProxy"}
    assert all(guard.staged[0][0] == "resource" for host, guard in stage.guards.items() if "master" in host)


def test_a_change_that_failed_to_reconcile_can_be_taken_back() -> None:
    """What refuses another change is what its own way back mends."""
    failed = {"items": [{"reason": "FailedReconciling", "lastTimestamp": "2026-01-01T00:00:00Z"}]}
    for step, refused in ((PatchConfig(), True), (PatchConfig(on=False), False)):
        stage = Stage(step)
        stage.api.answers |= {OBJECT: {"metadata": {"resourceVersion": "8"}, "spec": {}}, EVENTS: failed}
        if refused:
            with pytest.raises(StepFailed, match="FailedReconciling"):
                stage.act()
        else:
            assert stage.act().kind is Kind.ACCEPTED


@pytest.mark.fault("F60")
def test_failed_reconcile_of_one_controller_fails_the_step() -> None:
    """One FailedReconciling counts, whatever succeeded before or elsewhere (F60)."""
    stage = Stage(PatchConfig())
    stage.api.answers[OBJECT] = {"metadata": {"resourceVersion": "8"}, "spec": {}}
    events = [
        {"reason": "SuccessfulReconcile", "source": {"host": "a"}, "involvedObject": {"resourceVersion": "8"}},
        {"reason": "SuccessfulReconcile", "source": {"host": "b"}, "involvedObject": {"resourceVersion": "7"}},
    ]
    (reconciled,) = stage.step.awaited()
    stage.api.answers[EVENTS] = {"items": events}
    with pytest.raises(NotYet, match="1 of 3"):
        stage.run(reconciled.met)
    events.append({"reason": "FailedReconciling", "source": {"host": "c"}, "involvedObject": {"resourceVersion": "8"}})
    with pytest.raises(StepFailed):
        stage.run(reconciled.met)
