"""What the user may set in `config.toml`; what is wrong there is named with its line, and has no effect.

A typing error at three in the morning must not keep the program from starting: every entry is taken or refused alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

PACE = 5.0
"""Seconds between two looks at a host."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it, with defaults."""

    theme: str = ""
    """A name of `themes/` or of the user's own; "" lets the terminal's background decide."""
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Binding id to keys, as Textual's keymap takes it: `"screen.logs" = "5,l"`."""
    pace: float = PACE
    time_zone: str = "UTC"
    inventory: str = ""
    """Path of the k0sctl.yaml to use when none is given; "~" is the home folder."""
    ascii: bool = False
    mouse: bool = False
    low_bandwidth: bool | None = None
    """None: decided by measuring the link."""


@dataclass(frozen=True, slots=True)
class Read:
    """A settings file, as far as it could be understood."""

    settings: Settings
    complaints: tuple[str, ...] = ()
    """Sentences for the operator, in the order of the file."""


def folder(environ: Mapping[str, str]) -> Path:
    """Where settings and own themes lie: `$XDG_CONFIG_HOME/k0stui`, or `~/.config/k0stui`."""
    base = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME', '/')}/.config"
    return Path(base) / "k0stui"


def read(text: str, name: str = "config.toml") -> Read:
    """Understand a settings file; never raises."""
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Read(Settings(), (f"{name}: {error}; nothing of the file is used",))
    accepted: dict[str, Any] = {}
    complaints = []
    for key, value in data.items():
        try:
            accepted[key] = _accepted(key, value)
        except ValueError as error:
            complaints.append(f"{name} line {_line_of(text, key)}: {error}")
    keys, refused = _keys(text, name, data.get("keys", {}))
    return Read(replace(Settings(**accepted), keys=keys), (*complaints, *refused))


def _accepted(key: str, value: object) -> object:
    """The value as the setting of that name wants it.

    Raises:
        ValueError: a sentence without the place.
    """
    if key not in _ACCEPT:
        raise ValueError(f"{key!r} is no setting; there are {', '.join(sorted(_ACCEPT))}")
    return _ACCEPT[key](key, value)


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a string, not {_called(value)}")
    return value


def _switch(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{key} must be true or false, not {_called(value)}")
    return value


def _pace(key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 300:
        raise ValueError(f"{key} must be a number of seconds from 1 to 300, not {_called(value)}")
    return float(value)


def _zone(key: str, value: object) -> str:
    name = _text(key, value)
    if name == "local":
        return name
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise ValueError(f"{key} {name!r} is no time zone; use UTC, local, or a name as Europe/Vienna") from error
    return name


def _table(key: str, value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"{key} must be a table ([{key}]), not {_called(value)}")
    return MappingProxyType({})  # its entries are taken one by one


_ACCEPT: Mapping[str, Callable[[str, object], object]] = MappingProxyType(
    {
        "theme": _text,
        "keys": _table,
        "pace": _pace,
        "time_zone": _zone,
        "inventory": _text,
        "ascii": _switch,
        "mouse": _switch,
        "low_bandwidth": _switch,
    }
)


def _keys(text: str, name: str, table: object) -> tuple[Mapping[str, str], list[str]]:
    """The entries of `[keys]`; that an id exists, and that a key may be bound, is known to the program's own list."""
    keys: dict[str, str] = {}
    refused = []
    for ident, value in table.items() if isinstance(table, dict) else ():
        flat = _flat(ident, value)
        for one, key in flat.items():
            if isinstance(key, str) and key.strip():
                keys[one] = key
            else:
                where = f"{name} line {_line_of(text, ident, 'keys')}"
                refused.append(f'{where}: keys.{one} must be a key, as in "f5", not {_called(key)}')
    return MappingProxyType(keys), refused


def _flat(ident: str, value: object) -> dict[str, Any]:
    """`screen.logs = "5"` without quotes makes nested tables of TOML; it means the same."""
    if not isinstance(value, dict):
        return {ident: value}
    return {key: one for inner, deep in value.items() for key, one in _flat(f"{ident}.{inner}", deep).items()}


def _line_of(text: str, key: str, section: str = "") -> int:
    """The line on which `key` is set or its table begins; 1 when it cannot be found (written in an unusual way)."""
    current = ""
    ident = re.escape(key)
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            current = header[1]
            if not section and re.match(rf"[\"']?{ident}[\"']?(\.|$)", current):
                return number
        elif current == section and re.match(rf"\s*[\"']?{ident}[\"']?\s*[.=]", line):
            return number
    return 1


def _called(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return repr(value)
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return str(value)
