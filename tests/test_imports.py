"""What a start loads, measured in a process of its own: heavy libraries only where they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("textual", "asyncssh", "kubernetes", "aiohttp", "yaml", "rich")

LOOK = """
import sys
from k0stui.cli import main
try:
    main({arguments!r})
except SystemExit:
    pass
print("LOADED", *sorted(name for name in {heavy!r} if name in sys.modules))
"""


def loaded(*arguments: str, heavy: tuple[str, ...] = HEAVY) -> list[str]:
    program = LOOK.format(arguments=list(arguments), heavy=heavy)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return next(line for line in done.stdout.splitlines() if line.startswith("LOADED")).split()[1:]


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("check", "--help"), ("logs", "--help")])
def test_answers_about_itself_load_nothing_heavy(arguments: tuple[str, ...]) -> None:
    """--version and --help, of any verb, load neither a terminal library nor a network library."""
    assert loaded(*arguments) == []


@pytest.mark.parametrize("arguments", [("check", "--schema"), ("explain",)])
def test_answers_without_a_cluster_load_no_network(arguments: tuple[str, ...]) -> None:
    """What needs no host loads no SSH, no Kubernetes client and no terminal library."""
    assert set(loaded(*arguments)) <= {"yaml"}


def test_a_diagnosis_loads_no_typed_kubernetes_models() -> None:
    """A whole diagnosis of the simulated fleet loads no generated model or API class of Kubernetes, and no textual."""
    found = loaded("check", "--once", "--demo", "healthy", heavy=("textual", *TYPED))

    assert found == []


TYPED = (
    "kubernetes.client.models.v1_pod",
    "kubernetes.aio.client.models.v1_pod",
    "kubernetes.client.api.core_v1_api",
    "kubernetes.aio.client.api.core_v1_api",
)
"""Stand for all: since 37 the packages around them are lazy, and cost nothing before one of these is named."""
