"""Every recorded state of the real cluster, seen through our own probes, shows the facts that its README names."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import pytest

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.observed import Known, Lack, Unknown, require
from tests.recorded import CONTROLLERS, STATES, WORKERS, RecordedShell, recorded_snapshot, subject
from tests.recordings import recording

NO = None
"""`–` of the README: it was asked, and there is none."""


@cache
def seen(state: str) -> ClusterSnapshot:
    recording(state)
    return asyncio.run(recorded_snapshot(state))


def of(state: str, hosts: dict[str, str], fact: Any) -> dict[str, Any]:
    """`fact` of each host in the state's folder, by the README's short names m1, w1."""
    short = {name: f"{name[4]}{name[-1]}" for name in hosts}
    return {short[name]: fact(seen(state).host(name)) for name in hosts if name in recording(state).hosts}


def agents(host: HostObservation) -> int | None:
    return host.konnectivity_metrics.value.agents if isinstance(host.konnectivity_metrics, Known) else None


def server_count(host: HostObservation) -> int | None:
    return host.konnectivity_server.value.server_count if isinstance(host.konnectivity_server, Known) else None


def belief(host: HostObservation) -> tuple[int | None, int | None]:
    metrics = require(host.agent_metrics)
    return metrics.open, metrics.known


R = {
    "incident": {"m1": 4, "m2": 0, "m3": 0},
    "incident-vip": {"m1": 4, "m2": 0, "m3": 0},
    "transition-1": {"m1": 2, "m2": 0, "m3": 0},
    "transition-2-dark": {"m1": 0, "m2": 0, "m3": 0},
    "transition-3-w1": {"m1": 1, "m2": 1, "m3": 1},
    "held-after-controllers": {"m1": 4, "m2": 0, "m3": 0},
    "healthy-nllb": {"m1": 4, "m2": 4, "m3": 4},
    "one-controller-down": {"m1": NO, "m2": 4, "m3": 4},
    "power-loss-m2": {"m1": 1, "m3": 4},
    "incident-leader-addr-dynamic": {"m1": 4, "m2": 0},
    "dynamic-healthy-nllb": {"m1": 4},
    "v1.36-incident": {"m1": 4, "m2": 0},
    "v1.36-healthy-nllb": {"m1": 4, "m2": 4},
    "v1.36-known-count-trap": {"m2": 3},
}


def test_every_state_is_looked_at() -> None:
    """No recorded state with an index is left out of these tests."""
    assert set(R) == set(STATES)


@pytest.mark.parametrize("state", STATES)
def test_agents_of_each_server(state: str) -> None:
    """R of each controller is the README's; of a stopped one it is unknown and not 0."""
    assert of(state, CONTROLLERS, agents) == R[state]


ALL = ("w1", "w2", "w3", "w4")
BELIEFS = {
    "incident": dict.fromkeys(ALL, (1, 3)),
    "incident-vip": dict.fromkeys(ALL, (1, 3)),
    "transition-1": {"w1": (1, 3), "w2": (1, 3), "w3": (1, 3), "w4": (NO, 0)},
    "transition-2-dark": dict.fromkeys(ALL, (NO, 0)),
    "transition-3-w1": {"w1": (3, 3), "w2": (NO, 0), "w3": (NO, 0), "w4": (NO, 0)},
    "held-after-controllers": dict.fromkeys(ALL, (1, 3)),
    "healthy-nllb": dict.fromkeys(ALL, (3, 3)),
    "one-controller-down": dict.fromkeys(ALL, (2, 2)),
    "power-loss-m2": dict.fromkeys(ALL, (2, 2)),
    "incident-leader-addr-dynamic": {"w1": (1, 3)},
    "dynamic-healthy-nllb": {"w1": (3, 3)},
    "v1.36-incident": {"w1": (1, 3)},
    "v1.36-healthy-nllb": {"w1": (3, 3)},
    "v1.36-known-count-trap": {"w1": (2, 2)},
}


@pytest.mark.parametrize("state", STATES)
def test_what_agents_believe(state: str) -> None:
    """Open and known of each agent are the README's; one that never connected has no open series."""
    assert of(state, WORKERS, belief) == BELIEFS[state]


@pytest.mark.parametrize("state", STATES)
def test_announced_server_count(state: str) -> None:
    """Servers announce 3, and 2 where one controller is away."""
    expected = 2 if state in ("one-controller-down", "power-loss-m2") else 3
    assert of(state, CONTROLLERS, server_count) == {m: NO if r is NO else expected for m, r in R[state].items()}


