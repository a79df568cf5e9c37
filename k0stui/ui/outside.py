"""What the screens may ask of the world: `commands/tui.py` makes it, tests make their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from k0stui.logs.board import Feed
    from k0stui.model.cluster import ClusterSnapshot
    from k0stui.plans.gates.gate import Verdict
    from k0stui.present.look import Look


@dataclass(frozen=True, slots=True)
class Ran:
    """One command that was sent to a host, or a request to its API server."""

    at: datetime
    host: str
    line: str
    seconds: float
    outcome: str
    """`0`, another exit status, or why it failed."""


class Outside(Protocol):
    """The cluster and this machine, as far as a screen needs them."""

    cluster: str
    """Its name, as far as it is known before the first look."""
    verb_arguments: str
    """What follows a verb to reach the same cluster: `--inventory k0sctl.yaml`."""

    @property
    def logs(self) -> Feed | None:
        """The lines of all hosts, and how their streams fare; None: no logs are followed."""
        ...

    async def observe(self, publish: Callable[[Look], None]) -> None:
        """Open the cluster and look at it for ever; an expected failure is raised as a `K0stuiError`."""
        ...

    def refresh(self) -> None:
        """Ask every host now."""
        ...

    def reconnect(self, host: str) -> None:
        """Drop the connection to one host, or with "" to all, and make a new one."""
        ...

    def proof(self, snapshot: ClusterSnapshot) -> tuple[Verdict, ...]:
        """Every part of the proof that nothing is wrong with the tunnel (any more), judged on this look."""
        ...

    def questions(self, host: str) -> Mapping[str, str]:
        """Question -> the command that asked it last."""
        ...

    def ran(self) -> tuple[Ran, ...]:
        """The newest commands, oldest first."""
        ...

    def ssh(self, host: str) -> tuple[str, ...]:
        """The ssh command line for one host; empty where it is not reached by ssh."""
        ...

    async def visit(self, host: str) -> int:
        """Run that command on the terminal, which is ours no more until it ends; its exit status."""
        ...

    async def wait_for_enter(self) -> None:
        """Wait for Enter, or the end of input, on the terminal that is not ours."""
        ...

    def export(self, name: str, text: str) -> Path:
        """Write text into a new file; raises UsageError where that cannot be."""
        ...
