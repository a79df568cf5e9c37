"""The agent × controller matrix: what two sides tell, and how sure it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k0stui.matrix import matrix
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import HostName, NodeName
from k0stui.model.konnectivity import (
    AgentMetrics,
    AgentSocket,
    AgentSockets,
    Certainty,
    KonnectivityReady,
    Link,
    LinkState,
)
from k0stui.model.observed import Known, Lack
from tests.builders import NOW, VIP, Cluster, a_cluster, unknown
from tests.recorded import recorded_snapshot

M1, M2, M3 = (HostName(f"k0s-master-{n}") for n in (1, 2, 3))
W1, W2, W3, W4 = (NodeName(f"k0s-worker-{n}") for n in (1, 2, 3, 4))


def sockets(*peers: str, local: str = "10.10.10.42") -> AgentSockets:
    rows = tuple(AgentSocket(peer, 40000 + n, local) for n, peer in enumerate(peers))
    return AgentSockets(rows, len(rows), len(rows))


def column(cluster: Cluster, agents: int, *peers: str, local: str = "10.10.10.42") -> Cluster:
    """k0s-master-2's server: so many agents, these peers."""
    return cluster.counters(M2, agents=agents, connects=agents).where(M2, agent_sockets=sockets(*peers, local=local))


def cells(cluster: ClusterSnapshot, controller: HostName) -> list[Link]:
    return [link for link in matrix(cluster).links if link.controller == controller]


def states(cluster: ClusterSnapshot, controller: HostName = M2) -> list[tuple[LinkState, Certainty]]:
    return [(link.state, link.certainty) for link in cells(cluster, controller)]


UP, NEVER, DONT_KNOW = LinkState.UP, LinkState.NEVER, (LinkState.UNKNOWN, Certainty.UNKNOWN)
CERTAIN, LIKELY = Certainty.CERTAIN, Certainty.LIKELY


def test_a_whole_mesh_is_certain_everywhere() -> None:
    """Every server has every agent: 12 of 12, each cell certain, no note."""
    found = matrix(a_cluster())

    assert (found.up, found.expected, found.is_complete, found.notes) == (12, 12, True, ())
    assert {(link.state, link.certainty) for link in found.links} == {(UP, CERTAIN)}


def test_the_incident_is_one_full_column_and_two_empty_ones() -> None:
    """All agents on k0s-master-1: its column is up, the others never were, all for certain."""
    found = a_cluster().incident()

    assert matrix(found).up == 4
    assert states(found, M1) == [(UP, CERTAIN)] * 4
    assert states(found, M2) == states(found, M3) == [(NEVER, CERTAIN)] * 4


def test_peers_name_the_agents_of_a_partial_column() -> None:
    """One agent and one peer that is w1's address: w1 is up, the others are not, for certain."""
    found = column(a_cluster().open_known((3, 3), (2, 3), (2, 3), (2, 3)), 1, "10.10.10.51")

    assert states(found) == [(UP, CERTAIN), (NEVER, CERTAIN), (NEVER, CERTAIN), (NEVER, CERTAIN)]


def test_a_peer_may_be_a_pod_address() -> None:
    """Without a translation the peer is the agent pod's own address."""
    found = a_cluster()
    pods = found.any_api(lambda api: api.agent_pods)
    assert isinstance(pods, Known)
    moved = tuple(
        type(pod)(metadata=pod.metadata, spec=pod.spec, status=type(pod.status)(pod_ip=f"10.244.0.{n}"))
        for n, pod in enumerate(pods.value, 1)
    )

    assert states(column(found.apis_with(agent_pods=moved), 1, "10.244.0.2"))[1] == (UP, CERTAIN)


def test_a_full_count_is_certain_behind_any_translation() -> None:
    """R = W names everybody, though all peers are one balancer's address."""
    assert states(column(a_cluster(), 4, "192.0.2.1")) == [(UP, CERTAIN)] * 4


def test_a_partial_count_behind_a_translation_cannot_be_told() -> None:
    """Two of four agents behind one address: the column's number is all there is."""
    found = column(
        a_cluster().workers_with(agent_metrics=unknown()), 2, "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"
    )

    assert states(found) == [DONT_KNOW] * 4
    assert "some cells cannot be told: read the column's number" in matrix(found).notes
    assert any("NAT" in note for note in matrix(found).notes)


