"""R-07: no second konnectivity-server holds the ports (k0s#7901)."""

from __future__ import annotations

from k0stui.plans.gates.gate import Fail, Gate, Situation, fresh


def check(situation: Situation) -> str:
    host = situation.target
    if not host.role.is_controller or situation.helping:
        return "not asked here"
    server = fresh(situation, situation.seen(host.name).konnectivity_server, f"{host.name}: konnectivity-server")
    if server.pids and server.pids != (server.pid,):
        raise Fail(
            f"{host.name}: konnectivity-server runs as {', '.join(map(str, server.pids))}", "end the orphan by hand"
        )
    return f"one konnectivity-server, pid {server.pid}"


GATE = Gate("R-07", "no orphans", check)
