"""The matrix as a grid for the screen, what its signs mean, and the story of one cell: both sides and their ages."""

from __future__ import annotations

from datetime import datetime

from k0stui.model.konnectivity import Certainty, Column, Link, LinkState, Row
from k0stui.model.observed import Known, value_or
from k0stui.present.ages import is_old
from k0stui.present.cells import Cell, Line, Tone, age, line, sign
from k0stui.present.grid import Grid, Heading
from k0stui.present.look import Look
from k0stui.present.matrix import TONES, WORDS, column_cell, row_cell, sides
from k0stui.present.states import rank
from k0stui.present.story import fact, told
from k0stui.rules.facts.wording import names

MODES = ("state and age", "age", "count")
"""What `v` steps through."""

LEGEND: tuple[Line, ...] = (
    line("  ● up  ✖ lost  · never  ◌ stale  ? unknown", tone=Tone.DIM),
    line("  ≠ the two sides disagree   s, a: only that", tone=Tone.DIM),
    line("  side, the server's or the agent's, was heard", tone=Tone.DIM),
)

WIDE_LEGEND: tuple[Line, ...] = (
    line("  ● up  ✖ lost  · never  ◌ stale  ? unknown  ≠ the two sides disagree", tone=Tone.DIM),
    line("  s only the server's side was heard   a only the agent's side", tone=Tone.DIM),
)


def grid_of(look: Look, mode: str = MODES[0], *, short: bool = False) -> Grid:
    """Agents down, controllers across, the servers' own counts on top; `short` leaves out what each agent says."""
    seen = look.matrix
    cells = tuple(
        tuple(_cell(seen.link(agent, name), look, mode) for name in seen.controllers) for agent in seen.agents
    )
    return Grid(
        "server says",
        Cell("") if short else Cell(f"{seen.up}/{seen.expected}{'' if seen.is_complete else '?'}", _whole(look)),
        tuple(_row(row, look, short=short) for row in seen.rows),
        tuple(Heading(column.controller, column.controller, _total(column, look.now)) for column in seen.columns),
        cells,
    )


def _whole(look: Look) -> Tone:
    if not look.matrix.is_complete:
        return Tone.UNKNOWN
    if look.matrix.up < look.matrix.expected:
        return Tone.WARN
    return Tone.STALE if is_old(look.snapshot) else Tone.OK


def _total(column: Column, now: datetime) -> Cell:
    cell = column_cell(column)
    return Cell(f"{cell.text}  {age((now - column.at).total_seconds())}" if column.at else cell.text, cell.tone)


def _row(row: Row, look: Look, *, short: bool) -> Heading:
    servers = len(look.matrix.controllers)
    says = row_cell(row, servers)
    tone = Tone.OK if row.up >= servers else Tone.WARN
    if says.tone is Tone.DIFFER:
        tone = Tone.DIFFER
    elif not look.matrix.is_complete and rank(tone) > rank(Tone.UNKNOWN):
        tone = Tone.UNKNOWN
    total = Cell("") if short else Cell(f"{row.up}/{servers}", tone)
    return Heading(row.agent, row.agent, total, tone, "" if short else f"says {says.text}")


def _cell(link: Link, look: Look, mode: str) -> Cell:
    """A sign, a word, an age: `● 5s`, `· never`; which side alone was heard comes last."""
    tone, side = TONES[link.state], sides(link)
    aged = age((look.now - link.at).total_seconds()) if link.at else ""
    match mode:
        case "age":
            text = f"{sign(tone)} {aged or '-'}"
        case "count":
            text = f"{sign(tone)} {_count(link)}"
        case _ if link.state is LinkState.UP:
            text = f"{sign(tone)} {aged or 'up'}"
        case _:
            text = f"{sign(tone)} {WORDS[link.state]}"
    return Cell(f"{text} {side}".rstrip(), tone)


def _count(link: Link) -> str:
    """Both sides as numbers: the server's 1 or 0, the agent's 1 or 0, `?` where one is not known."""
    return "/".join("?" if side is None else str(int(side)) for side in (link.server_side, link.agent_side))


CERTAINTY = {
    Certainty.CERTAIN: "certain",
    Certainty.LIKELY: "likely",
    Certainty.UNKNOWN: "cannot be told",
}

STATES = {
    LinkState.UP: "UP",
    LinkState.LOST: "LOST: it was up in an earlier look",
    LinkState.NEVER: "NEVER SEEN",
    LinkState.UNKNOWN: "UNKNOWN",
    LinkState.STALE: "STALE",
    LinkState.DIFFERS: "THE TWO SIDES DISAGREE",
}


