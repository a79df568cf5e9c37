"""A way to run a whole command: argv in, exit status and what it printed out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from k0stui.cli import main
from k0stui.commands import opening
from k0stui.inventory import Inventory
from tests.commands.simulated import Disguise, demo_without_network, run_virtually


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `k0stui ARGUMENTS` in this process and in virtual time; `disguise` stands before the fleet of `--demo`.

    `told`: what is known of it before it is asked; without, all its hosts.
    """

    def command(*arguments: str, disguise: Disguise = lambda fleet: fleet, told: Inventory | None = None) -> Ran:
        monkeypatch.setattr(opening, "demo", demo_without_network(disguise, told))
        monkeypatch.setattr(asyncio, "run", run_virtually)
        status = main(arguments)
        written = capsys.readouterr()
        return Ran(status, written.out, written.err)

    return command
