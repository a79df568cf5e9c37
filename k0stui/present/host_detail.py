"""Every question to one host: its answer, its age, and the command that asked it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

from k0stui.model.cluster import ApiObservation, HostObservation
from k0stui.model.observed import Known, Lack, Unknown
from k0stui.present.cells import Cell, Line, Tone, age, line
from k0stui.present.look import Look
from k0stui.present.states import age_cell, rank, reason
from k0stui.present.story import fact
from k0stui.present.table import Column, Row

COLUMNS = (
    Column("question", "QUESTION", 26),
    Column("answer", "answer", 30, grow=True),
    Column("age", "age", 4),
)

API = "api "
"""In front of the questions to its API server: some have the name of a question to the host."""

SECRETS = frozenset({"content"})
"""Fields that are never shown: a configuration may hold secrets."""


def detail_rows(look: Look, name: str) -> tuple[Row, ...]:
    """One row a question, those without an answer first; what is never asked of such a host is left out."""
    rows = [
        Row(key, (Cell(key), _answer(observed), _age(observed, look)), _tone(observed))
        for key, observed in answers(look, name)
    ]
    return tuple(sorted(rows, key=lambda row: rank(row.tone)))


def answers(look: Look, name: str) -> Iterator[tuple[str, Known[Any] | Unknown]]:
    """Question and answer, of the host and of its own API server."""
    host = look.snapshot.find(name)
    api = look.snapshot.api(host.name) if host else None
    yield from _of(host, "")
    yield from _of(api, API)


def _of(
    observation: HostObservation | ApiObservation | None, prefix: str
) -> Iterator[tuple[str, Known[Any] | Unknown]]:
    for field in fields(observation) if observation else ():
        observed = getattr(observation, field.name)
        if isinstance(observed, Known) or (isinstance(observed, Unknown) and observed.lack is not Lack.NOT_ASKED):
            yield prefix + field.name, observed


def _tone(observed: Known[Any] | Unknown) -> Tone:
    if isinstance(observed, Known):
        return Tone.OK
    return {Lack.NOT_PERMITTED: Tone.DENIED, Lack.STALE: Tone.STALE}.get(observed.lack, Tone.UNKNOWN)


def _age(observed: Known[Any] | Unknown, look: Look) -> Cell:
    """Old is not stale here: some questions are asked once in ten minutes; what is too old has no answer any more."""
    if isinstance(observed, Known):
        return Cell(age(observed.age(look.now).total_seconds()), Tone.DIM)
    return age_cell(observed, look)


def _answer(observed: Known[Any] | Unknown) -> Cell:
    if isinstance(observed, Known):
        return Cell(short(observed.value))
    return Cell(reason(observed), _tone(observed))


def short(value: object) -> str:
    """A value in one line."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}Z"
        case Enum():
            return str(value.value)
        case float():
            return f"{value:g}"
        case frozenset() | set():
            return ", ".join(sorted(short(one) for one in value)) or "none"
        case tuple() | list():
            return ", ".join(short(one) for one in value) or "none"
        case bytes():
            return f"{len(value)} bytes"
        case dict():
            return ", ".join(f"{key}={short(one)}" for key, one in value.items())
        case _ if pairs := tuple(_pairs(value)):
            return " ".join(f"{key}={short(one)}" for key, one in pairs)
    return str(value)


def _pairs(value: object) -> Iterator[tuple[str, object]]:
    """Fields of a record that say something."""
    names: tuple[str, ...] = ()
    if is_dataclass(value) and type(value).__module__.startswith("k0stui.") and type(value).__name__ != "Version":
        names = tuple(field.name for field in fields(value))
    elif isinstance(value, msgspec.Struct):
        names = value.__struct_fields__
    for name in names:
        one = getattr(value, name)
        if name not in SECRETS and one not in ("", (), [], {}, None):
            yield name, one


def detail_story(look: Look, name: str, question: str, commands: Mapping[str, str]) -> tuple[Line, ...]:
    """One question in full: each field of the answer, and the command that one could type there."""
    observed = next((found for key, found in answers(look, name) if key == question), None)
    if observed is None:
        return (line("this was not asked yet", tone=Tone.DIM),)
    lines: list[Line] = [(Cell(f"{name}  {question}", Tone.HEAD),)]
    if isinstance(observed, Known):
        lines += _fields(observed.value)
    else:
        lines.append(fact("why not", reason(observed), _tone(observed)))
        if observed.last is not None:
            lines += [fact("before", short(observed.last.value))]
    command = commands.get(question, "")
    lines += [(), line("asked as   (Y copies it)", tone=Tone.DIM)] if command else []
    lines += [line(f"  {text}", tone=Tone.INFO) for text in command.splitlines()]
    return tuple(lines)


def _fields(value: object) -> list[Line]:
    match value:
        case tuple() if value and all(tuple(_pairs(one)) for one in value):
            return [fact(f"{place}", short(one)) for place, one in enumerate(value, 1)]
        case _ if pairs := tuple(_pairs(value)):
            return [(Cell(f"  {key:<22} ", Tone.DIM), Cell(short(one))) for key, one in pairs]
    return [fact("answer", short(value))]
