"""C-08: the lock is ours, in our epoch, on every controller and the host at hand; before we have it: free."""

from __future__ import annotations

from k0stui.errors import NotObserved
from k0stui.plans.gates.gate import Fail, Gate, Situation, those
from k0stui.plans.world import Verdict


def check(situation: Situation) -> str:
    names = [host.name for host in situation.controllers]
    if situation.host is not None and situation.host not in names:
        names.append(situation.host)
    operation = situation.operation
    wrong: list[str] = []
    for name in names:
        answer = situation.guard(name)
        if answer.verdict is not Verdict.ACCEPTED:
            raise NotObserved(f"{name}: the guard ended with {answer.verdict.value}, so its lock is not known")
        if answer.epoch is None:
            raise NotObserved(f"{name}: the lock line cannot be read")
        if operation is None and answer.op != "-":
            wrong.append(f"{name}: held by {answer.owner} for {answer.op}")
        if operation is not None and not answer.is_of(operation):
            wrong.append(f"{name}: lock is {answer.op} in epoch {answer.epoch}, by {answer.owner}")
    if wrong:
        raise Fail(those(wrong), "wait for the holder, or adopt its operation; of one that is over: k0stui close")
    return f"{'ours' if operation else 'free'} on {len(names)} hosts"


GATE = Gate("C-08", "the lock", check)
