"""The journal: synced before each act, torn only at its end, and never believed when damaged."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k0stui.engine import journal
from k0stui.engine.journal import Journal, directories, find, parse, read, state_home
from k0stui.errors import JournalBroken, UsageError
from k0stui.model.event import Event, Kind
from k0stui.model.operation import OperationState, StepState, begin
from k0stui.model.transition import advance
from tests.fakes import START
from tests.protocol.test_transition import STEPS, WHOLE, a_plan, through

EVENTS = (
    Event(Kind.APPROVED, why="ann"),
    Event(Kind.LOCKING, epoch=1),
    Event(Kind.LOCKED, epoch=1),
    *(event for step in STEPS for event in through(step, *WHOLE)),
    Event(Kind.NOTHING_LEFT),
    Event(Kind.PROVEN),
    Event(Kind.UNLOCKED),
)


def written(home: Path, events: tuple[Event, ...] = EVENTS) -> Path:
    kept = Journal.create(home, "op-1", a_plan())
    for number, event in enumerate(events):
        kept.append(event, START + timedelta(seconds=number), float(number))
    kept.close()
    return kept.directory


def test_fold_of_the_file_is_what_the_writer_had(tmp_path: Path) -> None:
    """Read by another process, the journal gives the same operation, with its times."""
    kept = Journal.create(tmp_path, "op-1", a_plan())
    for event in EVENTS[:6]:
        kept.append(event, START, 1.0)
    operation, records = read(kept.directory)

    assert operation == kept.operation
    assert (operation.step("c1").state, operation.step("c1").since) == (StepState.INTENT, START)
    assert [record.seq for record in records] == [1, 2, 3, 4, 5, 6]
    assert (records[-1].host, records[-1].step, records[-1].attempt, records[-1].state) == ("c1", "c1", 1, "S2")
    kept.close()


def test_files_are_for_us_alone(tmp_path: Path) -> None:
    """0700 and 0600, whatever the umask."""
    directory = written(tmp_path / "state")

    assert directory.stat().st_mode & 0o777 == 0o700
    assert directory.parent.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


@pytest.mark.fault("F25")
def test_every_prefix_is_a_legal_state(tmp_path: Path) -> None:
    """A crash after any record leaves what can be resumed; cut inside a line, that line is dropped (F25)."""
    directory = written(tmp_path)
    raw = (directory / "journal.jsonl").read_bytes()
    expected = begin("op-1", a_plan())
    ends = [0, *(index + 1 for index, byte in enumerate(raw) if byte == 10)]
    for end, event in zip(ends, (*EVENTS, None), strict=True):
        for cut in {end, end + 1, end + 40, *(ends[ends.index(end) + 1 : ends.index(end) + 2])} - {
            *ends[ends.index(end) + 1 :]
        }:
            (directory / "journal.jsonl").write_bytes(raw[:cut])
            operation, _ = read(directory)
            assert (operation.state, operation.in_flight) == (expected.state, operation.in_flight)
            assert [step.state for step in operation.steps] == [step.state for step in expected.steps]
            if not operation.state.is_over:
                advance(operation, Event(Kind.RESUMED))
        if event is not None:
            expected, _ = advance(expected, event)


def test_torn_line_is_cut_off_before_the_next(tmp_path: Path) -> None:
    """After a crash in the middle of a write the next process appends on a clean line."""
    directory = written(tmp_path, EVENTS[:4])
    with (directory / "journal.jsonl").open("ab") as file:
        file.write(b'{"seq":5,"op":"op')
    again = Journal.reopen(directory)
    again.append(Event(Kind.RESUMED), START, 0.0)
    again.close()

    assert [record.seq for record in read(directory)[1]] == [1, 2, 3, 4, 5]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_flipped_byte_is_never_believed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """One byte changed in any whole line: no automatic resume."""
    directory = _ONCE.setdefault("directory", None) or written(tmp_path_factory.mktemp("journal"))
    _ONCE["directory"] = directory
    raw = bytearray(_ONCE.setdefault("raw", (directory / "journal.jsonl").read_bytes()))
    at = data.draw(st.integers(0, len(raw) - 2))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(JournalBroken):
        list(parse(bytes(raw)))


def test_last_brace_counts_too(tmp_path: Path) -> None:
    """A blank for the brace behind the checksum reads as the same number, and is a flipped byte all the same."""
    directory = written(tmp_path)
    raw = (directory / "journal.jsonl").read_bytes()
    with pytest.raises(JournalBroken, match="checksum"):
        list(parse(raw.replace(b"}\n", b" \n", 1)))


_ONCE: dict[str, object] = {}


@pytest.mark.parametrize("line", [0, 3, 10])
def test_missing_line_is_a_hole(tmp_path: Path, line: int) -> None:
    """A record taken out, or two exchanged: no automatic resume."""
    directory = written(tmp_path)
    lines = (directory / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (directory / "journal.jsonl").write_bytes(b"".join(lines[:line] + lines[line + 1 :]))

    with pytest.raises(JournalBroken, match="missing"):
        read(directory)


def test_journal_of_another_plan_is_refused(tmp_path: Path) -> None:
    """A plan that was edited beside its journal is not carried on."""
    directory = written(tmp_path, EVENTS[:4])
    plan = (directory / "plan.json").read_bytes()
    (directory / "plan.json").write_bytes(plan.replace(b"prod", b"dev ") + b"\n")

    with pytest.raises(JournalBroken):
        Journal.reopen(directory)


def test_only_one_process_writes(tmp_path: Path) -> None:
    """Who claims a journal is its writer until it lets go; nor may anything have been written since it was read."""
    first = Journal.create(tmp_path, "op-1", a_plan())
    first.claim()
    second = Journal.reopen(first.directory)
    with pytest.raises(UsageError, match="another process"):
        second.claim()
    first.append(Event(Kind.APPROVED), START, 0.0)
    first.close()
    with pytest.raises(UsageError, match="another process"):
        second.claim()
    second.close()
    third = Journal.reopen(first.directory)
    third.claim()
    third.close()


def test_impossible_event_is_not_written(tmp_path: Path) -> None:
    """What the table forbids never reaches the disk."""
    kept = Journal.create(tmp_path, "op-1", a_plan())
    with pytest.raises(JournalBroken):
        kept.append(Event(Kind.INTENT, "c1"), START, 0.0)

    assert (kept.directory / "journal.jsonl").read_bytes() == b""
    kept.close()


@pytest.mark.fault("F24")
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_failed_write_or_fsync_ends_all_acts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """EIO once, and this process never writes again: the kernel may have dropped the page (F24)."""
    kept = Journal.create(tmp_path, "op-1", a_plan())
    before = kept.operation

    def broken(*_: object) -> int:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(journal.os, call, broken)
        with pytest.raises(JournalBroken, match="no act without a journal"):
            kept.append(EVENTS[0], START, 0.0)
    with pytest.raises(JournalBroken):
        kept.append(EVENTS[0], START, 0.0)
    assert kept.operation == before
    kept.close()


def test_record_is_synced_before_append_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One write, then one fsync of the same file, for each record (I4)."""
    kept = Journal.create(tmp_path, "op-1", a_plan())
    calls: list[str] = []
    write, fsync = os.write, os.fsync
    monkeypatch.setattr(journal.os, "write", lambda file, data: calls.append("write") or write(file, data))
    monkeypatch.setattr(journal.os, "fsync", lambda file: calls.append("fsync") or fsync(file))
    kept.append(EVENTS[0], START, 0.0)
    kept.append(EVENTS[1], START, 0.0)

    assert calls == ["write", "fsync"] * 2
    kept.close()


