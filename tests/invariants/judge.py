"""What must hold: of the fleet at every second, of every act where it lands, and at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from k0stui.demo.controller import Controller
from k0stui.demo.host import CONFIG
from k0stui.engine.journal import read
from k0stui.model.event import Kind
from k0stui.model.operation import Operation, OperationState, StepState
from tests.invariants.wire import Act

if TYPE_CHECKING:
    from tests.invariants.stage import Stage

OP = "op-1"
BUGS = ("KeyError", "TypeError", "AttributeError", "ValueError", "AssertionError", "IndexError", "RuntimeError")


class Judge:
    """The invariants I1 to I11 and I15, I16, as far as a fleet and its journals show them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def look(self) -> None:
        """Of the fleet, at every second: I1, I6, I7, I10."""
        down = [
            it.name for it in self.stage.fleet.controllers if not it.serves_api and it.name not in self.stage.harmed
        ]
        assert len(down) <= 1, f"I1: {down} are down at once"
        for name, allowed in self.stage.allowed.items():
            file = self.stage.fleet.host(name).files[CONFIG]
            assert file.content in allowed or file.content == self.stage.edited.get(name), (
                f"I6: {name}: {file.content!r}"
            )
            assert file.mode == self.stage.modes[name], f"I6: mode of {name}"
        assert not any(worker.unschedulable for worker in self.stage.fleet.workers), "I10: somebody cordoned"
        assert len(self._workers_down()) <= 1, f"I11: {self._workers_down()}"
        for operator in (self.stage.first, self.stage.second):
            if operator.journal is not None:
                self._judge_operation(operator.operation)

    def _workers_down(self) -> list[str]:
        return [
            it.name for it in self.stage.fleet.workers if it.kubelet_since is None and it.name not in self.stage.harmed
        ]

    def _judge_operation(self, operation: Operation) -> None:
        if operation.state is OperationState.DONE or operation.reason == "done":
            assert not operation.exposed, "I7: done while exposed"
            assert operation.held == (), "I7: done while held"
            assert self.stage.fleet.agents.strategy == "RollingUpdate", "I7: done, and the agents are still held"
            assert all(step.state is StepState.VERIFIED for step in operation.steps), "I7: done with an open step"
        flying = [it for it in operation.steps if it.state.is_in_flight or it.state is StepState.FAILED]
        assert len(flying) <= 1, f"I1: {[it.id for it in flying]}"
        assert not any(bug in operation.reason for bug in BUGS), f"a bug: {operation.reason}"

    def before_restart(self, host: str, words: tuple[str, ...]) -> Act:
        """What must hold for a restart at the moment when it is asked for: I2, I3, I4, I9 are judged if it is done."""
        _, _, epoch, _, step, attempt, *_ = words
        act = Act(host, step, int(attempt), int(epoch), self.stage.clock.monotonic())
        state = words[-1]
        if isinstance(self.stage.fleet.host(host), Controller):
            others = [it for it in self.stage.fleet.controllers if it.name != host]
            self._healthy = sum(it.powered and it.etcd_up is not None for it in others)
            self._unready = [it.name for it in others if not it.serves_api]
            self._helped = state == "any"
        else:
            self._healthy, self._unready, self._helped = 99, [], False
        self._pending = self.stage.fleet.host(host).unit.job
        return act

    def restarted(self, act: Act) -> None:
        """The guard let it through."""
        if not self._helped:
            voters = len(self.stage.fleet.etcd.voters)
            assert self._healthy >= voters // 2 + 1, f"I2: {act} with {self._healthy} of {voters} voters left"
            assert not self._unready, f"I1: {act} while {self._unready} are not ready"
        assert not self._pending, f"I5: {act} while a job is queued"
        same = [it for it in self.stage.acts if (it.host, it.step, it.attempt) == (act.host, act.step, act.attempt)]
        assert not same, f"I5: {act} twice"
        assert act.epoch >= max((it.epoch for it in self.stage.acts), default=0), f"I9: {act} after a higher epoch"
        assert self.stage.plan.host(act.host).machine_id == self.stage.fleet.host(act.host).machine_id, f"I3: {act}"
        self._intent_is_kept(act.step, act.attempt)
        assert any(
            json.loads(line).get("by") == "guard" and f'"step":"{act.step}","attempt":{act.attempt}' in line
            for line in self.records(act.host)
        ), f"I4: {act} is not in its host's record"
        self.stage.acts.append(act)

    def before_api_act(self, path: str) -> None:
        """A change through the API: its intent lies in the journal and on every controller (I4)."""
        operation = self._acting()
        flying = operation.in_flight
        assert [step.state for step in flying] == [StepState.INTENT], f"I4: {path} without an intent"
        self._intent_is_kept(flying[0].id, flying[0].attempt)
        self.stage.api_acts.append(f"{flying[0].id}: {path}")
        for controller in self.stage.fleet.controllers:
            lines = [line for line in self.records(controller.name) if f'"step":"{flying[0].id}"' in line]
            assert any('"kind":"intent"' in line for line in lines), f"I4: {path}: not noted on {controller.name}"

    def _acting(self) -> Operation:
        running = [it for it in (self.stage.first, self.stage.second) if it.is_running]
        flying = [it for it in running if it.operation.in_flight]
        return (flying or running or [self.stage.holder])[-1].operation

    def _intent_is_kept(self, step: str, attempt: int) -> None:
        """Read from the disk, not from memory."""
        for operator in (self.stage.first, self.stage.second):
            if operator.journal is not None:
                for record in read(operator.journal.directory)[1]:
                    if record.payload.kind is Kind.INTENT and (record.step, record.attempt) == (step, attempt):
                        return
        raise AssertionError(f"I4: no journal has an intent of {step}, attempt {attempt}")

    def records(self, host: str) -> list[str]:
        file = self.stage.fleet.host(host).files.get(f"/var/lib/k0stui/ops/{OP}/record.jsonl")
        return file.content.decode().splitlines() if file else []

    def end(self, operation: Operation) -> None:
        """I8, I15: how it ended, and that the records tell of every host that was touched."""
        assert operation.state in (OperationState.UNLOCKED, OperationState.HANDED_OVER, OperationState.NEEDS_HUMAN), (
            f"I16: {operation.state} {operation.reason}"
        )
        touched = {it.host for it in self.stage.acts}
        told = "".join(line for it in self.stage.fleet.controllers for line in self.records(it.name))
        for host in touched:
            assert f'"host":"{host}"' in told, f"I8: no record names {host}"
        for operator in (self.stage.first, self.stage.second):
            if operator.journal is not None:
                _judge_order(operator.journal.directory)


def _judge_order(directory: Path) -> None:
    """I15: a verified step is begun again only by a roll back."""
    verified: set[str] = set()
    for record in read(directory)[1]:
        match record.payload.kind:
            case Kind.VERIFIED:
                verified.add(record.step)
            case Kind.ROLL_BACK:
                verified.clear()
            case Kind.INTENT:
                assert record.step not in verified, f"I15: {record.step} is begun again after it was verified"
            case _:
                pass
