"""Locks, journals and the replacing of a config on real hosts: disks fail, processes are killed, others race."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from hashlib import sha256

import pytest

from k0stui.connect.guard import GUARD
from k0stui.model.event import Kind
from k0stui.model.operation import OperationState
from tests.lab import boot, repair, repair_hosts
from tests.lab.faults import inflict
from tests.lab.hosts import CONTROLLERS, LabHost
from tests.lab.repair import Operator

MASTER_1, MASTER_2, MASTER_3 = CONTROLLERS
OP = "by-hand"
CONFIG = "/etc/k0s/k0s.yaml"

pytestmark = [pytest.mark.usefixtures("whole"), pytest.mark.timeout(900)]


@pytest.fixture
def someone() -> Iterator[Operator]:
    """An operator; afterwards no host has anything of theirs."""
    repair_hosts.clear()
    with repair.operator() as one:
        yield one
    repair_hosts.clear()


def _guard(host: LabHost, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The guard on that host as root, as the resident shell runs it."""
    return subprocess.run(_guard_command(host, *words), input=stdin, capture_output=True, text=True)


def _guard_command(host: LabHost, *words: str, before: tuple[str, ...] = ()) -> tuple[str, ...]:
    return boot.enter_host(host, *before, "sh", "-c", GUARD, "guard", *words)


@pytest.mark.fault("F13")
def test_twenty_race_for_a_lock_and_one_wins() -> None:
    """Twenty processes compare and swap the lock line at once: one is answered 0, nineteen 12; its line lies there."""
    repair_hosts.clear()
    pipe = subprocess.PIPE
    racers = [
        subprocess.Popen(_guard_command(MASTER_1, "lock", "-"), stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for _ in range(20)
    ]
    for number, racer in enumerate(racers):
        assert racer.stdin is not None
        racer.stdin.write(f"1 op-{number} racer-{number}\n")
        racer.stdin.close()
    ends = [racer.wait(60) for racer in racers]
    for racer in racers:
        racer.stdout.close()  # type: ignore[union-attr]
        racer.stderr.close()  # type: ignore[union-attr]

    assert sorted(ends) == [0] + [12] * 19
    assert repair_hosts.lock_line(MASTER_1) == f"1 op-{ends.index(0)} racer-{ends.index(0)}"
    repair_hosts.clear()


@pytest.mark.slow
@pytest.mark.fault("F17")
def test_a_lock_that_cannot_be_read_blocks(someone: Operator) -> None:
    """Garbage in a lock line is nobody's lock and not a free one: no plan starts, and no byte of it is shown raw."""
    worker = repair_hosts.longest_up()
    garbage = r"printf '\033]52;c;AAAA\007 \377 <- garbage\n' >/var/lib/k0stui/lock"
    boot.run(MASTER_2, "sh", "-ec", f"mkdir -m 0700 -p /var/lib/k0stui; {garbage}")

    said = someone.plan("restart-workers", "--only", worker.name)

    assert said.returncode == 1, said.stdout
    assert re.search(r"C-08.*k0s-master-2", said.stdout), said.stdout
    assert "\x1b]52" not in said.stdout + said.stderr


@pytest.mark.slow
@pytest.mark.fault("F18")
def test_a_lock_on_a_read_only_disk_touches_nothing(someone: Operator) -> None:
    """One controller cannot keep the lock: locking fails with its name, and those already taken are given back."""
    worker, began = repair_hosts.longest_up(), time.time()
    boot.run(MASTER_3, "mkdir", "-m", "0700", "-p", "/var/lib/k0stui")
    with inflict("read-only", "m3", "/var/lib/k0stui"):
        carried = someone.start("run", "restart-workers", "--only", worker.name, "--confirm", worker.name)
        status = carried.end()

    assert (status, carried.operation.state) == (1, OperationState.UNLOCKED)
    assert MASTER_3.name in carried.operation.reason
    assert {repair_hosts.lock_line(each).split(" ")[1:2] == ["-"] for each in (MASTER_1, MASTER_2)} == {True}
    assert repair_hosts.starts(worker, began) == []


@pytest.mark.slow
@pytest.mark.fault("F35")
def test_an_orphan_stops_a_restart(someone: Operator) -> None:
    """A second process of that name beside k0s' own holds what the new one will need: R-07, with its pid."""
    repair_hosts.steady(*CONTROLLERS)
    orphan = (
        "cp /bin/sleep /run/konnectivity-server; systemd-run -q --unit=lab-orphan /run/konnectivity-server infinity"
    )
    boot.run(MASTER_2, "sh", "-ec", orphan)
    try:
        said = someone.plan("restart-controllers")
    finally:
        boot.run(MASTER_2, "sh", "-c", "systemctl stop lab-orphan; rm /run/konnectivity-server")

    assert said.returncode == 1, said.stdout
    assert re.search(r"NO R-07 .*k0s-master-2: konnectivity-server runs as \d+, \d+", said.stdout), said.stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: no fault can be injected")
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("write:error=ENOSPC", marks=pytest.mark.fault("F23")),
        pytest.param("fsync:error=EIO", marks=pytest.mark.fault("F24")),
    ],
)
def test_without_a_journal_there_is_no_act(fault: str, someone: Operator) -> None:
    """The journal's disk is full, or not synced, before an intent: the executor ends, loudly; no host was touched."""
    worker, began = repair_hosts.longest_up(), time.time()
    carried = someone.start("run", "restart-workers", "--only", worker.name, "--confirm", worker.name)
    carried.until(Kind.CHOSEN)
    inject = ("strace", "-qq", "-f", "-p", str(carried.executor), "-o", "/dev/null")
    journal = str(carried.directory / "journal.jsonl")
    with subprocess.Popen((*inject, "-P", journal, "-e", f"inject={fault}"), stdin=subprocess.DEVNULL) as tracer:
        status = carried.end()
        tracer.wait(30)

    assert status != 0
    assert carried.find(Kind.INTENT) == []
    assert repair_hosts.starts(worker, began) == []
    log = (carried.directory / "executor.log").read_text()
    assert "journal" in log, log


