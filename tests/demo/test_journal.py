"""The journal of a simulated host: floods that are not stored, and cursors that lose and repeat nothing."""

from __future__ import annotations

from k0stui.demo.build import build
from k0stui.demo.controller import Controller
from k0stui.demo.pace import Pace
from k0stui.demo.release import V1_32_1
from k0stui.demo.scenarios import incident
from k0stui.demo.shell import DemoConnector
from k0stui.logs.batch import Ask, Batch, journal_command, read_journal
from tests.fakes import FakeClock


def flooded() -> Controller:
    return build(V1_32_1).controller("k0s-master-2")


def test_entries_are_numbered_without_gap() -> None:
    """Whatever stretch is read, numbers follow each other and agree with the total."""
    journal, now = flooded().journal, flooded().timeline.now
    newest = journal.newest(500, now)

    assert [entry.number for entry in newest] == list(range(journal.total(now) - 499, journal.total(now) + 1))


def test_reading_in_parts_is_reading_at_once() -> None:
    """Three batches by number give the same entries as one."""
    journal, now = flooded().journal, flooded().timeline.now
    whole = journal.newest(300, now)
    first = list(journal.since(whole[0].number - 1, now))[:100]
    second = list(journal.since(first[-1].number, now))[:100]
    third = list(journal.since(second[-1].number, now))

    assert [entry.text for entry in (*first, *second, *third)] == [entry.text for entry in whole]


def test_the_flood_has_the_recorded_rate() -> None:
    """Some 280 lines a second of which half are konnectivity's, on a controller without agents."""
    host = flooded()
    before = host.journal.total(host.timeline.now)
    host.fleet.advance(host.fleet.now + 10)
    lines = list(host.journal.since(before, host.fleet.now))

    assert 1900 <= len(lines) <= 4000
    assert 0.4 <= sum(entry.component == "konnectivity" for entry in lines) / len(lines) <= 0.6


def test_a_healthy_host_is_quiet_and_the_flood_ends_with_the_first_agent() -> None:
    """On the controller with agents not one line of the flood is written in ten seconds."""
    fleet = build(V1_32_1)
    journal = fleet.controller("k0s-master-1").journal
    before = journal.total(fleet.now)
    fleet.advance(fleet.now + 10)

    assert journal.total(fleet.now) - before < 10


def test_the_journal_grows_with_the_flood_up_to_its_limit() -> None:
    """Some 8 MB a minute, and never beyond what journald is allowed."""
    host = flooded()
    size = host.journal_size(host.fleet.now)
    host.fleet.advance(host.fleet.now + 60)

    assert 5e6 <= host.journal_size(host.fleet.now) - size <= 15e6
    assert host.journal_size(host.fleet.now + 1e7) == host.disk.journal_limit


async def test_batches_follow_each_other_by_cursor() -> None:
    """The log channel's own command: each batch begins where the last ended, and the host's awk folds the flood."""
    clock = FakeClock()
    with DemoConnector(Pace(incident(), clock)) as connector:
        shell = connector.shell_of("k0s-master-2")

        async def batch(ask: Ask) -> Batch:
            return read_journal(await shell.run(journal_command(ask)), ask)

        first = await batch(Ask())
        clock.advance(3)
        second = await batch(Ask(first.cursor, systemd=first.systemd))
        written = connector.pace.fleet.controller("k0s-master-2").journal.total(connector.pace.fleet.now)
        third = await batch(Ask(second.cursor, systemd=first.systemd))

    assert first.read == 1000
    assert 600 <= second.read <= 1200
    assert second.held
    assert len(second.records) + sum(held.count for held in second.held) == second.read
    assert int(second.cursor.split(";")[1].removeprefix("i="), 16) == written
    assert third.read == 0
