"""Makes a whole operation on the simulated fleet cost seconds instead of a minute, and proves no less.

Two answers of a simulated host are dear (they write out thousands of log lines at each look) and no gate, step or
proof reads them. Readers are pure: the same bytes are read once. fsync has its own tests.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any
from unittest.mock import patch

import yaml

from k0stui.demo import answers, k0s_answers, settings
from k0stui.demo.said import say
from k0stui.engine import ask, observe

_parse = yaml.safe_load


@lru_cache(maxsize=64)
def _parsed(content: bytes) -> Any:
    return _parse(content)


class Yaml:
    """`yaml`, remembering what it has read."""

    YAMLError = yaml.YAMLError

    @staticmethod
    def safe_load(content: bytes) -> Any:
        return copy.deepcopy(_parsed(content))


_memories: dict[Any, Any] = {}


def remembering(probe: Any) -> Any:
    """The same probe; the same bytes are read once. The clock's also needs the times of the reply."""
    if probe.name == "clock":
        return probe
    if probe not in _memories:
        values: dict[Any, Any] = {}

        def read(reply: Any) -> Any:
            said = reply if isinstance(reply, bytes) else (reply.stdout, reply.stderr, reply.exit_status, reply.cut)
            if said not in values:
                values[said] = probe.read(reply)
            return values[said]

        _memories[probe] = replace(probe, read=read)
    return _memories[probe]


async def _ask(shell: Any, probe: Any, *more: Any) -> Any:
    return await _real_ask(shell, remembering(probe), *more)


async def _ask_api(api: Any, probe: Any, *more: Any) -> Any:
    return await _real_ask_api(api, remembering(probe), *more)


_real_ask, _real_ask_api = ask.ask, ask.ask_api


@contextmanager
def quick() -> Iterator[None]:
    """While the block lasts."""
    silent = dict.fromkeys(("log_signs", "log_usage"), lambda _: say())
    with (
        patch.object(settings, "yaml", Yaml),
        patch.object(k0s_answers, "yaml", Yaml),
        patch.dict(answers.ANSWERS, silent),
        patch("k0stui.engine.journal.os.fsync", lambda _: None),
        patch("k0stui.engine.copies.BEAT", 30.0),
        patch.object(ask, "ask", _ask),
        patch.object(observe, "ask_api", _ask_api),
    ):
        yield
