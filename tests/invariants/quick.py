"""What makes a whole operation on the simulated fleet cost seconds instead of a minute, without touching what it proves.

Two answers of a simulated host are dear (they write out thousands of log lines at each look) and no gate, step or
proof reads them; a k0s.yaml is parsed anew for each status. fsync has its own tests.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from unittest.mock import patch

import yaml

from k0stui.demo import answers, k0s_answers, settings
from k0stui.demo.said import say

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


@contextmanager
def quick() -> Iterator[None]:
    """While the block lasts."""
    silent = dict.fromkeys(("log_signs", "log_usage"), lambda _: say())
    with (
        patch.object(settings, "yaml", Yaml),
        patch.object(k0s_answers, "yaml", Yaml),
        patch.dict(answers.ANSWERS, silent),
        patch("k0stui.engine.journal.os.fsync", lambda _: None),
        patch("k0stui.engine.execute.BEAT", 30.0),
    ):
        yield
