"""Workers: one row each, problems first, and the story of one, from its balancer to what its agent believes."""

from __future__ import annotations

from k0stui.model.cluster import HostObservation
from k0stui.model.konnectivity import Row as AgentRow
from k0stui.model.kubernetes import Node
from k0stui.model.nllb import Balancer
from k0stui.model.observed import Known, Unknown, value_or
from k0stui.present.cells import Cell, Line, Tone, age, percent
from k0stui.present.controllers import k0s_cell, row_tone, up_cell
from k0stui.present.look import Look
from k0stui.present.states import age_cell, cell, oldest, rank, silence
from k0stui.present.story import common_lines, fact, told
from k0stui.present.table import Column, Row
from k0stui.rules.facts.wording import names

COLUMNS = (
    Column("name", "3 WORKERS", 13, grow=True, cut="middle"),
    Column("k0s", "k0s", 4),
    Column("kubelet", "kubelet", 7),
    Column("nllb", "nllb", 4),
    Column("agent", "agent", 5),
    Column("links", "links", 5),
    Column("dials", "agent dials", 16),
    Column("up", "up", 4, priority=3),
    Column("age", "age", 4, priority=1),
)


def worker_rows(look: Look) -> tuple[Row, ...]:
    """One row a worker, problems first, else in the order of the inventory; hosts whose role is not known yet too."""
    agents = {row.agent: row for row in look.matrix.rows}
    hosts = [host for host in look.snapshot.hosts if host.is_worker or host.known_role is None]
    rows = [_row(host, look, agents.get(host.node)) for host in hosts]
    return tuple(sorted(rows, key=lambda row: rank(row.tone)))


def _row(host: HostObservation, look: Look, agent: AgentRow | None) -> Row:
    if note := silence(host, look):
        return Row(host.name, (Cell(host.name), *(Cell("") for _ in COLUMNS[1:])), note.tone, note=note)
    cells = (
        Cell(host.name),
        cell(host.service, k0s_cell),
        kubelet_cell(host, look),
        cell(host.balancer, balancer_cell),
        agent_cell(host),
        links_cell(agent, look),
        Cell(agent.target or "-" if agent else "-"),
        cell(host.service, lambda service: up_cell(service, look)),
        age_cell(oldest((host.service, host.agent_metrics, host.balancer), look.now) or host.connection, look),
    )
    return Row(host.name, cells, row_tone(host, cells, look))


def node_of(host: HostObservation, look: Look) -> Known[Node] | Unknown:
    """Its Node object, from whichever API server told last."""
    nodes = look.snapshot.any_api(lambda api: api.nodes)
    if isinstance(nodes, Unknown):
        return nodes
    found = next((node for node in nodes.value if node.name == host.node), None)
    return Known(found, nodes.at) if found else Unknown("there is no Node of this name", nodes.at)


def kubelet_cell(host: HostObservation, look: Look) -> Cell:
    def word(node: Node) -> Cell:
        return Cell("ready", Tone.OK) if node.is_ready else Cell("NOT rdy", Tone.CRIT)

    return cell(node_of(host, look), word)


def balancer_cell(balancer: Balancer) -> Cell:
    """`on`, `off`, or `half` where only one of its two ports listens."""
    if balancer.listens:
        return Cell("on", Tone.OK)
    return Cell("off") if balancer.is_absent else Cell("half", Tone.WARN)


def agent_cell(host: HostObservation) -> Cell:
    return cell(host.agent_process, lambda _: Cell("run", Tone.OK))


def links_cell(agent: AgentRow | None, look: Look) -> Cell:
    """Links that are up by the servers' count, which beats what the agent believes."""
    servers = len(look.matrix.controllers)
    if agent is None or not servers:
        return Cell("?", Tone.UNKNOWN)
    if all(column.agents is None for column in look.matrix.columns):
        return Cell(f"?/{servers}", Tone.UNKNOWN)
    unsure = "" if look.matrix.is_complete else "?"
    return Cell(f"{agent.up}/{servers}{unsure}", Tone.OK if agent.up >= servers else Tone.WARN)


# The story of one


def worker_story(look: Look, name: str) -> tuple[Line, ...]:
    """What is known of one worker, with how it was asked; empty for a name that is none."""
    host = look.snapshot.find(name)
    if host is None:
        return ()
    agent = next((row for row in look.matrix.rows if row.agent == host.node), None)
    return (
        *common_lines(host, look),
        fact("nllb", _balancer(host)),
        fact("kubelet", _kubelet(host, look)),
        fact("proxy", told(host.kube_proxy, lambda found: f"kube-proxy talks to {', '.join(found) or 'nobody'}")),
        fact("agent", _agent(host)),
        fact("", _believes(host, agent)),
        fact("reach", _reach(host)),
        fact(
            "disk", told(host.disks, lambda disks: ", ".join(f"{one.mount} {percent(one.used_share)}" for one in disks))
        ),
    )


def _balancer(host: HostObservation) -> Cell:
    def word(balancer: Balancer) -> str:
        if balancer.is_absent:
            return "off: nothing listens for the API (7443) or konnectivity (7132) on its loopback"
        parts = f"API {_listens(balancer.api_listens)}, konnectivity {_listens(balancer.konnectivity_listens)}"
        upstreams = value_or(host.upstreams, None)
        return parts + (f"; leads to {', '.join(upstreams.konnectivity)}" if upstreams else "")

    return told(host.balancer, word)


def _listens(listens: bool) -> str:
    return "listens" if listens else "does NOT listen"


def _kubelet(host: HostObservation, look: Look) -> Cell:
    def word(node: Node) -> str:
        beat = node.ready.last_heartbeat_time if node.ready else None
        heard = f", heartbeat {age((look.now - beat).total_seconds())} ago" if beat else ""
        return f"Node {'Ready' if node.is_ready else 'NOT Ready'}{heard}"

    kubelet = value_or(host.kubelet, None)
    through = f"; API by {kubelet.server}" if kubelet and kubelet.server else ""
    found = told(node_of(host, look), word)
    return Cell(found.text + through, found.tone)


def _agent(host: HostObservation) -> Cell:
    return told(host.agent_process, lambda found: f"pid {found.pid}, dials {found.target_host}:{found.target_port}")


def _believes(host: HostObservation, agent: AgentRow | None) -> Cell:
    held = f"; servers have {agent.up} of its links" if agent else ""
    return told(
        host.agent_metrics,
        lambda found: f"believes: open {_number(found.open)}, known {_number(found.known)} (its metrics){held}",
    )


def _number(value: int | None) -> str:
    return "nothing" if value is None else str(value)


def _reach(host: HostObservation) -> Cell:
    def word(ports: tuple[object, ...]) -> str:
        closed = [f"{port.address}:{port.port} {port.why}" for port in ports if not port.open]  # type: ignore[attr-defined]
        if closed:
            return f"closed from here: {names(closed)}"
        return f"all {len(ports)} ports of controllers (6443, 8132) are open from here"

    return told(host.reach, word)