ROLLING, ON_DELETE = "RollingUpdate", "OnDelete"
NLLB = "localhost:7132"
DAEMONSETS = {
    "incident": ("10.10.10.41:8132", ROLLING, 4, 4),
    "incident-vip": ("10.10.10.70:8132", ROLLING, 4, 4),
    "transition-1": (NLLB, ROLLING, 4, 2),
    "transition-2-dark": (NLLB, ROLLING, 4, 4),
    "transition-3-w1": (NLLB, ROLLING, 4, 4),
    "held-after-controllers": (NLLB, ON_DELETE, 4, 0),
    "healthy-nllb": (NLLB, ROLLING, 4, 4),
    "one-controller-down": (NLLB, ROLLING, 4, 1),
    "power-loss-m2": (NLLB, ROLLING, 4, 1),
    "incident-leader-addr-dynamic": ("10.10.10.41:8132", ROLLING, 4, 4),
    "dynamic-healthy-nllb": (NLLB, ROLLING, 4, 4),
    "v1.36-incident": ("10.10.10.41:8132", ROLLING, 4, 4),
    "v1.36-healthy-nllb": (NLLB, ROLLING, 4, 4),
    "v1.36-known-count-trap": (NLLB, ROLLING, 4, 4),
}


@pytest.mark.parametrize("state", STATES)
def test_target_strategy_and_rollout(state: str) -> None:
    """The DaemonSet's target, update strategy, ready and updated pods; an absent number is 0."""
    found = require(seen(state).daemonset("konnectivity-agent"))
    target = f"{found.argument('proxy-server-host')}:{found.argument('proxy-server-port')}"
    status = found.status
    read = (target, found.spec.update_strategy.type, status.number_ready, status.updated_number_scheduled)
    assert read == DAEMONSETS[state]


HOLDERS = {
    "incident": ("m1", "m1"),
    "incident-vip": ("m1", "m2"),
    "transition-1": ("m2", "m3"),
    "transition-2-dark": ("m2", "m3"),
    "transition-3-w1": ("m2", "m3"),
    "held-after-controllers": ("m2", "m2"),
    "healthy-nllb": ("m2", "m3"),
    "one-controller-down": ("m2", "m3"),
    "power-loss-m2": ("m3", "m3"),
    "incident-leader-addr-dynamic": ("m1", "m1"),
    "dynamic-healthy-nllb": ("m1", "m1"),
    "v1.36-incident": ("m1", "m1"),
    "v1.36-healthy-nllb": ("m2", "m3"),
    "v1.36-known-count-trap": ("m3", "m3"),
}


@pytest.mark.parametrize("state", STATES)
def test_holders_of_the_leases(state: str) -> None:
    """Who leads, and who writes the worker configuration, by the id that each controller's own lease names."""
    leases = require(seen(state).any_api(lambda api: api.leases))
    owner = {lease.spec.holder_identity: f"m{lease.name[-1]}" for lease in leases if lease.name.startswith("k0s-ctrl-")}
    held = {lease.name: owner.get(lease.spec.holder_identity) for lease in leases}
    line = "1.36" if state.startswith("v1.36") else "1.32"
    leader = require(seen(state).leader)

    assert (held["k0s-endpoint-reconciler"], held[f"k0s-worker-config-{line}"]) == HOLDERS[state]
    assert f"m{leader[-1]}" == HOLDERS[state][0]


IDS = {
    "incident": "d0ca62f7 c5f6383a b44ceca9",
    "incident-vip": "0b22824e 051966ef 00e13d19",
    "transition-1": "8a1df82d 579a0a05 a83fe5ed",
    "transition-2-dark": "8a1df82d 579a0a05 a83fe5ed",
    "transition-3-w1": "8a1df82d 579a0a05 a83fe5ed",
    "healthy-nllb": "8a1df82d 579a0a05 a83fe5ed",
    "held-after-controllers": "39d86237 8e75fbf6 5e2b3663",
    "one-controller-down": "- 579a0a05 a83fe5ed",
    "power-loss-m2": "59f76ff6 a83fe5ed",
    "incident-leader-addr-dynamic": "ebf9b98e 43b6a11f",
    "dynamic-healthy-nllb": "ebf9b98e",
    "v1.36-incident": "6119988c 339e4ea2",
    "v1.36-healthy-nllb": "e32b50ea 7af2841d",
    "v1.36-known-count-trap": "ae4f5c12",
}


