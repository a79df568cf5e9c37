"""N-10: each config file is a plain one, and still the bytes that the edit was proved on, or those after it."""

from __future__ import annotations

from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, each_controller, fresh, those


def check(situation: Situation) -> str:
    wrong: list[str] = []
    for host, seen in each_controller(situation):
        file = fresh(situation, seen.config_file, f"{host.name}: config file", SLOW)
        if not file.is_regular or file.links != 1:
            wrong.append(f"{host.name}: {file.path} is a link, or has another name too")
        expected = {situation.plan.setting(f"before:{host.name}"), situation.plan.setting(f"after:{host.name}")}
        if file.sha256 not in expected:
            wrong.append(f"{host.name}: {file.path} was changed since")
    if wrong:
        raise Fail(those(wrong), "make a new plan")
    return "one line each; every other byte stays"


GATE = Gate("N-10", "the edit fits", check)
