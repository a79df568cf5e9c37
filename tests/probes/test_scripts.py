"""The questions as this machine's own shell, awk and tools answer them; what it does not have is put in their place."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from k0stui.errors import NotPermitted, ProbeFailed, ToolMissing
from k0stui.model.cluster import NOT_ASKED, ApiObservation, HostObservation
from k0stui.model.host import Role
from k0stui.ports import Command, Reply
from k0stui.probes.catalogue import api_probes, first_probes, host_probes, question_of
from k0stui.probes.host import agent_signs, log_signs
from k0stui.probes.host import disks as disks_probe
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.signs import COUNT, argument, read_signs
from tests.recorded_answers import counted

SUBJECT = Subject(Role.CONTROLLER_WORKER, controllers=("127.0.0.1",))
PROBES: dict[str, HostProbe[Any]] = {probe.name: probe for probe in host_probes(SUBJECT)}
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


def run(command: Command, *, shell: str = "sh", tools: Path | None = None) -> Reply:
    """As a host would, sudo left out; `tools` come before the system's own."""
    argv = ["busybox", "sh"] if shell == "busybox" else [shell]
    path = f"{tools}:{os.environ['PATH']}" if tools else os.environ["PATH"]
    asked = datetime.now(UTC)
    done = subprocess.run(
        [*argv, *command.argv[1:]], capture_output=True, timeout=20, env=os.environ | {"PATH": path}, check=False
    )
    return Reply(done.returncode, done.stdout, done.stderr, asked, datetime.now(UTC))


