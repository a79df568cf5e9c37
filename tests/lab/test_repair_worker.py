"""One worker restarted on real hosts, from the plan to the proof: short enough to be carried out with every change."""

from __future__ import annotations

import time

import pytest

from tests.lab import repair, repair_hosts
from tests.lab.hosts import CONTROLLERS, WORKERS
from tests.lab.repair_poller import polling


@pytest.mark.usefixtures("whole")
@pytest.mark.timeout(1200)
def test_one_worker_is_restarted_and_all_is_proven() -> None:
    """k0s is started anew there and nowhere else, no controller goes down, every lock is given back."""
    repair_hosts.clear()
    worker, began = repair_hosts.longest_up(), time.time()
    with repair.operator() as someone, polling() as poller:
        carried = someone.start("run", "restart-workers", "--only", worker.name, "--confirm", worker.name)
        assert carried.end() == 0, carried.said
        operation = carried.operation

    assert repair.is_done(operation)
    assert repair.touched(operation) == {worker.name}
    started = {host.name: len(set(repair_hosts.starts(host, began))) for host in (*CONTROLLERS, *WORKERS)}
    assert {name: count for name, count in started.items() if count} == {worker.name: 1}
    assert poller.most_down()[0] == 0
    assert {repair_hosts.lock_line(host) for host in (*CONTROLLERS, worker)} == {"1 - -"}
    repair_hosts.clear()
