"""The guard as hosts run it: each check, alone, stops it before any act."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.guard.conftest import AFTER, BEFORE, EPOCH, MEMBERS, OP, OWNER, Host, mode_of, sha

RESTART = "--no-block restart k0scontroller.service"


def staged(host: Host) -> Host:
    assert host.lock()["exit"] == "0"
    assert host.stage()["exit"] == "0"
    return host


def untouched(host: Host) -> bool:
    return host.live == BEFORE and host.jobs == [] and host.strays() == []


def test_restart_commits_then_asks_once(host: Host) -> None:
    """With all checks passed it commits the candidate, writes intent and accepted, logs, and queues one job."""
    answer = staged(host).restart()

    assert (answer["exit"], answer["why"], answer["stderr"]) == ("0", "accepted", "")
    assert host.live == AFTER
    assert host.jobs == [RESTART]
    assert [line.partition('"state":')[2][:10] for line in host.record] == ['"intent","', '"accepted"']
    assert f"operation {OP}, step restart-c1, epoch {EPOCH}, {OWNER}" in (host.root / "syslog").read_text()
    assert host.strays() == []


def test_same_attempt_twice_is_one_job(host: Host) -> None:
    """A request that is delivered twice acts once (I5), even while the old process still runs."""
    staged(host).restart()

    assert host.restart()["exit"] == "10"
    assert host.jobs == [RESTART]


def test_next_attempt_after_commit_restarts_without_a_second_commit(host: Host) -> None:
    """File new, process old: the next attempt restarts and leaves the file alone."""
    staged(host).restart()
    inode = (host.root / "etc/k0s/k0s.yaml").stat().st_ino

    assert host.restart(attempt="2")["exit"] == "0"
    assert (host.root / "etc/k0s/k0s.yaml").stat().st_ino == inode
    assert len(host.jobs) == 2


def test_worker_restart_needs_no_config_and_no_quorum(host: Host) -> None:
    """A worker has neither config nor etcd: `-` skips both."""
    staged(host)
    answer = host.restart(unit="k0sworker.service", config="-", before="-", after="-", members="0", need="-")

    assert answer["exit"] == "0"
    assert host.jobs == ["--no-block restart k0sworker.service"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"machine": "machine-2"}, "11"),
        ({"ca": sha(b"another ca\n")}, "11"),
        ({"boot": "boot-0"}, "10"),
        ({"pre": "bbb"}, "10"),
        ({"deadline": "999"}, "16"),
        ({"before": sha(b"x"), "after": sha(b"y")}, "14"),
        ({"after": sha(b"never staged")}, "14"),
        ({"before": sha(b"x"), "after": "-"}, "14"),
        ({"members": "4"}, "15"),
        ({"need": "3"}, "15"),
        ({"unit": "ssh.service"}, "64"),
        ({"step": "a b"}, "64"),
        ({"step": "$(reboot)"}, "64"),
        ({"config": "etc/k0s/k0s.yaml"}, "64"),
        ({"config": "/etc/../etc/k0s/k0s.yaml"}, "64"),
        ({"attempt": "-1"}, "64"),
        ({"state": "maybe"}, "64"),
    ],
)
def test_wrong_request_changes_nothing(host: Host, changed: dict[str, str], code: str) -> None:
    """Identity, boot, invocation, deadline, config, quorum and form are each checked before any act."""
    answer = staged(host).restart(**changed)

    assert answer["exit"] == code
    assert untouched(host)
    assert host.record == []


@pytest.mark.fault("F38")
@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"Job": "4711"}, "13"),
        ({"LoadState": "not-found"}, "13"),
        ({"ActiveState": "activating", "SubState": "auto-restart"}, "13"),
        ({"InvocationID": "bbb"}, "10"),
    ],
)
def test_unit_in_another_state_is_left_alone(host: Host, facts: dict[str, str], code: str) -> None:
    """A foreign job, a missing unit, a crash loop and a restart by someone else each stop it (F38)."""
    staged(host).unit(**facts)

    assert host.restart()["exit"] == code
    assert untouched(host)


@pytest.mark.fault("F42")
@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("etcd/health", '{"health":"false","reason":"RAFT NO LEADER"}'),
        ("etcd/health", ""),
        ("etcd/v3/cluster/member/list", MEMBERS.replace('{"ID":"3"}', '{"ID":"3"},{"ID":"4"}')),
        ("etcd/metrics", 'etcd_network_active_peers{Local="a",Remote="b"} 1\n'),
        ("etcd/metrics", 'etcd_network_active_peers{L="a",R="b"} 1\netcd_network_active_peers{L="a",R="c"} 0\n'),
    ],
)
def test_no_quorum_without_us_stops_it(host: Host, path: str, content: str) -> None:
    """Unhealthy etcd, another member count or a peer lost between gate and guard: no act (F42)."""
    staged(host).write(path, content)

    assert host.restart()["exit"] == "15"
    assert untouched(host)


def test_help_of_a_dead_controller_needs_no_margin(host: Host) -> None:
    """A controller that is down may be restarted although its etcd does not answer: it cannot get worse."""
    staged(host).write("etcd/health", "")
    host.unit(ActiveState="failed", SubState="failed", InvocationID="ccc")

    assert host.restart(state="any")["exit"] == "0"
    assert host.restart(state="any")["exit"] == "10"
    assert len(host.jobs) == 1


def test_rollback_is_the_same_verb(host: Host) -> None:
    """With the two shas exchanged the kept bytes come back."""
    staged(host).restart()
    answer = host.restart(step="back-c1", before=sha(AFTER), after=sha(BEFORE))

    assert answer["exit"] == "0"
    assert host.live == BEFORE


@pytest.mark.fault("F26")
def test_edit_by_someone_else_is_never_overwritten(host: Host) -> None:
    """A config changed between plan and apply stays as it is (F26)."""
    staged(host).write("etc/k0s/k0s.yaml", "spec: {mine: true}\n")

    assert host.restart()["exit"] == "14"
    assert host.live == b"spec: {mine: true}\n"
    assert host.jobs == []


@pytest.mark.fault("F29")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o400])
def test_mode_survives_the_replace(host: Host, mode: int) -> None:
    """The new file has the mode and owner of the old one."""
    staged(host)
    path = host.root / "etc/k0s/k0s.yaml"
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, 0, 12)
    host.restart()

    assert mode_of(path) == oct(mode)
    assert path.stat().st_gid == (12 if os.geteuid() == 0 else os.getegid())
    assert host.live == AFTER


@pytest.mark.fault("F29")
def test_odd_config_files_are_refused(host: Host) -> None:
    """A symlink, a hard link, and a directory that others may write each end with 19 and are not replaced."""
    staged(host)
    path = host.root / "etc/k0s/k0s.yaml"
    os.link(path, host.root / "etc/other.yaml")
    assert host.restart()["exit"] == "19"

    os.unlink(path)
    path.symlink_to("../other.yaml")
    assert host.restart()["exit"] == "19"

    path.unlink()
    host.write("etc/k0s/k0s.yaml", BEFORE)
    path.parent.chmod(0o775)
    assert host.restart()["exit"] == "19"
    assert untouched(host)


def test_state_directory_must_be_ours(host: Host) -> None:
    """A state directory that is a symlink or that others can read is not entered."""
    (host.root / "elsewhere").mkdir(mode=0o700)
    (host.root / "var/lib/k0stui").symlink_to(host.root / "elsewhere")
    assert host.lock()["exit"] == "19"

    (host.root / "var/lib/k0stui").unlink()
    (host.root / "var/lib/k0stui").mkdir(mode=0o755)
    assert host.lock()["exit"] == "19"
    assert list((host.root / "elsewhere").iterdir()) == []


def test_status_writes_nothing(host: Host) -> None:
    """Looking leaves no trace, not even the state directory."""
    answer = host.run("status", OP, "k0scontroller.service", "/etc/k0s/k0s.yaml")

    assert (answer["epoch"], answer["op"], answer["lock"]) == ("0", "-", "-")
    assert (answer["invocation"], answer["sha"], answer["boot"]) == ("aaa", sha(BEFORE), "boot-1")
    assert not (host.root / "var/lib/k0stui").exists()


@pytest.mark.fault("F15")
def test_every_verb_but_status_needs_the_lock(host: Host) -> None:
    """Without the lock, with a lower or higher epoch, another operation or another owner: 12, nothing written (I9)."""
    for line in (None, f"2 {OP} {OWNER}", f"4 {OP} {OWNER}", f"{EPOCH} other {OWNER}", f"{EPOCH} {OP} bob@b:1"):
        if line:
            host.write("var/lib/k0stui/lock", f"{line}\n")
            (host.root / "var/lib/k0stui").chmod(0o700)
        beat = host.ours("beat")
        assert (beat["exit"], f"{beat['epoch']} {beat['op']} {beat['owner']}") == ("12", line or "0 - -")
        assert host.ours("note", payload=b"x\n")["exit"] == "12"
        assert host.stage()["exit"] == "12"
        assert host.restart()["exit"] == "12"
        assert not (host.root / "var/lib/k0stui/ops").exists()
    assert untouched(host)


def test_lock_is_compare_and_swap(host: Host) -> None:
    """Only who knows the present line replaces it; the epoch never falls; a release keeps it."""
    first = host.lock("1 op-1 ann@a:1")
    assert first["exit"] == "0"
    assert host.lock("2 op-2 bob@b:1")["exit"] == "12"
    assert host.lock("1 op-2 bob@b:1", first["lock"])["exit"] == "12"
    assert host.lock("0 op-2 bob@b:1", first["lock"])["exit"] == "12"

    freed = host.lock("1 - -", first["lock"])
    assert (freed["exit"], freed["epoch"], freed["op"]) == ("0", "1", "-")
    assert host.lock("1 op-2 bob@b:1", freed["lock"])["exit"] == "12"
    assert host.lock("2 op-2 bob@b:1", freed["lock"])["exit"] == "0"


@pytest.mark.fault("F17")
@pytest.mark.parametrize(
    "garbage", [b"", b"\n", b"3 op-1\n", b"3 op-1 x y\n", b"x op-1 y\n", b"3 op-1 a\n3 op-1 b\n", b"\x1b[2J\0"]
)
def test_unreadable_lock_blocks_and_adoption_repairs(host: Host, garbage: bytes) -> None:
    """A lock line of another form is nobody's: status says so, acts are refused, compare-and-swap mends it (F17)."""
    host.write("var/lib/k0stui/lock", garbage)
    (host.root / "var/lib/k0stui").chmod(0o700)
    seen = host.run("status", OP, "k0scontroller.service", "-")

    assert (seen["epoch"], seen["op"]) == ("unreadable", "unreadable")
    assert host.ours("beat")["exit"] == "12"
    assert host.lock(expect=seen["lock"])["exit"] == "0"
    assert host.ours("beat")["exit"] == "0"