TRACED = (
    "openat",
    "write",
    "fsync",
    "fchmod",
    "fchown",
    "fchownat",
    "utimensat",
    "renameat2",
    "rename",
    "copy_file_range",
)
"""What `cp -a`, `cat`, `sync` and `mv` do to the temporary file beside k0s.yaml."""
INJECTED = [f"{call}:{how}" for call in TRACED for how in ("error=ENOSPC", "error=EIO", "signal=KILL")]


@pytest.mark.fault("F22")
def test_the_replace_is_never_torn() -> None:
    """Each system call on the new file fails, or its process is killed there: the live bytes are the old or the new."""
    repair_hosts.clear()
    old = boot.run(MASTER_2, "cat", CONFIG)
    new = old.replace("  network:\n", "  network:\n    clusterDomain: cluster.local\n", 1)
    shas = {sha256(text.encode()).hexdigest() for text in (old, new)}
    assert len(shas) == 2
    boot.run(MASTER_2, "cp", "-p", CONFIG, "/root/k0s.yaml")
    boot.run(MASTER_2, "sh", "-ec", f"cat >{SHIM}; chmod 755 {SHIM}", stdin=SHIM_TEXT)
    seen: dict[str, str] = {}
    try:
        for number, fault in enumerate(INJECTED):
            seen[fault] = _replaced(number, fault, old, new)
            assert seen[fault] in shas, fault
            assert not boot.run(MASTER_2, "find", "/etc/k0s", "-name", "k0s.yaml.*")
            boot.run(MASTER_2, "cp", "-p", "/root/k0s.yaml", CONFIG)
    finally:
        boot.run(MASTER_2, "sh", "-c", f"mv /root/k0s.yaml {CONFIG}; rm -f {SHIM} /etc/k0s/.k0stui.*")
        repair_hosts.clear()
    assert set(seen.values()) == shas, "no fault was early, or none was late: nothing was injected"


SHIM = "/usr/local/sbin/systemctl"
SHIM_TEXT = """#!/bin/sh
[ "$1" = --no-block ] || exec /usr/bin/systemctl "$@"
"""
"""The guard finds this one first: it shows units, and restarts none: only the file is looked at here."""


def _replaced(number: int, fault: str, old: str, new: str) -> str:
    """sha256 of k0s.yaml after the guard has replaced it under that fault."""
    claim = (f"{OP}-{number}", "1", "hand")
    repair_hosts.clear()
    assert _guard(MASTER_2, "lock", "-", stdin=f"1 {claim[0]} hand\n").returncode == 0
    before, after = (sha256(text.encode()).hexdigest() for text in (old, new))
    assert _guard(MASTER_2, "stage", *claim, "config", after, CONFIG, before, stdin=new).returncode == 0
    temporary = f"/etc/k0s/.k0stui.{claim[0]}.new"
    strace = ("strace", "-qq", "-f", "-o", "/dev/null", "-P", temporary, "-e", f"inject={fault}")
    words = _restart_words(claim, before, after)
    subprocess.run(
        _guard_command(MASTER_2, "restart", *words, before=strace), stdin=subprocess.DEVNULL, capture_output=True
    )
    return sha256(boot.run(MASTER_2, "cat", CONFIG).encode()).hexdigest()


def _restart_words(claim: tuple[str, str, str], before: str, after: str) -> tuple[str, ...]:
    ask = (
        "cat /etc/machine-id; sha256sum </var/lib/k0s/pki/ca.crt | cut -d' ' -f1; cat /proc/sys/kernel/random/boot_id;"
        " systemctl show -P InvocationID k0scontroller; cut -d. -f1 /proc/uptime"
    )
    machine, ca, boot_id, invocation, uptime = boot.run(MASTER_2, "sh", "-c", ask).split()
    unit = ("k0scontroller.service", machine, ca, boot_id, invocation, str(int(uptime) + 30), "/var/lib/k0s")
    return (*claim, "by-hand", "1", *unit, CONFIG, before, after, "3", "2", "active")
