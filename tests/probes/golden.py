"""Golden answers: one TOML file per case, found by the folder that bears the probe's name.

    tests/probes/host/konnectivity_server/orphan.toml
        version = "v1.36.1+k0s.0"        # of k0s; "any" where it does not matter
        exit_status = 0
        stdout = '''...'''
        stderr = ""
        [value]                           # what the reader returns; of a record only the fields named here
        or: error = "sentence"            # what it raises; kind = "NotPermitted" where it is not ProbeFailed

A value that is no record stands under `is`. Records in lists are compared field by field too; None is "none".
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from k0stui.model.k0s import Version
from k0stui.ports import Reply

FOLDER = Path(__file__).parent
ASKED = datetime(2026, 11, 22, 13, 38, 9, tzinfo=UTC)
"""When every golden question is asked; answered 0.2 s later."""


def cases(kind: str) -> list[Path]:
    """All files of `host` or `api`."""
    return sorted((FOLDER / kind).glob("*/*.toml"))


def load(case: Path) -> dict[str, Any]:
    return tomllib.loads(case.read_text())


def reply(case: dict[str, Any]) -> Reply:
    stdout, stderr = case.get("stdout", "").encode(), case.get("stderr", "").encode()
    return Reply(case.get("exit_status", 0), stdout, stderr, ASKED, ASKED + timedelta(seconds=0.2))


def expected(case: dict[str, Any]) -> Any:
    value = case["value"]
    return value["is"] if isinstance(value, dict) and value.keys() == {"is"} else value


def differences(said: Any, read: Any, path: str = "") -> Iterator[str]:
    """Where what was read differs from what the file says."""
    if isinstance(said, dict) and isinstance(read, dict):
        for key, value in said.items():
            yield from differences(value, read.get(key, "(no such field)"), f"{path}.{key}")
    elif isinstance(said, list) and isinstance(read, list) and len(said) == len(read):
        for place, (one, other) in enumerate(zip(said, read, strict=True)):
            yield from differences(one, other, f"{path}[{place}]")
    elif said != read:
        yield f"{path or 'value'}: the file says {said!r}, the reader {read!r}"


def plain(value: Any) -> Any:
    """A value of the model in TOML's words."""
    match value:
        case None:
            return "none"
        case Version():
            return str(value)
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case bytes():
            return f"{len(value)} bytes"
        case msgspec.Struct():
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        case frozenset():
            return sorted(value)
        case tuple() | list():
            return [plain(one) for one in value]
        case dict():
            return {str(key): plain(one) for key, one in value.items()}
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return value
