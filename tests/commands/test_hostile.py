"""Whatever a host sends, only printable text reaches stdout, from every command that looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Ran, Run
from tests.commands.hostile import REFUSALS, Hostile, Poison, Refusing, all_of_it, names, words

LOOKS = (("check",), ("check", "--json"), ("matrix",), ("matrix", "--json"), ("doctor",))


def only_printable(ran: Ran) -> bool:
    """Letters, signs, blanks and the ends of our own lines."""
    return all(char.isprintable() or char == "\n" for char in ran.out + ran.err)


@pytest.mark.parametrize("poison", [names, words, all_of_it])
@pytest.mark.parametrize("look", LOOKS, ids=" ".join)
def test_hostile_answers_are_only_text(look: tuple[str, ...], poison: Poison, run: Run) -> None:
    """Escape sequences, C1, bidi, invisible marks and markup in any answer move no cursor and forge no line."""
    ran = run(*look, "--demo", "incident", disguise=lambda fleet: Hostile(fleet, poison))

    assert ran.out
    assert only_printable(ran)
    assert not any(line.startswith("CRIT all is lost") for line in ran.out.splitlines())


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("look", [("check",), ("doctor",)], ids=" ".join)
def test_hostile_refusals_are_only_text(look: tuple[str, ...], error: Exception, run: Run) -> None:
    """The words of a failure come from hosts as well."""
    ran = run(*look, "--demo", "incident", disguise=lambda fleet: Refusing(fleet, error))

    assert ran.status != 0
    assert only_printable(ran)


def test_a_hostile_name_is_shown_for_what_it_is(run: Run) -> None:
    """What is dangerous in a name becomes visible, not lost: an operator sees that something is odd there."""
    ran = run("matrix", "--demo", "incident", disguise=lambda fleet: Hostile(fleet, names))

    assert "k0s-worker-1^[]52;c;aGk=^G^[[2J" in ran.out
    assert "<U+202E>" in ran.out
    assert "[red]x[/]" in ran.out


@pytest.mark.parametrize("poison", [names, words])
def test_a_hostile_recording_is_played_back_as_text(poison: Poison, run: Run, tmp_path: Path) -> None:
    """Recording keeps what was sent, and its replay is as harmless as the look itself."""
    folder = str(tmp_path / "recording")
    recorded = run("record", folder, "--demo", "incident", disguise=lambda fleet: Hostile(fleet, poison))
    replayed = run("check", "--replay", folder)

    assert replayed.out
    assert only_printable(recorded)
    assert only_printable(replayed)