def test_a_way_through_a_virtual_address_is_named() -> None:
    """Sockets whose local address is the VIP: the column says by which way its agents come."""
    found = column(a_cluster(), 4, "10.10.10.51", "10.10.10.52", "10.10.10.53", "10.10.10.54", local=VIP)

    assert matrix(found).columns[1].through == VIP


def test_a_socket_without_a_reconciling_count_is_only_likely() -> None:
    """Two agents, one known peer: that one is likely, the rest cannot be told."""
    found = column(a_cluster().workers_with(agent_metrics=unknown()), 2, "10.10.10.51")

    assert states(found) == [(UP, LIKELY), DONT_KNOW, DONT_KNOW, DONT_KNOW]


def test_sockets_older_than_the_server_prove_nothing() -> None:
    """The server process is newer than the look at its sockets: they were the old one's."""
    found = column(a_cluster().workers_with(agent_metrics=unknown()), 2, "10.10.10.51", "10.10.10.52")
    found = found.counters(M2, started_at=NOW + timedelta(seconds=1))

    assert states(found) == [DONT_KNOW] * 4


def test_an_unheard_server_is_unknown_and_never_empty() -> None:
    """Nobody could ask it: no count, no server's word; an agent without any connection is not there either."""
    found = a_cluster().unreachable(M2).open_known((2, 3), (None, 0), (3, 3), (2, 3))
    shown = matrix(found)

    assert shown.columns[1].agents is None
    assert not shown.is_complete
    assert shown.up == 8
    assert [link.server_side for link in cells(found, M2)] == [None] * 4
    assert states(found)[1:3] == [(NEVER, LIKELY), (UP, LIKELY)]


def test_a_server_known_by_readiness_alone_is_empty() -> None:
    """Metrics refused, health says 200 and readiness 500: exactly no agent."""
    found = a_cluster().where(M2, konnectivity_metrics=unknown(), konnectivity_ready=KonnectivityReady(200, 500))

    assert matrix(found).columns[1].agents == 0


def test_a_count_that_grew_old_is_stale() -> None:
    """What was known longer ago than its limit is drawn as stale, not as up and not as unknown."""
    old = Known(AgentMetrics(3, 3), NOW - timedelta(minutes=2))
    stale = replace(unknown("last answer 120 s ago", Lack.STALE), last=old)

    assert states(a_cluster().where(M2, konnectivity_metrics=stale)) == [(LinkState.STALE, Certainty.UNKNOWN)] * 4


def test_agents_that_claim_what_no_server_has_are_ghosts() -> None:
    """All agents say 3 of 3 while every server is empty: the sides differ, three ghosts each."""
    found = a_cluster().agents(0, 0, 0)
    shown = matrix(found)

    assert {link.state for link in shown.links} == {LinkState.DIFFERS}
    assert [row.ghosts for row in shown.rows] == [3] * 4
    assert "agents count 12 connections, servers hold 0" in shown.notes


def test_the_count_trap_is_a_row_that_knows_too_few() -> None:
    """One agent is content with 2 of 3: its row says so, its cell is never, without ghosts."""
    found = column(
        a_cluster().open_known((2, 2), (3, 3), (3, 3), (3, 3)), 3, "10.10.10.52", "10.10.10.53", "10.10.10.54"
    )
    row = matrix(found).rows[0]

    assert (row.open, row.known, row.up, row.ghosts) == (2, 2, 2, 0)
    assert states(found)[0] == (NEVER, CERTAIN)


def test_lost_is_what_was_up_before() -> None:
    """A link that the servers had in the look before is lost now; one that they had not never was."""
    found = a_cluster().agents(4, 0, 0).workers_with(agent_metrics=unknown()).after(a_cluster().agents(4, 2, 0))

    assert [link.state for link in cells(found, M2)] == [LinkState.LOST, LinkState.LOST, NEVER, NEVER]


def test_a_controller_known_by_its_lease_alone_has_a_column() -> None:
    """Nobody was told of k0s-master-3, its lease is held: a column of unknowns, 12 links expected."""
    found = a_cluster()
    found = replace(found, hosts=tuple(host for host in found.hosts if host.name != M3), apis=found.apis[:2])
    shown = matrix(found)

    assert shown.controllers == (M1, M2, M3)
    assert (shown.up, shown.expected) == (8, 12)


def test_an_agents_own_count_settles_what_is_left() -> None:
    """Connected to two servers for certain and open 2: the third, where it cannot be told, is likely not."""
    found = column(a_cluster().open_known(*[(2, 3)] * 4), 2, "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")

    assert states(found) == [(NEVER, LIKELY)] * 4


