"""One value of a YAML file changed, every other byte kept.

Dumping a file anew for one boolean changed 47 lines of 26 (measured): order, comments, quotes. So PyYAML only tells
where the one scalar stands, or where one line must go in; the bytes are cut there, and the result is read again to
prove that it says the same but for this one value. Whatever cannot be proved is refused with its reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

import yaml

from k0stui.errors import PlanRefused

NLLB = ("spec", "network", "nodeLocalLoadBalancing", "enabled")
SIZE, DEPTH, ALIASES = 1024 * 1024, 64, 32
"""Most bytes, levels and aliases that a config may have: beyond, it is no k0s.yaml, or it is a bomb."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Splice:
    """A file before and after."""

    before: bytes
    after: bytes

    @property
    def changes(self) -> bool:
        return self.before != self.after

    @property
    def sha_before(self) -> str:
        return hashlib.sha256(self.before).hexdigest()

    @property
    def sha_after(self) -> str:
        return hashlib.sha256(self.after).hexdigest()

    def diff(self, path: str) -> str:
        """As `diff -u` prints it; only the lines that change, since others may hold secrets."""
        old, new = (side.decode("utf-8").splitlines() for side in (self.before, self.after))
        return "\n".join(unified_diff(old, new, path, path, lineterm="", n=0))


def turned_on(raw: bytes, path: Path = NLLB) -> Splice:
    """`raw` with the boolean at `path` true.

    Raises:
        PlanRefused: the file is not one that this can be proved for; the message says why and what to do.
    """
    text = _text(raw)
    root = _root(text)
    after = _spliced(text, root, path)
    _prove(text, after, path)
    return Splice(raw, after.encode("utf-8"))


def _text(raw: bytes) -> str:
    if len(raw) > SIZE:
        raise PlanRefused(f"the config has {len(raw)} bytes; more than {SIZE} is no k0s.yaml")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PlanRefused(f"the config is not UTF-8 (byte {error.start}); edit it by hand") from error


def _root(text: str) -> yaml.MappingNode:
    try:
        _limit(text)
        roots = list(yaml.compose_all(text, yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise PlanRefused(f"the config is not YAML that can be read: {_where(error)}; mend it first") from error
    if len(roots) != 1 or not isinstance(roots[0], yaml.MappingNode):
        raise PlanRefused(f"the config has {len(roots)} YAML documents, not one mapping; edit it by hand")
    for name in _duplicates(roots[0]):
        raise PlanRefused(f"the config has key {name!r} twice in one mapping: which one counts is not certain; mend it")
    return roots[0]


def _limit(text: str) -> None:
    """Depth and aliases, before anything is built of them."""
    depth = aliases = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > DEPTH or aliases > ALIASES:
            raise PlanRefused("the config nests or repeats too much for a k0s.yaml; edit it by hand")


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"line {mark.line + 1}: {problem}" if mark else problem


def _duplicates(root: yaml.MappingNode) -> Iterator[str]:
    seen: set[int] = set()
    nodes: list[yaml.Node] = [root]
    while nodes:
        node = nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            yield from (value for tag, value in keys if keys.count((tag, value)) > 1)
            nodes.extend(part for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            nodes.extend(node.value)


def _spliced(text: str, root: yaml.MappingNode, path: Path) -> str:
    """Go down `path` as far as it exists; change its end, or put the rest in."""
    node: yaml.Node = root
    for depth, key in enumerate(path):
        if _is_nothing(node):
            return _replaced(text, node, _flow(path[depth:]))
        if not isinstance(node, yaml.MappingNode):
            raise PlanRefused(f"{'.'.join(path[:depth])} is not a mapping; edit the config by hand")
        below = next((value for name, value in node.value if name.value == key), None)
        if below is None:
            return _inserted(text, node, path[depth:])
        node = below
    return text if _boolean(node, path) else _replaced(text, node, "true")


def _boolean(node: yaml.Node, path: Path) -> bool:
    if _is_nothing(node):
        return False
    if node.tag != "tag:yaml.org,2002:bool":
        raise PlanRefused(f"{'.'.join(path)} is not true or false; edit the config by hand")
    return bool(yaml.SafeLoader.bool_values[str(node.value).lower()])


def _is_nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _flow(path: Path) -> str:
    """`{nodeLocalLoadBalancing: {enabled: true}}`: one line, however deep."""
    return "".join(f"{{{key}: " for key in path) + "true" + "}" * len(path)


def _replaced(text: str, node: yaml.Node, value: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    gap = " " if start == end and text[start - 1 : start] == ":" else ""
    return text[:start] + gap + value + text[end:]


def _inserted(text: str, mapping: yaml.MappingNode, path: Path) -> str:
    """One entry, before the first one of its mapping: its own line there, or the first entry of a `{...}`."""
    entry = f"{path[0]}: {_flow(path[1:]) if len(path) > 1 else 'true'}"
    if not mapping.value:
        at = mapping.start_mark.index + 1
        return text[:at] + entry + text[at:]
    at, column = mapping.value[0][0].start_mark.index, mapping.value[0][0].start_mark.column
    if mapping.flow_style:
        return f"{text[:at]}{entry}, {text[at:]}"
    return f"{text[:at]}{entry}{_line_end(text)}{' ' * column}{text[at:]}"


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _prove(before: str, after: str, path: Path) -> None:
    """The result reads as before but for `path`; anchors that share what was changed show up here."""
    wanted = _set(_load(before), path)
    try:
        proved = _load(after) == wanted
    except PlanRefused:
        proved = False
    if not proved:
        raise PlanRefused(f"{'.'.join(path)} cannot be changed alone (an anchor shares it?); edit the config by hand")


def _load(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise PlanRefused(
            f"the config has a type or tag that no k0s.yaml has ({type(error).__name__}); edit it by hand"
        ) from error


def _set(value: Any, path: Path) -> Any:
    """`value` with true at `path`; copies on the way, so that what aliases share stays."""
    if not path:
        return True
    inner = value if isinstance(value, dict) else {}
    return {**inner, path[0]: _set(inner.get(path[0]), path[1:])}
