"""The command line as its users meet it: what it refuses, how it says so, with which exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from k0stui.cli import VERBS, main


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    written = capsys.readouterr()
    assert "Traceback" not in written.err
    assert len(written.err.splitlines()) == 1
    return written.err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`k0stui VERB --help` says what the verb does, and leaves with 0."""
    with pytest.raises(SystemExit) as left:
        main([verb, "--help"])

    assert left.value.code == 0
    assert verb in capsys.readouterr().out


def test_an_inventory_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A missing file is named, with the reason and what to give instead."""
    sentence = refused(capsys, "check", "--inventory", str(tmp_path / "none.yaml"))

    assert (
        f"{tmp_path}/none.yaml: cannot be read (No such file or directory); give the cluster's k0sctl.yaml" in sentence
    )


def test_an_inventory_that_is_not_yaml_names_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What is wrong in the file is said with its line."""
    (tmp_path / "k0sctl.yaml").write_text("kind: Cluster\nspec: [\n")

    assert "k0sctl.yaml, line 3: this is not YAML" in refused(
        capsys, "check", "--inventory", str(tmp_path / "k0sctl.yaml")
    )


def test_an_inventory_that_is_not_text_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A binary file given by mistake is no inventory."""
    (tmp_path / "k0s").write_bytes(b"\x7fELF\xff\xfe")

    assert "this is not text" in refused(capsys, "check", "--inventory", str(tmp_path / "k0s"))


def test_an_unreadable_kubeconfig_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A kubeconfig that is not there is said before any host is asked."""
    sentence = refused(capsys, "check", "--host", "127.0.0.1", "--kubeconfig", str(tmp_path / "none"))

    assert "give a kubeconfig" in sentence


def test_a_seed_that_does_not_resolve_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    """--host with a name that nobody knows is a sentence and exit 2, not a finding about a cluster."""
    assert "is not known" in refused(capsys, "check", "--host", "no-such-host.invalid")


def test_a_folder_that_is_no_recording_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """--replay wants a folder that `record` made, and says so."""
    assert "is no recording" in refused(capsys, "check", "--replay", str(tmp_path))


def test_an_unknown_finding_is_refused_with_its_neighbours(capsys: pytest.CaptureFixture[str]) -> None:
    """`explain` of a part of an id names the ids that have it."""
    assert "agents-single-target" in refused(capsys, "explain", "single-target")


def test_an_unknown_scenario_is_refused_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    """A scenario that is not there is answered with those that are."""
    assert "incident" in refused(capsys, "check", "--demo", "nonsense")


def test_hostile_names_in_bad_input_cannot_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """An escape sequence in an argument comes back visible and inert."""
    assert "\x1b" not in refused(capsys, "explain", "\x1b]52;c;aGk=\x07")
