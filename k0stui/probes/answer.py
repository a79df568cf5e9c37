"""What a host's raw answer is before anything is read of it: refused, cut, tool missing, or text in parts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, TypeVar

import msgspec
import yaml

from k0stui.errors import NotPermitted, ProbeFailed, ToolMissing
from k0stui.ports import Reply
from k0stui.probes.sh import SECTION

A = TypeVar("A")
T = TypeVar("T")

SUDOERS = "LOGIN ALL=(root) NOPASSWD: ALL"
"""The line that mends it; the answer does not know under which login it was asked."""

REFUSED = re.compile(
    r"sudo: a (password|terminal) is required|no new privileges|is not in the sudoers file"
    r"|is not allowed to (execute|run)|must have a tty"
)
"""sudo also warns and goes on ("unable to resolve host"): only a refusal of a failed command counts."""

NOT_AS_EXPECTED = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    OSError,
    msgspec.MsgspecError,
    yaml.YAMLError,
)
"""What reading text of unknown shape raises. A host may send anything; none of it may end a loop.

OSError: `datetime.fromtimestamp` of a time that no calendar has.
"""


def reads(what: str) -> Callable[[Callable[[A], T]], Callable[[A], T]]:
    """Make a reader total: what it cannot read becomes `ProbeFailed` that names `what`, and never quotes the answer.

    An answer may hold secrets, and the texts of these errors quote it; msgspec's name only the place and the type.
    """

    def decorate(read: Callable[[A], T]) -> Callable[[A], T]:
        @wraps(read)
        def total(answer: A) -> T:
            try:
                return read(answer)
            except NOT_AS_EXPECTED as error:
                hint = f" ({error})" if isinstance(error, msgspec.ValidationError) else ""
                raise ProbeFailed(f"{what} gave an answer that k0stui does not understand{hint}") from error

        return total

    return decorate


def heard(reply: Reply, what: str) -> str:
    """stdout of a command that could be run and ended in time, whatever its exit status.

    Raises:
        NotPermitted: sudo asked for a password, or the kernel refused.
        ToolMissing: a program is not there.
        ProbeFailed: it did not end in time, or the answer was cut.
    """
    error = reply.error_text
    if reply.exit_status in (126, 127) or re.search(r"^sudo: .*command not found", error, re.MULTILINE):
        raise ToolMissing(f"{_tool(error)} is not on this host, and {what} needs it")
    if REFUSED.search(error) and reply.exit_status:
        raise NotPermitted(f"sudo wants a password for {what}; allow it with `{SUDOERS}` in /etc/sudoers.d/k0stui")
    if reply.exit_status == 124:
        raise ProbeFailed(f"{what} did not end in time on the host")
    if reply.cut:
        raise ProbeFailed(f"the answer of {what} was cut: it is longer than k0stui reads")
    return reply.text


def told(reply: Reply, what: str) -> str:
    """As `heard`, and the command succeeded; else `ProbeFailed` with the first line of its complaint."""
    text = heard(reply, what)
    if reply.exit_status:
        failed(reply, what)
    return text


def failed(reply: Reply, what: str) -> NoReturn:
    """Raise for a command that ended with a status other than 0."""
    complaint = next(iter(reply.error_text.splitlines()), "")
    if "ermission denied" in reply.error_text:
        raise NotPermitted(f"{what} needs root: {complaint}; allow sudo with `{SUDOERS}` in /etc/sudoers.d/k0stui")
    raise ProbeFailed(f"{what} failed: {complaint}" if complaint else f"{what} ended with status {reply.exit_status}")


def sections(text: str) -> dict[str, str]:
    """The parts of an answer by the name in their `@@ NAME` line; what stands before the first one is `""`."""
    parts: dict[str, list[str]] = {"": []}
    current = parts[""]
    for line in text.splitlines(keepends=True):
        if line.startswith(SECTION):
            current = parts.setdefault(line.removeprefix(SECTION).strip(), [])
        else:
            current.append(line)
    return {name: "".join(lines) for name, lines in parts.items()}


def fields(text: str) -> dict[str, str]:
    """`key=value` lines; the first of equal keys counts, other lines are passed over."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            found.setdefault(key.strip(), value.strip())
    return found


def with_status(text: str) -> tuple[str, int]:
    """Body and HTTP status of `curl -w '\\n%{http_code}\\n'`; status 0 where there was no answer."""
    body, _, code = text.rstrip("\n").rpartition("\n")
    return body, int(code)


def _tool(error: str) -> str:
    match = re.search(r"([\w./+-]+): (?:command |applet )?not found", error)
    return match[1] if match else "a program"