@pytest.mark.parametrize("state", STATES)
def test_server_id_is_the_invocation_of_k0s(state: str) -> None:
    """The server's id is k0s' own InvocationID, and never systemd's value of the same name."""

    def identity(host: HostObservation) -> str:
        if not isinstance(host.status, Known):
            return "-"
        server, service = require(host.konnectivity_server), require(host.service)
        assert server.server_id == host.status.value.invocation_id != service.invocation_id
        return server.server_id[:8]

    assert " ".join(of(state, CONTROLLERS, identity).values()) == IDS[state]


WORKER_CONFIG = {
    "incident": (False, "41 42 43"),
    "incident-vip": (False, "70"),
    "one-controller-down": (True, "42 43"),
    "power-loss-m2": (True, "41 43"),
    "incident-leader-addr-dynamic": (False, "41 42 43"),
    "v1.36-incident": (False, "41 42 43"),
}


@pytest.mark.parametrize("state", STATES)
def test_worker_config(state: str) -> None:
    """What workers would be told at a restart now: the balancer on or off, and which API servers."""
    configs = require(seen(state).any_api(lambda api: api.worker_configs))
    (default,) = [one for one in configs if one.name.startswith("worker-config-default-1.")]
    enabled, ends = WORKER_CONFIG.get(state, (True, "41 42 43"))

    assert (f'"enabled":{str(enabled).lower()}' in default.data["nodeLocalLoadBalancing"]) is True
    assert default.data["apiServerAddresses"] == str([f"10.10.10.{n}:6443" for n in ends.split()]).replace(
        "'", '"'
    ).replace(", ", ",")


@pytest.mark.parametrize("state", STATES)
def test_file_and_running_configuration_are_equal(state: str) -> None:
    """No recorded controller has a pending change: its file means what its process was started with."""
    for host in seen(state).controllers:
        if isinstance(host.status, Known):
            running = host.status.value.config
            assert running is not None
            assert require(host.config_file).config.settings == running.settings


BALANCED = {
    "transition-3-w1": {"w1"},
    "healthy-nllb": set(ALL),
    "one-controller-down": set(ALL),
    "power-loss-m2": set(ALL),
    "dynamic-healthy-nllb": {"w1"},
    "v1.36-healthy-nllb": {"w1"},
    "v1.36-known-count-trap": {"w1"},
}


@pytest.mark.parametrize("state", STATES)
def test_which_workers_were_restarted(state: str) -> None:
    """A balancer listens, the kubelet uses it and a file of upstreams lies there, or none of the three."""
    listens = of(state, WORKERS, lambda host: require(host.balancer).listens)
    kubelet = of(state, WORKERS, lambda host: require(host.kubelet).server == "https://127.0.0.1:7443")
    upstreams = of(state, WORKERS, lambda host: bool(require(host.upstreams).konnectivity))

    assert {w for w, on in listens.items() if on} == BALANCED.get(state, set())
    assert listens == kubelet == upstreams


TUNNELS = {
    "incident": {"m1": 4, "m2": 0, "m3": 0},
    "incident-vip": {"m1": 4, "m2": 0, "m3": 0},
    "transition-1": {"m1": 4, "m2": 0, "m3": 0},
    "transition-2-dark": {"m1": 0, "m2": 0, "m3": 0},
    "held-after-controllers": {"m1": 4, "m2": 0, "m3": 0},
    "one-controller-down": {"m1": NO, "m2": 4, "m3": 4},
    "incident-leader-addr-dynamic": {"m1": 4, "m2": 0},
    "v1.36-incident": {"m1": 4, "m2": 0},
}


@pytest.mark.parametrize("state", STATES)
def test_tunnels_through_each_controller(state: str) -> None:
    """End to end, one agent on a controller serves every node, and none serves none: `No agent available`."""

    def through(api: Any) -> int | None:
        return sum(tunnel.ok for tunnel in api.tunnels.value) if isinstance(api.tunnels, Known) else None

    found = {f"m{api.host[-1]}": through(api) for api in seen(state).apis}
    errors = {
        t.error for api in seen(state).apis if isinstance(api.tunnels, Known) for t in api.tunnels.value if not t.ok
    }

    assert found == TUNNELS.get(state, dict.fromkeys(R[state], 4))
    assert errors <= {"No agent available"}


@pytest.mark.parametrize("state", STATES)
def test_sockets_tell_whose_agents_they_are(state: str) -> None:
    """Distinct peers that stay are as many as R, and the local address tells the way in."""
    for host in seen(state).controllers:
        if isinstance(host.agent_sockets, Known) and isinstance(host.konnectivity_metrics, Known):
            sockets = host.agent_sockets.value
            if state not in ("transition-1", "power-loss-m2"):
                assert len(sockets.peers) == host.konnectivity_metrics.value.agents
            through = {socket.local for socket in sockets.stable}
            assert through <= ({"10.10.10.70"} if state in ("incident-vip", "transition-1") else {host.address})


