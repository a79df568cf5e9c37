"""A JSON document against a JSON schema, as far as ours goes: type, const, enum, properties, required, items."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}

KNOWN = {"$schema", "title", "type", "required", "properties", "items", "enum", "const", "format"}


def faults(value: Any, schema: dict[str, Any], place: str = "$") -> Iterator[str]:
    """Where the document is not as the schema says."""
    assert set(schema) <= KNOWN, f"this test does not know {set(schema) - KNOWN}"
    if "const" in schema and value != schema["const"]:
        yield f"{place} is {value!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} is {value!r}"
    if "type" in schema and not _is(value, schema["type"]):
        yield f"{place} is a {type(value).__name__}"
        return
    if schema.get("format") == "date-time" and datetime.fromisoformat(value).tzinfo is None:
        yield f"{place} has no time zone"
    if isinstance(value, dict):
        yield from (f"{place}.{name} is missing" for name in schema.get("required", ()) if name not in value)
        yield from (
            f"{place}.{name} is not in the schema" for name in value if name not in schema.get("properties", {})
        )
        for name, below in schema.get("properties", {}).items():
            yield from faults(value[name], below, f"{place}.{name}") if name in value else ()
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield from faults(entry, schema["items"], f"{place}[{number}]")


def _is(value: Any, types: str | list[str]) -> bool:
    names = [types] if isinstance(types, str) else types
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, TYPES[name]) for name in names)
