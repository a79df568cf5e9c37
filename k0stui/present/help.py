"""The keys of one screen as lines, with the reason where one is not possible now, and the glossary of its signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from k0stui.present.cells import Cell, Line, Tone, line, sign


class HelpRow(NamedTuple):
    """One command."""

    keys: str
    typed: str
    title: str
    help: str
    why_not: str
    id: str


GLOSSARY = (
    (Tone.CRIT, "critical; in the matrix: lost, was up in an earlier look"),
    (Tone.WARN, "warning"),
    (Tone.OK, "as it should be; a link that is up"),
    (Tone.NEVER, "never seen: no look had this link"),
    (Tone.UNKNOWN, "unknown: nobody could tell; never counted as healthy. In parentheses: the value before"),
    (Tone.STALE, "stale: known, but older than three looks"),
    (Tone.DIFFER, "the two sides disagree"),
    (Tone.DENIED, "no permission: sudo -n is refused there"),
)

WORDS = (
    ("host", "a machine reached by ssh"),
    ("agent", "the konnectivity agent of a worker"),
    ("link", "an agent's connection to one controller's konnectivity server"),
    ("nllb", "node-local load balancing: a balancer on each worker that leads to all controllers"),
    ("no-agent/s", "requests a second that found no agent at this controller: logs, exec, webhooks, metrics fail"),
    ("age", "how old the value is; coarse, rounded up"),
)


def help_lines(parts: Mapping[str, Sequence[HelpRow]]) -> tuple[Line, ...]:
    """Each part under its title, then signs and words."""
    lines: list[Line] = []
    for title, rows in parts.items():
        if rows:
            lines += [line(f"KEYS {title}", tone=Tone.HEAD), *(_row(row) for row in rows), ()]
    lines.append(line("SIGNS", tone=Tone.HEAD))
    lines += [(Cell(f"  {sign(tone)}  ", tone), Cell(words)) for tone, words in GLOSSARY]
    lines.append(line("  s / a  only the server's side, only the agent's side was heard"))
    lines += [
        (),
        line("WORDS", tone=Tone.HEAD),
        *((Cell(f"  {word:<11} ", Tone.INFO), Cell(about)) for word, about in WORDS),
    ]
    ids = ", ".join(row.id for rows in parts.values() for row in rows)
    lines += [(), line("IDS", tone=Tone.HEAD), (Cell("  ", Tone.DIM), Cell(ids, Tone.DIM))]
    lines += [(), line('Rebind a key in config.toml, [keys], by its id: "go.logs" = "5,l"', tone=Tone.DIM)]
    return tuple(lines)


def _row(row: HelpRow) -> Line:
    keys = "  ".join(part for part in (row.keys, row.typed) if part)
    tail = f"  NOT NOW: {row.why_not}" if row.why_not else ""
    about = f"{row.title}{f': {row.help}' if row.help else ''}"
    return (
        Cell(f"  {keys:<24} ", Tone.DIM if row.why_not else Tone.INFO),
        Cell(about, Tone.DIM if row.why_not else Tone.PLAIN),
        Cell(tail, Tone.WARN),
    )
