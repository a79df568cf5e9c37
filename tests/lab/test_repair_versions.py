"""The same repair, undisturbed, where it goes another way: dynamic configuration, k0s v1.36.3, and back again."""

from __future__ import annotations

import signal
import time

import pytest

from k0stui.model.event import Kind
from k0stui.model.operation import OperationState
from tests.lab import lab, repair, repair_hosts, view
from tests.lab.fill import Knobs
from tests.lab.hosts import CONTROLLERS, WORKERS
from tests.lab.repair_poller import polling

DYNAMIC = Knobs(flood=60, dynamic=True)
NEWEST = Knobs("v1.36.3+k0s.2", flood=60)


@pytest.mark.slow
@pytest.mark.usefixtures("_lab_ends")
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("knobs", [pytest.param(DYNAMIC, id="dynamic"), pytest.param(NEWEST, id="v1.36.3")])
def test_the_incident_is_cured(knobs: Knobs) -> None:
    """From 4, 0, 0 agents to all twelve links, proven, one agent at a time, never two controllers down (I1)."""
    lab.up(knobs)
    lab.wait_settled(knobs)
    repair_hosts.steady(*CONTROLLERS, *WORKERS)
    began = time.time()
    with repair.operator() as someone, polling() as poller:
        carried = someone.start("run", "nllb", "--confirm", repair.NAME)
        status = carried.end(2400)
        lab.KNOBS.unlink()
        assert (status, repair.is_done(carried.operation)) == (0, True), carried.said

    assert view.columns() == [4, 4, 4]
    assert poller.most_down()[0] <= 1
    assert poller.unexplained(CONTROLLERS[0], 4) == []
    restarted = WORKERS if knobs.dynamic else (*CONTROLLERS, *WORKERS)
    for host in (*CONTROLLERS, *WORKERS):
        assert len(set(repair_hosts.starts(host, began))) == (host in restarted), host.name


@pytest.mark.slow
@pytest.mark.usefixtures("incident")
@pytest.mark.timeout(3000)
def test_half_of_it_is_rolled_back() -> None:
    """After two controllers it is taken back: every k0s.yaml byte for byte as before, nobody held, agents as before."""
    repair_hosts.steady(*CONTROLLERS, *WORKERS)
    before = {host.name: repair_hosts.config_bytes(host) for host in CONTROLLERS}
    with repair.operator() as someone, polling() as poller:
        carried = someone.start("run", "nllb", "--confirm", repair.NAME)
        carried.until(Kind.VERIFIED, "restart-", number=2, limit=900)
        carried.kill_executor()
        stopped = carried.resume()
        stopped.process.send_signal(signal.SIGINT)
        repair.wait(lambda: stopped.operation.state is OperationState.PAUSED, 600, "pause", stopped)
        repair.wait(lambda: not repair.is_executor(stopped.executor), 60, "end of the executor", stopped)
        back = stopped.resume("--roll-back")
        back.end(2400)
        assert (back.operation.state, back.operation.reason) == (OperationState.UNLOCKED, "rolled back"), back.said

    assert {host.name: repair_hosts.config_bytes(host) for host in CONTROLLERS} == before
    assert view.columns() == [4, 0, 0]
    assert poller.most_down()[0] <= 1
