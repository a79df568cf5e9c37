"""`k0stui run`: only the exact name starts anything; the exit status says how it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from k0stui.engine.journal import directories
from tests.commands.conftest import Run

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "k0stui/operations"


@pytest.mark.parametrize("name", ["", "y", "DEMO", "demo ", "k0s-worker-3"])
def test_another_name_starts_nothing(run: Run, home: Path, name: str) -> None:
    """Exit 2, and no operation is even begun."""
    ran = run("run", "nllb", "--demo", "incident", "--confirm", name)
    assert ran.status == 2
    assert "nothing was done" in ran.err
    assert not directories(home)


def test_nobody_to_ask(run: Run, home: Path) -> None:
    """Without --confirm and without a terminal: exit 2, before any host is asked."""
    ran = run("run", "nllb", "--demo", "incident")
    assert ran.status == 2
    assert "--confirm" in ran.err
    assert not directories(home)


def test_refused_plan_starts_nothing(run: Run, home: Path) -> None:
    """Exit 1 with the sentence."""
    ran = run("run", "nllb", "--demo", "healthy", "--confirm", "demo")
    assert (ran.status, directories(home)) == (1, ())
    assert "refused" in ran.out


def test_one_worker_is_restarted_and_proven(run: Run, home: Path) -> None:
    """Lines from approval to proof; exit 0; the operation is listed, shown, exported, and over."""
    ran = run("run", "restart-workers", "--demo", "healthy", "--only", "k0s-worker-3", "--confirm", "k0s-worker-3")
    assert ran.status == 0, ran.out
    for word in ("APPROVED", "LOCKED", "INTENT", "VERIFIED", "PROVEN", "done and proven"):
        assert word in ran.out
    (directory,) = directories(home)
    listed = run("operations")
    assert directory.name in listed.out
    assert "done and proven" in listed.out
    assert "Restart k0sworker on k0s-worker-3" in run("operations", directory.name).out
    assert '"done": true' in run("operations", directory.name, "--json").out
    assert run("operations", directory.name, "--markdown").out.startswith(
        "# restart-workers on demo: done and proven\n"
    )
    assert run("resume", directory.name, "--demo", "healthy").status == 2
    assert (
        "holds no lock on any host"
        in run("close", directory.name, "--demo", "healthy", "--confirm", "k0s-worker-3").out
    )
