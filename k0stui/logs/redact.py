"""Secrets out of what is shown, written or recorded: first by the names of fields, then by the looks of values.

Shared: logs, exports, recordings and crash reports go through it (SEC-11). It errs on the side of hiding; the path of a
token file and the name of a secret object are no secrets and stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

HIDDEN = "(hidden)"

_secret_name = re.compile(
    r"(pass(word|wd|phrase)?|authpass|secret|token|credential|private[-_]?key|client[-_]key[-_]data|api[-_]?key"
    r"|auth[-_]?pass|bearer|datasource)$",
    re.IGNORECASE,
)
_innocent_name = re.compile(r"(file|path|name|namespace|ttl|count|ref)$", re.IGNORECASE)

_NAME = (
    r"[\w.-]*(?:password|passwd|passphrase|authpass|auth_pass|secret|token|credentials?|private[-_]key"
    r"|client-key-data|api[-_]?key|datasource)"
)

_PATTERNS = (
    # A key in PEM, also where its end is on a line that we do not have.
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), HIDDEN),
    # JSON web tokens: three base64url parts, the first two of which begin with `{"`.
    (re.compile(r"(?<![\w-])eyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*"), HIDDEN),
    # k0s' join token: gzip in base64.
    (re.compile(r"\bH4sI[\w+/=-]{40,}"), HIDDEN),
    # kubeadm's bootstrap token: id.secret; the id is public.
    (re.compile(r"\b([a-z0-9]{6})\.[a-z0-9]{16}\b"), rf"\1.{HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@\"']*):[^\s/@\"']+@", re.IGNORECASE), rf"\1:{HIDDEN}@"),
    (re.compile(r"(\b(?:Bearer|Basic) )[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1{HIDDEN}"),
)

_pair = re.compile(
    rf"((?:^|[^\w.-])(?:--)?{_NAME}(?:\\?[\"'])?\s*[=:]\s*)(?!\\?[\"']?\(hidden\))"
    r"(\\?\"[^\"]*\"|'[^']*'|[^\s,;}&\"'\\]+)",
    re.IGNORECASE,
)
"""name=value, name: "value", --name value, also inside one more layer of quotes."""

_hints = re.compile(
    r"eyJ|H4sI|PRIVATE KEY|://|bearer |basic |pass|secret|token|credential|key|datasource|[a-z0-9]{6}\.[a-z0-9]{16}",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """`text` with what looks like a secret hidden. Idempotent."""
    if _hints.search(text) is None:
        return text
    for pattern, hidden in _PATTERNS:
        text = pattern.sub(hidden, text)
    return _pair.sub(_hidden_pair, text)


def _hidden_pair(found: re.Match[str]) -> str:
    """The name, and the value's own quotes: JSON stays JSON."""
    quotes = next((mark for mark in ('\\"', '"', "'") if found[2].startswith(mark)), "")
    return f"{found[1]}{quotes}{HIDDEN}{quotes}"


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret, by its last word."""
    return _secret_name.search(name) is not None and _innocent_name.search(name) is None


def redact_field(name: str, value: str) -> str:
    """One field: hidden whole where its name says so, else by its looks."""
    return HIDDEN if is_secret_name(name) and value else redact(value)


def redact_tree(value: object) -> object:
    """The same for decoded JSON or YAML; a new value."""
    match value:
        case str():
            return redact(value)
        case Mapping():
            return {key: _redact_member(str(key), member) for key, member in value.items()}
        case list() | tuple():
            return [redact_tree(member) for member in value]
        case _:
            return value


def _redact_member(name: str, value: object) -> object:
    if is_secret_name(name) and isinstance(value, str | int | float) and not isinstance(value, bool):
        return HIDDEN
    return redact_tree(value)
