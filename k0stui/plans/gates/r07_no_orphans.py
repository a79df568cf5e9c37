"""R-07: no second etcd, API server or konnectivity-server, and none that has lost its k0s (k0s#7901)."""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.model.observed import require
from k0stui.plans.asked import Process
from k0stui.plans.gates.gate import Fail, Gate, Situation, fresh, those

COMPONENTS = ("etcd", "kube-apiserver", "konnectivity-server")


def check(situation: Situation) -> str:
    host = situation.target
    if not host.role.is_controller or situation.helping:
        return "not asked here"
    processes = require(situation.told(host.name).processes, f"{host.name}: processes")
    wrong = [f"{host.name}: {it}" for name in COMPONENTS for it in _problems(name, _of(processes, host.data_dir, name))]
    server = fresh(situation, situation.seen(host.name).konnectivity_server, f"{host.name}: konnectivity-server")
    if server.pids and server.pids != (server.pid,):
        wrong.append(f"{host.name}: konnectivity-server runs as {', '.join(map(str, server.pids))}")
    if wrong:
        raise Fail(those(set(wrong)), "end the orphan by hand")
    return f"one of each, konnectivity-server has pid {server.pid}"


def _of(processes: tuple[Process, ...], data_dir: str, name: str) -> list[Process]:
    """Those that k0s started: from its own folder. Another etcd of this machine is nobody's orphan."""
    program = f"{data_dir}/bin/{name}"
    return [it for it in processes if program in it.words[:2]]


def _problems(name: str, found: list[Process]) -> Iterator[str]:
    if len(found) > 1:
        yield f"{name} runs as {', '.join(str(it.pid) for it in found)}"
    yield from (f"{name} {it.pid} has lost its k0s" for it in found if it.parent == 1)


GATE = Gate("R-07", "no orphans", check)