def link_story(look: Look, agent: str, controller: str) -> tuple[Line, ...]:
    """One cell: each source with its age, how sure it is, what follows; empty where there is no such cell."""
    link = next((one for one in look.matrix.links if (one.agent, one.controller) == (agent, controller)), None)
    if link is None:
        return ()
    tone = TONES[link.state]
    head = (
        Cell(f"{agent} x {controller}   ", Tone.HEAD),
        Cell(f"{sign(tone)} {STATES[link.state]}", tone),
        Cell(f"   {CERTAINTY[link.certainty]}", Tone.DIM),
    )
    return (
        head,
        fact("server", _server(look, controller)),
        fact("agent", _agent(look, agent)),
        *(fact("why" if place == 0 else "", text) for place, text in enumerate(link.story)),
        fact("probe", _reach(look, agent)),
        *_tunnel(look, agent, controller),
        *_therefore(look, agent, controller),
    )


def _server(look: Look, controller: str) -> Cell:
    host = look.snapshot.find(controller)
    if host is None:
        return Cell("was not asked: only its lease tells of it", Tone.UNKNOWN)
    wanted = len(look.matrix.agents)
    sockets = value_or(host.agent_sockets, None)
    peers = f"; sockets from {names(sorted(sockets.peers)) or 'nobody'}" if sockets else ""
    metrics = host.konnectivity_metrics
    aged = f"   {age(metrics.age(look.now).total_seconds())}" if isinstance(metrics, Known) else ""
    return told(metrics, lambda one: f"{one.agents} of {wanted} agents by its metrics{peers}{aged}")


def _agent(look: Look, agent: str) -> Cell:
    host = look.snapshot.find(agent)
    row = next((row for row in look.matrix.rows if row.agent == agent), None)
    if host is None or row is None:
        return Cell("was not asked: only its pod tells of it", Tone.UNKNOWN)
    metrics = host.agent_metrics
    dials = f"; dials {row.target}" if row.target else ""
    aged = f"   {age(metrics.age(look.now).total_seconds())}" if isinstance(metrics, Known) else ""
    return told(metrics, lambda one: f"open {_number(one.open)}, known {_number(one.known)}{dials}{aged}")


def _number(value: int | None) -> str:
    return "nothing" if value is None else str(value)


def _reach(look: Look, agent: str) -> Cell:
    host = look.snapshot.find(agent)
    if host is None:
        return Cell("-", Tone.DIM)
    return told(
        host.reach,
        lambda ports: (
            "tcp from this worker: "
            + ", ".join(f"{port.address}:{port.port} {'open' if port.open else port.why}" for port in ports)
        ),
    )


def _tunnel(look: Look, agent: str, controller: str) -> tuple[Line, ...]:
    """The end-to-end question: this node through this controller's own API."""
    api = look.snapshot.api(controller)
    if api is None or not isinstance(api.tunnels, Known):
        return ()
    found = next((tunnel for tunnel in api.tunnels.value if tunnel.node == agent), None)
    if found is None:
        return ()
    said = "ok" if found.ok else f'"{found.error}"'
    aged = age(api.tunnels.age(look.now).total_seconds())
    text = f"GET nodes/{agent}/proxy/healthz through {controller}'s own API: {said}   {aged}"
    return (fact("proof", text, Tone.OK if found.ok else Tone.WARN),)


def _therefore(look: Look, agent: str, controller: str) -> tuple[Line, ...]:
    found = next((one for one in look.diagnosis.causes if {agent, controller} & set(one.subjects)), None)
    return (fact("so", f"{found.rule}: {found.sentence}"),) if found else ()


def title(look: Look) -> Line:
    """The head of the matrix: `4 MATRIX  ▲ 4/12 links`."""
    seen, tone = look.matrix, _whole(look)
    return (Cell("4 MATRIX  ", Tone.HEAD), Cell(f"{sign(tone)} {seen.up}/{seen.expected} links", tone))


def summary(look: Look) -> Line:
    """The matrix in one line, for where there is no room for it: who has how many."""
    seen = look.matrix
    counts = ", ".join(f"{column.controller} {column_cell(column).text}" for column in seen.columns)
    return (
        *title(look),
        Cell(f"   {counts}"),
        *(Cell(f"   {note}", Tone.DIM) for note in seen.notes[:1]),
    )
