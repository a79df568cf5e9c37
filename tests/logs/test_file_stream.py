"""Where log files of a host stand, when they are written faster than they are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from k0stui.logs.file_stream import FAR, FileStream
from k0stui.logs.files import PIECE
from k0stui.logs.parse import MARK
from k0stui.logs.store import LogStore
from k0stui.model.host import HostName
from k0stui.model.log import Source
from k0stui.ports import Command
from tests.fakes import reply

PATH = "/var/log/pods/kube-system_konnectivity-agent-x_1/konnectivity-agent/0.log"
START = datetime(2025, 2, 4, 9, tzinfo=UTC)


def line(number: int) -> str:
    stamp = (START + timedelta(milliseconds=number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{stamp} stderr F line {number:07d}\n"


class Pod:
    """A container's file, and who follows it."""

    def __init__(self) -> None:
        self.content = ""
        self.store = LogStore()
        self.stream = FileStream(Source(HostName("w1"), "k0sworker"), self.store, (PATH,), pods=True)
        self.written = 0

    def write(self, size: int) -> None:
        while size > 0:
            self.content += (text := line(self.written))
            self.written += 1
            size -= len(text)

    def turn(self) -> bool:
        """One question, answered as the script on the host does; whether the next comes at once."""
        offset = self._offset(self.stream.ask())
        sent = self.content[offset : offset + PIECE]
        self.stream.keep(reply(f"P 7 {offset} {len(sent)} {len(self.content)} {PATH}\n{sent}\nEND\n"))
        return self.stream.behind

    def _offset(self, command: Command) -> int:
        known, mode = command.argv[5:7]
        return int(known.partition(":")[2] or 0) if mode == "next" else max(0, len(self.content) - PIECE)

    @property
    def texts(self) -> list[str]:
        log = self.store.logs[0]
        return [log.text(number) for number in range(log.end) if not log.flags[number] & MARK]

    @property
    def marks(self) -> list[str]:
        log = self.store.logs[0]
        return [log.text(number) for number in range(log.end) if log.flags[number] & MARK]


def followed(size: int) -> tuple[Pod, int]:
    """One line is known when so much is written; how many turns came at once."""
    pod = Pod()
    pod.write(1)
    assert not pod.turn()
    pod.write(size)
    turns = 1
    while pod.turn():
        turns += 1
    return pod, turns


def test_what_waits_is_read_without_a_pause() -> None:
    """Half a megabyte is eight pieces, and each line comes once."""
    pod, turns = followed(PIECE * 8)

    assert turns in (8, 9, 10)
    assert pod.texts == [f"line {number:07d}" for number in range(pod.written)]
    assert pod.marks == []


def test_too_far_behind_it_goes_on_near_the_end_and_says_what_it_left_out() -> None:
    """Some megabytes are passed over: the lines of now are there soon, and a gap tells of the others."""
    pod, turns = followed(FAR + 10 * PIECE)
    log = pod.store.logs[0]

    assert turns < 5
    assert pod.texts[-1] == f"line {pod.written - 1:07d}"
    assert all(text.startswith("line ") and len(text) == 12 for text in pod.texts)
    [mark], [gap] = pod.marks, log.gaps
    assert mark.startswith("-- w1 konnectivity-agent: 4")
    assert "KiB left out" in mark
    assert gap.start < gap.end
    assert log.gap_at(gap.end) is None, "it can be asked for again only from the journal"


def test_a_line_that_is_still_being_written_is_waited_for_at_the_usual_pace() -> None:
    """It was sent: nothing is waiting."""
    pod = Pod()
    pod.write(1)
    pod.turn()
    pod.content += "2025-02-04T09:00:00.5Z stderr F hal"

    assert not pod.turn()
