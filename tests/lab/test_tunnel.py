"""The tunnel's diseases arise by themselves, from real connections and the rules that real agents follow."""

from __future__ import annotations

import time

from tests.lab import boot, lab, repair_hosts, view
from tests.lab.faults import inflict, konnectivity
from tests.lab.fill import Knobs
from tests.lab.hosts import CONTROLLERS, WORKERS

MASTER_1, MASTER_2, MASTER_3 = CONTROLLERS
PEERS = "ss -Htn state established '( sport = :8132 )'"


def _tunnel(host_number: int) -> str:
    ask = "k0s kubectl get --raw /api/v1/nodes/k0s-worker-2/proxy/healthz 2>&1; true"
    return boot.run(CONTROLLERS[host_number], "sh", "-c", ask).strip()


def test_the_incident(incident: None) -> None:
    """Four agents on k0s-master-1, none on the others; the tunnel works through the first and through no other."""
    assert view.columns() == [4, 0, 0]
    assert [view.agent_counts(each) for each in WORKERS] == [(1, 3)] * 4
    assert _tunnel(0) == "ok"
    assert "error trying to reach service: No agent available" in _tunnel(1)


def test_sockets_name_the_agents(incident: None) -> None:
    """`ss` on 8132 shows one lasting connection from each worker, in the form that k0s' server gives."""
    first = set(boot.run(MASTER_1, "sh", "-c", PEERS).splitlines())
    time.sleep(1.5)
    lasting = first & set(boot.run(MASTER_1, "sh", "-c", PEERS).splitlines())
    peers = {line.split()[3].rpartition(":")[0] for line in lasting}

    assert peers == {f"[::ffff:{each.address}]" for each in WORKERS}


def test_agents_keep_dialling_the_same_server(incident: None) -> None:
    """Each agent looks for the two servers that it lacks, about once a second, and only k0s-master-1 sees it."""
    series = "konnectivity_network_proxy_server_stream_errors_total"
    ask = f'curl -s http://127.0.0.1:8133/metrics | sed -n \'s/^{series}{{code="Canceled".*segment="from_agent"}} //p\''
    before = int(boot.run(MASTER_1, "sh", "-c", ask))
    time.sleep(4)
    rate = (int(boot.run(MASTER_1, "sh", "-c", ask)) - before) / 4

    assert 2 <= rate <= 5
    assert boot.run(MASTER_2, "sh", "-c", ask) == ""


def test_the_flood(incident: None) -> None:
    """A controller without agents writes 1,900 lines a second and more, where nobody asked for less."""
    for each in CONTROLLERS:
        konnectivity.knob(each, flood=Knobs().flood)
    try:
        time.sleep(3)
        count = "date +%s >/run/since; sleep 5; journalctl -u k0scontroller -o cat --since=@$(cat /run/since) | wc -l"
        lines = int(boot.run(MASTER_2, "sh", "-c", count))
    finally:
        for each in CONTROLLERS:
            konnectivity.knob(each, flood=60)

    print(f"{lines / 5:.0f} lines a second")
    assert lines / 5 >= 1900


def test_the_whole_mesh(whole: None) -> None:
    """With a balancer on each worker every server has every agent, and no server complains."""
    assert view.columns() == [4, 4, 4]
    assert [view.agent_counts(each) for each in WORKERS] == [(3, 3)] * 4
    assert [_tunnel(number) for number in range(3)] == ["ok"] * 3
    listeners = boot.run(WORKERS[0], "ss", "-Hltn", "( sport = :7443 or sport = :7132 )").splitlines()
    assert len(listeners) == 4


def test_the_count_trap(whole: None) -> None:
    """After a low count one server stays without agents, although each agent is content; a restart of agents cures."""
    with inflict("count-trap", "m2"):
        time.sleep(5)
        assert view.columns() == [4, 0, 4]
        assert [view.agent_counts(each) for each in WORKERS] == [(2, 2)] * 4
    lab.wait_until(lambda: view.columns() == [4, 4, 4], 60)


def test_ghosts_of_a_lost_controller(whole: None) -> None:
    """After a power-off agents go on counting the connection: all say three, while two servers run."""
    lab.wait_settled(repair_hosts.WHOLE)  # the trap's rollout may not be over
    with inflict("power-off", "m3"):
        time.sleep(8)
        lab.wait_until(lambda: [view.agent_counts(each) for each in WORKERS] == [(3, 3)] * 4, 10)
        assert "10.10.10.43:8132" in boot.run(WORKERS[0], "ss", "-Htn", "state", "established")
        lab.wait_until(lambda: view.server_count(MASTER_1) == 2, 90)
    lab.wait_reachable(60)
    konnectivity.restart_agents(MASTER_1)  # ghosts outlive the return of the host