def tool(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", sorted(PROBES))
def test_question_is_plain_sh(name: str, shell: str) -> None:
    """Every question parses in every shell that a host may have as sh."""
    argv = ["busybox", "sh"] if shell == "busybox" else [shell]
    text = PROBES[name].command.argv[2]
    assert subprocess.run([*argv, "-n", "-c", text], capture_output=True, check=False).stderr == b""


@pytest.mark.parametrize("name", sorted(PROBES))
def test_question_leaves_nothing_behind(name: str) -> None:
    """No question writes: the only redirections are to /dev/null, from files, and of one's own output."""
    text = PROBES[name].command.argv[2].replace("2>/dev/null", "").replace(">/dev/null", "").replace("2>&1", "")
    text = text.replace(">&2", "").replace('3<>"/dev/tcp/', "").replace('substr(">")', "")
    assert ">" not in text.replace("s/^", "")
    assert not {"tee", "mktemp", "rm", "mv", "kill", "restart", "touch"} & set(text.split())


@pytest.mark.parametrize("shell", SHELLS)
def test_identity_clock_and_disks_of_this_machine(shell: str) -> None:
    """A real machine says who it is, what time it is and how full it is, in each shell."""
    identity = PROBES["identity"].read(run(PROBES["identity"].command, shell=shell))
    clock = PROBES["clock"].read(run(PROBES["clock"].command, shell=shell))
    disks = PROBES["disks"].read(run(PROBES["disks"].command, shell=shell))

    assert identity.hostname == os.uname().nodename
    assert identity.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert identity.cores >= 1
    assert abs(clock.offset) < 1.0
    assert any(disk.size > 2**20 and disk.mount.startswith("/") for disk in disks)


def test_busybox_df_is_read_too(tmp_path: Path) -> None:
    """The table of busybox's df, which Alpine has, gives the same sizes as the one of coreutils."""
    if not shutil.which("busybox"):
        pytest.skip("no busybox here")
    tool(tmp_path / "bin", "df", 'exec busybox df "$@"')
    probe = disks_probe.probe(SUBJECT)

    ours, theirs = probe.read(run(probe.command)), probe.read(run(probe.command, tools=tmp_path / "bin"))
    assert {disk.mount: disk.size for disk in ours} == {disk.mount: disk.size for disk in theirs}


def test_privileges_and_localhost_of_this_machine() -> None:
    """What is installed is found, and the name localhost means a loopback address."""
    privileges = PROBES["privileges"].read(run(PROBES["privileges"].command))
    localhost = PROBES["localhost"].read(run(PROBES["localhost"].command))

    assert {"awk", "date", "stat"} <= privileges.tools
    assert set(localhost) & {"127.0.0.1", "::1"}


def test_config_file_comes_byte_for_byte(tmp_path: Path) -> None:
    """The file arrives to its last byte, without newline at its end and with bytes that are no text in a comment."""
    content = b"# caf\xc3\xa9 @@ content\nspec:\n  api: {address: 10.0.0.1}\n  telemetry: {enabled: true}"
    file = tmp_path / "k0s.yaml"
    file.write_bytes(content)
    file.chmod(0o640)
    probe = {p.name: p for p in host_probes(replace(SUBJECT, config_path=str(file)))}["config_file"]

    read = probe.read(run(probe.command))

    assert (read.content, read.mode, read.is_regular, read.links) == (content, "0640", True, 1)
    assert read.config.api_address == "10.0.0.1"


def test_ca_and_certificates_of_a_data_folder(tmp_path: Path) -> None:
    """The CA's checksum and every certificate's end are read from a data folder, wherever it lies."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl here")
    pki = tmp_path / "k0s data" / "pki"
    pki.mkdir(parents=True)
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 3 -subj /CN=kubernetes-ca -keyout ca.key -out ca.crt"
    subprocess.run(request.split(), cwd=pki, capture_output=True, check=True)
    probes = {p.name: p for p in host_probes(replace(SUBJECT, data_dir=str(pki.parent)))}

    (certificate,) = probes["certificates"].read(run(probes["certificates"].command))
    checksum = probes["ca_sha256"].read(run(probes["ca_sha256"].command))

    assert certificate.path == str(pki / "ca.crt")
    assert 2 <= (certificate.not_after - datetime.now(UTC)).days <= 3
    assert len(checksum) == 64


@pytest.mark.parametrize("signs", [log_signs.SIGNS, agent_signs.SIGNS])
def test_awk_counts_what_the_recordings_count(signs: Any) -> None:
    """The host's own awk counts signs as the stand-in does that answers from recordings."""
    lines = [
        ("1795354702.003993", 'c1 k0s[1]: "Failed to get a backend" err="No agent available" dialID=1'),
        ("1795354703.003993", "c1 k0s[1]: listen tcp :8132: bind: address already in use"),
        ("1795354704.003993", 'c1 k0s[1]: x509: certificate | is valid for $1 \\1 "a"'),
        ("1795354705.003993", 'c1 k0s[1]: "duplicate server" serverID=1'),
    ]
    text = "".join(f"{time} {line}\n" for time, line in lines)
    done = subprocess.run(["sh", "-c", COUNT, "sh", argument(signs)], input=text.encode(), capture_output=True)

    assert read_signs(done.stdout.decode(), signs) == read_signs(counted(lines, signs), signs)
    assert sum(count for _, count in read_signs(done.stdout.decode(), signs).counts) >= 1


def test_nothing_listens_is_not_zero_agents(tmp_path: Path) -> None:
    """Where no konnectivity server and no agent answer, that is said, and no number is made of it."""
    for name in ("konnectivity_metrics", "agent_metrics", "components", "status"):
        tool(tmp_path / "bin", "curl", "echo 'curl: (7) Failed to connect' >&2; exit 7")
        with pytest.raises(ProbeFailed, match="does not answer"):
            PROBES[name].read(run(PROBES[name].command, tools=tmp_path / "bin"))


def test_agent_sockets_are_looked_at_twice(tmp_path: Path) -> None:
    """Only connections that both looks show count as an agent's: a dial that lasted milliseconds does not."""
    stays = "0 0 [::ffff:10.10.10.41]:8132 [::ffff:10.10.10.51]:54796"
    count = tmp_path / "count"
    tool(tmp_path / "bin", "sleep", "exit 0")
    tool(
        tmp_path / "bin",
        "ss",
        f"echo x >>{count}; echo '{stays}'; echo \"${{stays}}0 0 10.10.10.41:8132 10.10.10.52:$$\"",
    )

    read = PROBES["agent_sockets"].read(run(PROBES["agent_sockets"].command, tools=tmp_path / "bin"))

    assert count.read_text() == "x\nx\n"
    assert (read.first, read.second) == (2, 2)
    assert [(one.peer, one.peer_port) for one in read.stable] == [("10.10.10.51", 54796)]


def test_growth_is_where_the_last_object_lies(tmp_path: Path) -> None:
    """A journal file of unchanged size grows by the offset in its header: 188,000 bytes per second of flood."""
    journal = tmp_path / "system.journal"
    journal.write_bytes(bytes(136) + (60_129_136).to_bytes(8, "little") + bytes(1000))
    grown = bytes(136) + (60_693_136).to_bytes(8, "little") + bytes(1000)
    (tmp_path / "grown").write_bytes(grown)
    tool(tmp_path / "bin", "sleep", f"cp {tmp_path / 'grown'} {journal}")
    tool(tmp_path / "bin", "date", f"[ -e {tmp_path}/seen ] && echo 103 || {{ echo 100; : >{tmp_path}/seen; }}")
    command = PROBES["log_usage"].command
    text = command.argv[2].replace("/var/log/journal/*/system.journal", str(journal)).replace("/var/log/syslog", "/nix")

    read = PROBES["log_usage"].read(run(replace(command, argv=("sh", "-c", text, "sh")), tools=tmp_path / "bin"))

    assert read.growth == 188_000


@pytest.mark.parametrize("has_bash", [True, False])
def test_reach_tells_open_from_refused(has_bash: bool) -> None:
    """A port where somebody listens is open; one where nobody does is refused or, by curl, failed: never open."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_server(("127.0.0.1", 0)) as gone:
        ports = listening.getsockname()[1], gone.getsockname()[1]
        gone.close()
        subject = replace(SUBJECT, api_port=ports[0], agent_port=ports[1])
        probe = {p.name: p for p in host_probes(subject)}["reach"]
        command = probe.command
        if not has_bash:
            text = command.argv[2].replace("command -v bash", "false")
            command = replace(command, argv=("sh", "-c", text, *command.argv[3:]))
        found = {one.port: one for one in probe.read(run(command))}

    assert found[ports[0]].open
    assert not found[ports[1]].open
    assert found[ports[1]].why in ("refused", "failed")
    assert not has_bash or found[ports[1]].why == "refused"


def test_service_of_an_openrc_host(tmp_path: Path) -> None:
    """Without systemctl the unit is told in the same words, from OpenRC's own files."""
    tool(tmp_path / "bin", "rc-service", "exit 0")
    tool(tmp_path / "bin", "rc-update", "echo '  k0sworker | default'")
    (tmp_path / "k0sworker").touch()
    command = PROBES["service"].command
    text = command.argv[2].replace("command -v systemctl", "false").replace("/etc/init.d", str(tmp_path))

    read = PROBES["service"].read(run(replace(command, argv=("sh", "-c", text, "sh")), tools=tmp_path / "bin"))

    assert (read.unit, read.active, read.sub, read.enabled) == ("k0sworker.service", "active", "running", "enabled")


def test_missing_tool_and_refused_sudo_are_told_apart() -> None:
    """A host without ss is not a host without rights: each names what mends it."""
    now = datetime.now(UTC)
    with pytest.raises(ToolMissing, match="ss is not on this host"):
        PROBES["agent_sockets"].read(Reply(127, b"", b"sh: 2: ss: not found", now, now))
    with pytest.raises(NotPermitted, match="NOPASSWD"):
        PROBES["kube_proxy"].read(Reply(1, b"", b"sudo: a password is required", now, now))


def test_names_are_those_of_the_observation() -> None:
    """Each question fills the field of its name, and each field has its question."""

    def observed(kind: Any) -> set[str]:
        return {name for name, field in kind.__dataclass_fields__.items() if field.default is NOT_ASKED}

    assert set(PROBES) == observed(HostObservation) - {"connection"}
    assert {probe.name for probe in api_probes()} == observed(ApiObservation) - {"tunnels"}
    assert {probe.name for probe in first_probes()} <= set(PROBES)


def test_command_names_its_question_whatever_its_parameters() -> None:
    """Whoever answers in a host's place finds the question by its text; no two questions share one."""
    other = Subject(Role.CONTROLLER_WORKER, data_dir="/srv/k0s", controllers=("10.0.0.1",), agent_port=9132)
    for probe in host_probes(other):
        assert question_of(probe.command) == probe.name
    assert question_of(Command(("k0s", "version"))) == ""
    assert len({probe.command.argv[2] for probe in PROBES.values()}) == len(PROBES)


@pytest.mark.parametrize("role", [None, *Role])
def test_questions_follow_the_role(role: Role | None) -> None:
    """Controllers are asked for servers, workers for agents, and a host of unknown role for neither."""
    names = {probe.name for probe in host_probes(Subject(role))}

    assert ("konnectivity_metrics" in names) == (role is not None and role.is_controller)
    assert ("agent_metrics" in names) == (role is not None and role.is_worker)
    assert {"identity", "status", "service"} <= names
