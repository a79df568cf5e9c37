"""C-09: our own process outlives the terminal, and its disk keeps what is written."""

from __future__ import annotations

from k0stui.model.observed import require
from k0stui.plans.gates.gate import Fail, Gate, Situation


def check(situation: Situation) -> str:
    problem = require(situation.own_process, "our own process")
    if problem:
        raise Fail(problem, "loginctl enable-linger, or run it as a user whose processes survive logout")
    return "not killed at logout; journal can be synced"


GATE = Gate("C-09", "we survive logout", check)
