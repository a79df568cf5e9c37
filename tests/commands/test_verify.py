"""`k0stui verify`: proven, not proven, could not look."""

from __future__ import annotations

import json

from tests.commands.conftest import Run


def test_healthy_is_proven(run: Run) -> None:
    """For as long as asked, without a break; exit 0."""
    ran = run("verify", "--demo", "healthy", "--seconds", "30")
    assert ran.status == 0
    assert "PROVEN: all of it, for 30 s without a break" in ran.out
    assert "links 12/12" in ran.out


def test_incident_is_not_proven(run: Run) -> None:
    """Said at once, columns first; exit 1."""
    ran = run("verify", "--demo", "incident", "--json")
    document = json.loads(ran.out)
    assert (ran.status, document["proven"]) == (1, False)
    assert document["parts"][0]["part"] == "columns"
    assert "k0s-master-2 has 0 of 4" in document["parts"][0]["evidence"]


def test_ghosts_are_not_proven(run: Run) -> None:
    """Agents that count dead connections say 3 of 3: the servers are asked first."""
    ran = run("verify", "--demo", "ghosts")
    assert ran.status == 1
    assert "k0s-master-2 has 0 of 4" in ran.out


def test_proof_is_exported_as_markdown(run: Run) -> None:
    """A heading that says how it stands, a row for each part, the error rate of each server, and the matrix."""
    ran = run("verify", "--demo", "incident", "--markdown")
    assert ran.status == 1
    assert ran.out.startswith("# Proof of demo: not proven")
    for words in ("| columns | FAIL |", "## Errors", "- k0s-master-2", "## Matrix", "links 4/12"):
        assert words in ran.out
