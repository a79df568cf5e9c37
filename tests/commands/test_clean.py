"""What is left on a host is listed whole; only files of the closed list are removed, and none under a lock."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from k0stui.connect.guard import Claim, ShellGuard
from k0stui.connect.left import OURS, Left, left_on, read_listing, removal
from k0stui.demo.pace import Pace
from k0stui.demo.scenarios import SCENARIOS
from k0stui.demo.shell import DemoConnector
from k0stui.model.host import HostName
from k0stui.plans.world import Verdict
from k0stui.ports import Command, Reply
from tests.fakes import START, FakeClock

OP = "20250204-031502-ab12"


@dataclass
class RealSh:
    """This machine's own sh, as one host's shell."""

    host: HostName = HostName("c1")  # noqa: RUF009 - a string

    async def run(self, command: Command) -> Reply:
        done = subprocess.run(command.argv, input=command.stdin, capture_output=True, check=False)  # noqa: ASYNC221
        return Reply(done.returncode, done.stdout, done.stderr, START, START)

    async def close(self) -> None: ...


def a_host(folder: Path, lock: str = "3 - -") -> Path:
    base = folder / "k0stui"
    (base / "ops" / OP).mkdir(parents=True)
    (base / "lock").write_text(f"{lock}\n")
    (base / "beat").write_text("boot 12\n")
    (base / ".flock").touch()
    for name in ("plan.json", "record.jsonl", "config.before", "config.after"):
        (base / "ops" / OP / name).write_text(name)
    return base


def left(base: Path) -> Left:
    return asyncio.run(left_on(RealSh(), str(base)))


def remove(found: Left, base: Path) -> int:
    return asyncio.run(RealSh().run(removal(found, str(base)))).exit_status


def test_everything_of_ours_goes(tmp_path: Path) -> None:
    """Lock line free: all files and folders are removed, the base as well."""
    base = a_host(tmp_path)
    found = left(base)
    assert found.holder == ""
    assert found.operations == (OP,)
    assert len(found.files) == 7
    assert remove(found, base) == 0
    assert not base.exists()


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    """A file that the guard never writes, and a link, are named and left where they are."""
    base = a_host(tmp_path)
    (base / "notes.txt").write_text("mine")
    (base / "ops" / OP / "link").symlink_to("/etc/passwd")
    found = left(base)
    assert set(found.foreign) == {"notes.txt", f"ops/{OP}/link"}
    assert remove(found, base) == 0
    assert sorted(path.name for path in base.rglob("*")) == [OP, "link", "notes.txt", "ops"]


def test_a_lock_taken_meanwhile_stops_it(tmp_path: Path) -> None:
    """The line is compared under the guard's own lock: another one, and nothing is removed."""
    base = a_host(tmp_path)
    found = left(base)
    (base / "lock").write_text("4 op-2 ben@laptop\n")
    assert remove(found, base) == 12
    assert (base / "ops" / OP / "plan.json").exists()
    assert left(base).holder == "op-2"


def test_unreadable_lock_is_somebody_s() -> None:
    """Garbage in the lock line counts as held."""
    assert read_listing(HostName("c1"), "f 3 ./lock\nlock garbage\n").holder


def test_nothing_there(tmp_path: Path) -> None:
    """A host without the folder has nothing left."""
    assert left(tmp_path / "none").lines() == ["c1: nothing is left there"]


def test_torn_temporary_is_listed_and_goes(tmp_path: Path) -> None:
    """What a replace that was cut off left beside k0s.yaml: named, removed under the lock; the config itself stays."""
    base, configs = a_host(tmp_path), tmp_path / "etc"
    configs.mkdir()
    for name in ("k0s.yaml", f".k0stui.{OP}.new", ".k0stui.new", "other.new"):
        (configs / name).write_text(name)
    found = asyncio.run(left_on(RealSh(), str(base), str(configs)))
    assert found.temporaries == (f".k0stui.{OP}.new",)
    assert any(f".k0stui.{OP}.new" in line for line in found.lines())
    assert asyncio.run(RealSh().run(removal(found, str(base), str(configs)))).exit_status == 0
    assert sorted(path.name for path in configs.iterdir()) == [".k0stui.new", "k0s.yaml", "other.new"]


async def test_simulated_host_lists_and_removes(tmp_path: Path) -> None:
    """The demo fleet answers both commands by running them, so `clean` can be tried there."""
    with DemoConnector(Pace(SCENARIOS["healthy"](), FakeClock())) as fleet:
        shell = fleet.shell_of("k0s-master-1")
        guard = ShellGuard(shell, Claim("op-1", 1, "ann@a"))
        assert (await guard.lock("-", "1 op-1 ann@a")).verdict is Verdict.ACCEPTED
        assert (await left_on(shell)).holder == "op-1"
        free = await guard.lock((await guard.status("k0scontroller.service")).lock_sha, "1 - -")
        assert free.verdict is Verdict.ACCEPTED
        found = await left_on(shell)
        assert (await shell.run(removal(found))).exit_status == 0
        assert (await left_on(shell)).files == ()


@given(st.text())
def test_no_path_leads_out(path: str) -> None:
    """Nothing on the list is absolute, goes up, or has more than three parts."""
    if OURS.fullmatch(path):
        parts = path.split("/")
        assert len(parts) <= 3
        assert ".." not in parts
        assert not path.startswith("/")


def test_ways_up_are_not_on_the_list() -> None:
    """Names that look like ours and are not."""
    for path in ("../lock", "ops/../lock", "ops/..", "ops/x/../../y", "/lock", "ops/x/plan.json/y", "lock\n"):
        assert not OURS.fullmatch(path), path
