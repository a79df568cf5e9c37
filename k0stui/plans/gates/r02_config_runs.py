"""R-02: the file says what the process runs with, but for the planned change."""

from __future__ import annotations

from k0stui.errors import NotObserved
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh

PLANNED = "network.nodeLocalLoadBalancing.enabled"
"""How the path of the one change ends that a plan makes: of a plan that makes none it is a change like any other."""


def check(situation: Situation) -> str:
    host = situation.target
    seen = situation.seen(host.name)
    file = fresh(situation, seen.config_file, f"{host.name}: config file", SLOW)
    allowed = {situation.plan.setting(f"before:{host.name}"), situation.plan.setting(f"after:{host.name}")} - {""}
    if allowed and file.sha256 not in allowed:
        raise Fail(f"{host.name}: {file.path} was changed since", "make a new plan")
    if situation.helping:
        return f"{file.path} as planned"
    running = fresh(situation, seen.status, f"{host.name}: k0s status", SLOW).config
    if running is None:
        raise NotObserved(f"{host.name}: k0s does not tell what it runs with")
    changes = {path for path, _ in file.config.settings ^ running.settings}
    is_planned = bool(situation.plan.setting(f"after:{host.name}"))
    if others := sorted(path for path in changes if not (is_planned and path.endswith(PLANNED))):
        raise Fail(f"{host.name}: {', '.join(others)} would change too", "settle these edits first")
    return f"{file.path} as running"


GATE = Gate("R-02", "no other change waits", check)