@pytest.mark.parametrize("state", STATES)
def test_kube_proxy_connections(state: str) -> None:
    """kube-proxy stays at the server it started with; it is at the balancer after a restart of its own."""
    found = {
        target for targets in of(state, WORKERS, lambda host: require(host.kube_proxy)).values() for target in targets
    }
    old = {
        "incident": {"10.10.10.41:6443"},
        "incident-vip": {"10.10.10.70:6443"},
        "transition-1": {"10.10.10.70:6443"},
        "transition-2-dark": {"10.10.10.70:6443"},
        "transition-3-w1": {"10.10.10.70:6443"},
        "held-after-controllers": {"10.10.10.41:6443"},
        "incident-leader-addr-dynamic": {"10.10.10.41:6443"},
        "v1.36-incident": {"10.10.10.41:6443"},
    }
    assert found == old.get(state, {"127.0.0.1:7443"})


def test_stopped_controller_is_told_in_words() -> None:
    """Of a stopped controller nothing is a number: each answer says what is not there, and the unit says why."""
    host = seen("one-controller-down").host("k0s-master-1")

    assert (require(host.service).active, require(host.service).enabled) == ("inactive", "enabled")
    assert require(host.api_ready).status == 0
    assert [type(answer) for answer in (host.status, host.etcd_health, host.etcd_members)] == [Unknown] * 3
    assert isinstance(host.status, Unknown)
    assert "does not answer on its status socket" in host.status.why


def test_lost_host_is_unreachable_and_an_unasked_one_is_not() -> None:
    """A controller without power is unreachable; one outside the folder was never asked: neither is 0."""
    lost = seen("power-loss-m2").host("k0s-master-2")
    unasked = seen("v1.36-incident").host("k0s-master-3")

    assert [one.connection.lack for one in (lost, unasked) if isinstance(one.connection, Unknown)] == [
        Lack.UNREACHABLE,
        Lack.NOT_ASKED,
    ]
    assert isinstance(lost.konnectivity_metrics, Unknown)
    assert isinstance(unasked.konnectivity_metrics, Unknown)


def test_virtual_ip_is_an_address_of_the_host_that_holds_it() -> None:
    """The DaemonSet's target in incident-vip leads to m1, because that host holds the address now."""
    holder = seen("incident-vip").at_address("10.10.10.70")
    assert holder is not None
    assert holder.name == "k0s-master-1"


@pytest.mark.parametrize("state", STATES)
def test_second_look_is_ten_seconds_older(state: str) -> None:
    """Where counters of the same minute were recorded, an earlier look has them, and only of hosts asked."""
    now = seen(state)
    assert now.earlier is not None
    assert (now.taken_at - now.earlier.taken_at).total_seconds() >= 10
    for host in now.earlier.hosts:
        was = host.konnectivity_metrics
        value = now.host(host.name).konnectivity_metrics
        assert isinstance(value, Known) or not isinstance(was, Known)
        if isinstance(was, Known) and isinstance(value, Known):
            assert value.value.no_agent >= was.value.no_agent
            assert (value.at - was.at).total_seconds() >= 9


@pytest.mark.parametrize(
    ("state", "flood"), [("incident", True), ("held-after-controllers", True), ("healthy-nllb", False)]
)
def test_flood_is_a_rate_and_not_what_stands_in_the_journal(state: str, flood: bool) -> None:
    """The counter rises by tens per second in the incident and stands still once healed, whatever old rows say."""
    now = seen(state)
    assert now.earlier is not None
    for name in ("k0s-master-2", "k0s-master-3"):
        old, new = now.earlier.host(name).konnectivity_metrics, now.host(name).konnectivity_metrics
        assert isinstance(old, Known)
        assert isinstance(new, Known)
        rate = (new.value.no_agent - old.value.no_agent) / (new.at - old.at).total_seconds()
        assert (rate > 20) if flood else (rate == 0)
    assert require(seen("healthy-nllb").host("k0s-master-1").log_signs).count("no-agent") == 787


@pytest.mark.parametrize("state", STATES)
async def test_shell_tells_the_time_of_the_recording(state: str) -> None:
    """An answer is as old as it was when it was recorded: clocks of hosts and of the recorder agree."""
    for name in recording(state).hosts:
        assert abs(require(seen(state).host(name).clock).offset) < 1
        assert RecordedShell(state, name).host == name
        assert subject(name).role is not None
