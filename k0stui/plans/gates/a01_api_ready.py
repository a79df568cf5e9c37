"""A-01: every controller's own API server is ready, its etcd check included."""

from __future__ import annotations

from k0stui.plans.gates.gate import Fail, Gate, Situation, each_controller, fresh, those


def check(situation: Situation) -> str:
    wrong: list[str] = []
    for host, seen in each_controller(situation):
        ready = fresh(situation, seen.api_ready, f"{host.name}: /readyz")
        if not ready.is_up or ready.failed:
            wrong.append(f"{host.name}: {', '.join(ready.failed) or ready.status}")
    if wrong:
        raise Fail(those(wrong), "wait until every API server is ready")
    return f"{len(situation.controllers)} ready"


GATE = Gate("A-01", "API servers ready", check)