@pytest.mark.parametrize(
    "line", ["", "1", "1 op", "1 op owner more", "one op owner", "1 ../x o", "1 op a/b", "9999999999 op o"]
)
def test_malformed_lock_lines_are_refused(host: Host, line: str) -> None:
    """Whoever calls with another form than EPOCH OP OWNER writes nothing."""
    assert host.lock(line)["exit"] == "64"
    assert not (host.root / "var/lib/k0stui/lock").exists()


@pytest.mark.fault("F13")
def test_twenty_race_for_the_lock(host: Host) -> None:
    """Twenty contenders at once: exactly one wins, and the line is the winner's (F13)."""
    racers = [
        subprocess.Popen(
            host.argv("lock", "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        for _ in range(20)
    ]
    for number, racer in enumerate(racers):
        assert racer.stdin is not None
        racer.stdin.write(f"1 op-{number} me@h:{number}\n".encode())
        racer.stdin.close()
    ends = [racer.wait(timeout=60) for racer in racers]
    for racer in racers:
        assert racer.stdout is not None
        racer.stdout.close()
    winner = ends.index(0)

    assert sorted(ends) == [0] + [12] * 19
    assert (host.root / "var/lib/k0stui/lock").read_text() == f"1 op-{winner} me@h:{winner}\n"


@pytest.mark.fault("F19")
def test_beat_age_is_of_this_boot_only(host: Host) -> None:
    """The age of a beat is counted by the host's own uptime, and unknown after a reboot (F19)."""
    host.lock()
    host.ours("beat")
    host.write("proc/uptime", "1042.00 1\n")
    assert host.run("status", OP, "k0scontroller.service", "-")["beat"] == "42"

    host.write("proc/sys/kernel/random/boot_id", "boot-2\n")
    assert host.run("status", OP, "k0scontroller.service", "-")["beat"] == "-"


def test_torn_record_line_is_closed_before_the_next(host: Host) -> None:
    """A line that a crash cut off never swallows the next one."""
    staged(host)
    host.write(f"var/lib/k0stui/ops/{OP}/record.jsonl", '{"by":"guard","step":"restart-c1","att')
    host.ours("note", payload=b'{"note":1}\n')

    assert host.record == ['{"by":"guard","step":"restart-c1","att', '{"note":1}']
    assert host.restart()["exit"] == "0"


def test_payload_never_becomes_shell(host: Host) -> None:
    """Quotes, substitutions and globs in content and notes arrive as bytes."""
    host.lock()
    hostile = b'a: "$(touch pwned) `id` ${HOME} * \' \\"\n'
    host.ours("note", payload=hostile)
    host.write("etc/k0s/k0s.yaml", hostile)

    assert host.record == [hostile.decode().rstrip("\n")]
    assert host.stage(before=hostile)["exit"] == "0"
    assert (host.root / f"var/lib/k0stui/ops/{OP}/config.before").read_bytes() == hostile


def test_notes_are_whole_lines(host: Host) -> None:
    """Several lines arrive as they are; what was torn on its way, is empty or too long is not kept at all."""
    host.lock()
    assert host.ours("note", payload=b'{"seq":1}\n{"seq":2}\n')["exit"] == "0"
    for torn in (b'{"seq":3}\n{"se', b"", b"\n", b"x" * 65537 + b"\n"):
        assert host.ours("note", payload=torn)["exit"] == "64"
    assert host.record == ['{"seq":1}', '{"seq":2}']


def test_stage_keeps_plan_and_resource(host: Host) -> None:
    """Plan and prior object are kept for an adopter; content that was damaged on the way is not."""
    host.lock()
    for what, name in (("plan", "plan.json"), ("resource", "resource.before")):
        assert host.ours("stage", what, sha(b"{}"), "-", "-", payload=b"{}")["exit"] == "0"
        assert (host.root / f"var/lib/k0stui/ops/{OP}/{name}").read_bytes() == b"{}"
        assert host.ours("stage", what, sha(b"{}"), "-", "-", payload=b"{")["exit"] == "17"
        assert (host.root / f"var/lib/k0stui/ops/{OP}/{name}").read_bytes() == b"{}"
    assert host.ours("stage", "../../etc/passwd", sha(b"{}"), "-", "-", payload=b"{}")["exit"] == "64"
    assert mode_of(host.root / f"var/lib/k0stui/ops/{OP}/plan.json") == "0o600"


KILLING = """#!/bin/sh
n=$(($(cat "$ROOT/calls" 2>/dev/null || echo 0) + 1)); echo $n >"$ROOT/calls"
[ "$n" -ne "$(cat "$ROOT/fatal")" ] || [ WHEN != before ] || kill -9 0
REAL "$@"; status=$?
[ "$n" -ne "$(cat "$ROOT/fatal")" ] || kill -9 0
exit $status
"""
"""Stands for a tool and kills the whole session at the n-th call, before or after it did its work."""


@pytest.mark.fault("F22")
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_anywhere_the_config_is_old_or_new_and_the_next_attempt_ends_it(host: Host, when: str) -> None:
    """SIGKILL at each outside call of a restart: never a torn file, one job at most, attempt 2 ends it (F22)."""
    staged(host)
    fresh = {path: path.read_bytes() for path in host.root.rglob("*") if path.is_file()}
    for tool in ("sync", "mv", "cp", "systemctl"):
        inner = f"{host.root}/systemctl.real" if tool == "systemctl" else f"/usr/bin/{tool}"
        if tool == "systemctl":
            (host.root / "usr/local/bin/systemctl").rename(inner)
        host.shim(tool, KILLING.replace("WHEN", when).replace("REAL", inner))
    reached = 0
    for fatal in range(1, 40):
        for name in ("jobs", "calls", "syslog", f"var/lib/k0stui/ops/{OP}/record.jsonl"):
            (host.root / name).unlink(missing_ok=True)
        for path, content in fresh.items():
            if "bin" not in path.parts:
                path.write_bytes(content)
        host.write("fatal", str(fatal))
        done = subprocess.run(
            host.argv("restart", OP, EPOCH, OWNER, *host.arguments.values()),
            capture_output=True,
            start_new_session=True,
            check=False,
        )
        if done.returncode == 0:
            break
        reached += 1
        assert host.live in (BEFORE, AFTER), fatal
        assert len(host.jobs) <= 1
        host.write("fatal", "0")
        again = host.restart()
        assert again["exit"] in ("0", "10")
        if not host.jobs:
            assert host.restart(attempt="2")["exit"] == "0"
        assert host.live == AFTER
        assert host.jobs == [RESTART]
        assert host.strays() == []
    assert reached >= 9


@pytest.mark.fault("F21")
def test_full_disk_under_the_config_leaves_it_whole(small_disk: Path, host: Host) -> None:
    """No room in /etc: refused with 17, live bytes unchanged, no stray file, no job (F21)."""
    staged(host)
    etc = host.root / "etc/k0s"
    subprocess.run(["mount", "--bind", small_disk, etc], check=True)
    try:
        host.write("etc/k0s/k0s.yaml", BEFORE)
        (small_disk / "flood").write_bytes(b"x" * (3 * 2**20 - 600 * 1024))
        assert host.restart()["exit"] == "17"
        (small_disk / "flood").unlink()
        assert host.live == BEFORE
        assert host.jobs == []
        assert host.strays() == []
        assert host.restart(attempt="2")["exit"] == "0"
    finally:
        subprocess.run(["umount", "-l", etc], check=True)


@pytest.mark.fault("F23")
def test_full_disk_under_the_record_means_no_act(small_disk: Path, host: Host) -> None:
    """No room for the intent: nothing is committed and nothing restarted (F23)."""
    staged(host)
    state = host.root / "var/lib/k0stui"
    kept = subprocess.run(["tar", "-C", state, "-c", "."], capture_output=True, check=True).stdout
    subprocess.run(["mount", "--bind", small_disk, state], check=True)
    try:
        subprocess.run(["tar", "-C", state, "-x"], input=kept, check=True)
        (small_disk / "flood").write_bytes(b"x" * (3 * 2**20 - 200 * 1024))
        assert host.restart()["exit"] == "17"
        assert untouched(host)
    finally:
        subprocess.run(["umount", "-l", state], check=True)


def test_environment_changes_nothing(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """PATH, proxies, IFS, ENV and names of its own variables in the environment do not reach the guard (SEC-35)."""
    staged(host)
    for name, value in {
        "PATH": "/nonexistent:/usr/bin:/bin", "root": "/nonexistent", "base": "/nonexistent", "IFS": "o",
        "state": "any", "need": "-", "https_proxy": "http://127.0.0.1:1", "candidate": "/etc/passwd",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    host.write("etcd/health", "")

    assert host.restart()["exit"] == "15"
    assert untouched(host)


NAGGING = """#!/bin/sh
for signal in TERM HUP PIPE INT; do kill -s $signal $PPID; done
exec /usr/bin/sync "$@"
"""


@pytest.mark.fault("F04")
def test_client_that_is_gone_ends_nothing_half_way(host: Host) -> None:
    """Whatever signal comes while the lock is held, the transaction goes on to its one job (F04)."""
    staged(host)
    host.shim("sync", NAGGING)

    assert host.restart()["exit"] == "0"
    assert (host.live, host.jobs, host.strays()) == (AFTER, [RESTART], [])


HASTY = """#!/bin/sh
[ "$1 $2" = "-s KILL" ] || exit 99
shift 3
exec /usr/bin/timeout -s KILL 0.2 "$@"
"""


def test_command_that_ignores_us_is_ended_by_its_limit(host: Host) -> None:
    """Signals are ignored by inheritance, so the limits of what the guard starts kill: a hung systemctl is exit 13."""
    staged(host)
    host.shim(
        "timeout", '#!/bin/sh\n[ "$1 $2" = "-s KILL" ] || exit 99\nshift 3\nexec /usr/bin/timeout -s KILL 0.2 "$@"\n'
    )
    host.shim("systemctl", "#!/bin/sh\nexec sleep 60\n")

    assert host.restart()["exit"] == "13"
    assert untouched(host)
