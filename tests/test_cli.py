"""The command line as its users meet it: what it refuses, how it says so, with which exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from k0stui.cli import main
from k0stui.commands.arguments import VERBS


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


K0SCTL = "kind: Cluster\nspec:\n  hosts:\n"

BAD_INVENTORIES = {
    "no hosts": ("kind: Cluster\nspec: {hosts: []}\n", "spec.hosts is empty; list at least one controller"),
    "a duplicate": (
        K0SCTL + "  - {role: worker, ssh: {address: a}}\n" * 2,
        "line 5: address of a is already at line 4; list each host once",
    ),
    "a role": (K0SCTL + "  - {role: master, ssh: {address: a}}\n", "line 4: role 'master' is unknown; k0sctl knows"),
    "a Windows path": (
        K0SCTL + "  - {role: worker, ssh: {address: a, keyPath: 'C:\\keys\\id'}}\n",
        "is a Windows path; give the path of the key on this machine",
    ),
    "an option for a name": (K0SCTL + "  - {role: worker, ssh: {address: -oProxyCommand=id}}\n", "is not a host name"),
    "no text": ("\x00\x01", "this is not YAML"),
}


@pytest.mark.parametrize(("text", "sentence"), BAD_INVENTORIES.values(), ids=BAD_INVENTORIES)
@pytest.mark.parametrize("verb", ["check", "matrix", "record"])
def test_a_bad_inventory_is_one_sentence_to_every_command(
    verb: str, text: str, sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What is wrong, where and what now; whichever command was to look."""
    (tmp_path / "k0sctl.yaml").write_text(text)
    folder = [str(tmp_path / "recording")] if verb == "record" else []

    said = refused(capsys, verb, *folder, "--inventory", str(tmp_path / "k0sctl.yaml"))

    assert said.startswith(f"k0stui: {tmp_path}/k0sctl.yaml")
    assert sentence in said


@pytest.mark.parametrize("text", ["", "hello", "a: [", "apiVersion: v1\nkind: Config\n", "\x00"])
def test_what_is_no_kubeconfig_is_refused_before_anybody_is_asked(
    text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A file that is no kubeconfig is named, with what to give instead, and its content is never quoted."""
    (tmp_path / "config").write_text(text + "token: hunter2")

    said = refused(capsys, "check", "--host", "127.0.0.1", "--kubeconfig", str(tmp_path / "config"))

    assert f"{tmp_path}/config: no kubeconfig" in said
    assert "give another one, or none" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "1e9"])
def test_a_speed_that_makes_no_sense_is_refused(speed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A simulated fleet neither stands still nor runs backwards."""
    assert "makes no sense" in refused(capsys, "check", "--demo", "healthy", f"--speed={speed}")


@pytest.mark.parametrize("seed", ["a b", "-oProxyCommand=id", "ops@", "c1:99999999", "a;reboot", ""])
def test_a_seed_that_is_no_address_is_refused(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--host takes [user@]address[:port], and nothing that ssh or a shell could read otherwise."""
    assert "k0stui: " in refused(capsys, "check", f"--host={seed}")


def test_two_ways_to_a_cluster_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A simulated fleet and a real host at once: which one was meant is not guessed."""
    assert "--demo and --host name different clusters" in refused(capsys, "check", "--demo", "healthy", "--host", "c1")


def test_no_hosts_at_all_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine that is no controller, without options, what to give is said."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    assert "no hosts: give --inventory k0sctl.yaml, or --host user@controller" in refused(capsys, "check")
    assert "needs a terminal" in refused(capsys)


def test_broken_settings_are_said_and_harm_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong in config.toml is a sentence on stderr; the command goes on without it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "k0stui").mkdir()
    (tmp_path / "k0stui/config.toml").write_text("inventory = [\n")

    assert main(["check"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"k0stui: {tmp_path}/k0stui/config.toml: ")
    assert said[1].startswith("k0stui: no hosts: give")


def test_the_settings_inventory_is_used_when_nothing_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`inventory` of config.toml stands in for --inventory."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "k0stui").mkdir()
    (tmp_path / "k0stui/config.toml").write_text(f'inventory = "{tmp_path}/none.yaml"\n')

    assert f"{tmp_path}/none.yaml: cannot be read" in refused(capsys, "check")


@pytest.mark.parametrize(
    "arguments", [("chek",), ("check", "--nonsense"), ("plan", "\x1b[2J"), ("--speed", "x", "check")]
)
def test_bad_arguments_are_one_sentence(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """argparse's complaints are one harmless line with the way to help, and exit 2."""
    said = refused(capsys, *arguments)

    assert "--help" in said
    assert "\x1b" not in said


def test_a_directory_of_host_keys_is_bad_input(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Said before anybody is asked: a host that cannot be checked would look like one that cannot be reached."""
    said = refused(capsys, "check", "--host", "ops@127.0.0.1:9", "--known-hosts", str(tmp_path))

    assert said == f"k0stui: --known-hosts {tmp_path} is a directory; name the file.\n"