def test_little_room_means_no_operation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below 64 MiB nothing is begun that could not be written down."""
    monkeypatch.setattr(journal, "FREE", 2**62)
    with pytest.raises(JournalBroken, match="64 MiB"):
        Journal.create(tmp_path, "op-1", a_plan())


def test_operations_are_found_by_name_or_by_being_the_only_one(tmp_path: Path) -> None:
    """`resume` without a name takes the one unfinished operation, and asks where there are more."""
    with pytest.raises(UsageError, match="none"):
        find(tmp_path)
    for name in ("op-1", "op-2"):
        Journal.create(tmp_path, name, a_plan()).close()
    with pytest.raises(UsageError, match="op-1, op-2"):
        find(tmp_path)
    with pytest.raises(UsageError, match="no operation"):
        find(tmp_path, "../op-1")

    assert find(tmp_path, "op-2").name == "op-2"
    assert [path.name for path in directories(tmp_path)] == ["op-1", "op-2"]
    assert read(find(tmp_path, "op-1"))[0].state is OperationState.PLANNED


def test_state_home_follows_xdg() -> None:
    """An absolute XDG_STATE_HOME wins; a relative one is ignored, as its specification says."""
    assert state_home({"XDG_STATE_HOME": "/s", "HOME": "/h"}) == Path("/s/k0stui/operations")
    assert state_home({"XDG_STATE_HOME": "s", "HOME": "/h"}) == Path("/h/.local/state/k0stui/operations")
