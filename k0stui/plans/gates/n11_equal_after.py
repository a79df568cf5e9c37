"""N-11: what must be equal on all controllers is, but for the planned change."""

from __future__ import annotations

from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, each_controller, fresh
from k0stui.plans.gates.r02_config_runs import PLANNED


def check(situation: Situation) -> str:
    found = {
        host.name: {
            pair
            for pair in fresh(situation, seen.config_file, f"{host.name}: config file", SLOW).config.cluster_wide
            if not pair[0].endswith(PLANNED)
        }
        for host, seen in each_controller(situation)
    }
    first = next(iter(found.values()))
    paths = {path for pairs in found.values() for path, _ in pairs ^ first}
    if paths:
        raise Fail(f"controllers differ in {', '.join(sorted(paths))}", "make the files alike first")
    return f"{len(found)} files alike"


GATE = Gate("N-11", "configs equal", check)