def test_more_nodes_than_agents_are_noted() -> None:
    """Three nodes are connected, one agent is let in: likely that one of them, and a note."""
    found = column(a_cluster(), 1, "10.10.10.51", "10.10.10.52", "10.10.10.53")

    assert "3 nodes are connected to k0s-master-2, 1 agents are let in" in matrix(found).notes
    assert states(found)[3][1] is LIKELY


def test_an_address_of_two_nodes_names_nobody() -> None:
    """Both workers report 10.0.2.15: a socket from there proves neither."""
    found = a_cluster().workers_with(addresses=("10.0.2.15",), agent_metrics=unknown())

    assert states(column(found, 1, "10.0.2.15")) == [DONT_KNOW] * 4


@pytest.mark.parametrize(
    ("state", "up", "counts"),
    [
        ("incident", 4, (4, 0, 0)),
        ("incident-vip", 4, (4, 0, 0)),
        ("transition-2-dark", 0, (0, 0, 0)),
        ("transition-3-w1", 3, (1, 1, 1)),
        ("healthy-nllb", 12, (4, 4, 4)),
        ("one-controller-down", 8, (None, 4, 4)),
        ("power-loss-m2", 5, (1, None, 4)),
        ("v1.36-incident", 4, (4, 0, None)),
    ],
)
async def test_recorded_states(state: str, up: int, counts: tuple[int | None, ...]) -> None:
    """A real cluster's columns are what its servers said, and 12 links are expected in every state."""
    found = matrix(await recorded_snapshot(state))

    assert (found.up, found.expected) == (up, 12)
    assert tuple(column.agents for column in found.columns) == counts


async def test_the_first_restarted_worker_is_named_by_its_sockets() -> None:
    """transition-3-w1: one agent on every server, and it is w1's for certain."""
    found = await recorded_snapshot("transition-3-w1")

    for controller in (M1, M2, M3):
        assert states(found, controller) == [(UP, CERTAIN), (NEVER, CERTAIN), (NEVER, CERTAIN), (NEVER, CERTAIN)]


@st.composite
def meshes(draw: st.DrawFn) -> tuple[Cluster, list[set[int]]]:
    """Any agents on any server; each server is heard or not, its sockets are seen, translated or unknown."""
    built = a_cluster()
    truth = [draw(st.sets(st.integers(0, 3))) for _ in built.controllers]
    for host, agents in zip(built.controllers, truth, strict=True):
        peers = [f"10.10.10.{51 + n}" for n in sorted(agents)]
        seen = draw(st.sampled_from(["all", "translated", "none"]))
        shown = sockets(*peers, local=host.address) if seen == "all" else sockets(*("192.0.2.1" for _ in peers[:1]))
        built = built.counters(host.name, agents=len(agents), connects=len(agents))
        built = built.where(host.name, agent_sockets=unknown() if seen == "none" else shown)
        if draw(st.booleans()):
            built = built.where(host.name, konnectivity_metrics=unknown())
    opened = [sum(n in agents for agents in truth) for n in range(4)]
    return built.open_known(*((count or None, 3) for count in opened)), truth


@settings(deadline=None, max_examples=60)
@given(meshes())
def test_what_is_certain_is_true(mesh: tuple[Cluster, list[set[int]]]) -> None:
    """Whatever is missing or translated: a cell called certain is so, and an unheard server is never certain."""
    cluster, truth = mesh
    found = matrix(cluster)

    for server, (controller, agents) in enumerate(zip(found.controllers, truth, strict=True)):
        for n, agent in enumerate(found.agents):
            link = found.link(agent, controller)
            if found.columns[server].agents is None:
                assert link.certainty is not CERTAIN
                assert link.server_side is None
            elif link.certainty is CERTAIN:
                assert link.server_side is (n in agents)


@settings(deadline=None, max_examples=60)
@given(meshes())
def test_counts_add_up(mesh: tuple[Cluster, list[set[int]]]) -> None:
    """The whole is the sum of its heard columns; no column shows more than its server counts; no ghost is invented."""
    cluster, truth = mesh
    found = matrix(cluster)
    heard = [len(agents) for agents, column in zip(truth, found.columns, strict=True) if column.agents is not None]

    assert found.up == sum(heard)
    assert len(found.links) == found.expected == 12
    assert all(row.ghosts == 0 for row in found.rows)
    for column in found.columns:
        sure = [link for link in found.links if link.controller == column.controller and link.server_side]
        assert column.agents is None or len(sure) <= column.agents
