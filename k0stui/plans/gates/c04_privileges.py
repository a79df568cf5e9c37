"""C-04: root without a password, and the tools of the guard, on every host of the plan."""

from __future__ import annotations

from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh, those

TOOLS = frozenset({"flock", "sync", "sha256sum", "timeout"})


def check(situation: Situation) -> str:
    wrong: list[str] = []
    for host in situation.plan.hosts:
        seen = fresh(situation, situation.seen(host.name).privileges, f"{host.name}: rights", SLOW)
        wanted = TOOLS | {"curl"} if host.role.is_controller else TOOLS
        if not seen.sudo:
            wrong.append(f"{host.name}: sudo -n is refused")
        if wanted - seen.tools:
            wrong.append(f"{host.name}: no {', '.join(sorted(wanted - seen.tools))}")
    if wrong:
        raise Fail(those(wrong), "NOPASSWD for this login, or log in as root; install what is missing")
    return f"sudo and tools on {len(situation.plan.hosts)} hosts"


GATE = Gate("C-04", "rights and tools", check)
