"""YAML from a host, read without trusting it.

libyaml composes nested nodes by recursion in C: a text nested some thousand levels deep ends the whole process. Its
parser does not recurse, so the depth is measured first. Aliases may unfold to more than memory holds: whoever walks the
result must bound the walk, and never turn a node into text that is no scalar. Merge keys (`<<`) unfold while it is
loaded: they are refused.
"""

from __future__ import annotations

from typing import Any

import yaml

DEEPEST = 64
"""Levels; k0s' own files have 12."""

MERGE = "tag:yaml.org,2002:merge"


def load(text: str | bytes) -> Any:
    """The only document, as mappings, lists and scalars.

    Raises:
        yaml.YAMLError: it is no YAML.
        ValueError: nested deeper than anything that k0s writes, or with merge keys.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent) and _merges(event):
            raise ValueError("YAML with merge keys")
        if depth > DEEPEST:
            raise ValueError("YAML nested too deep")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def _merges(event: yaml.ScalarEvent) -> bool:
    return event.tag == MERGE or (event.value == "<<" and event.implicit[0])


def scalar(value: Any) -> str:
    """A scalar as text, null as none; raises TypeError for a list or mapping."""
    if isinstance(value, str | int | float):
        return str(value)
    if value is None:
        return ""
    raise TypeError("a scalar was expected")
