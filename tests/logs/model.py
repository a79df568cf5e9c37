"""A journald in a list: what its cursors promise, for tests that lose connections at every possible moment."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from k0stui.errors import Unreachable
from k0stui.logs.parse import HeadReader
from k0stui.logs.template import Templates
from k0stui.model.host import HostName
from k0stui.ports import Clock, Command, Reply

BOOT = "b" * 32


class ModelJournal:
    """`ports.Shell` of a host with one unit. Faults are set from outside."""

    def __init__(self, clock: Clock, host: str = "c1") -> None:
        self.host = HostName(host)
        self.entries: list[tuple[int, str]] = []
        """Time in microseconds by the host's clock, and text; the place is the sequence number."""
        self.vacuumed = 0
        """Entries that are gone."""
        self.ahead = timedelta(0)
        """Of the host's clock."""
        self.fail: list[str] = []
        """For the next requests: `before` (never heard), `after` (answered, and the answer lost), or nothing."""
        self.answers = 0
        self._clock = clock

    def say(self, *texts: str) -> None:
        for text in texts:
            last = self.entries[-1][0] if self.entries else 0
            self.entries.append((max(self._now(), last + 1), text))

    def _now(self) -> int:
        return int((self._clock.now() + self.ahead).timestamp() * 1e6)

    async def run(self, command: Command) -> Reply:
        fault = self.fail.pop(0) if self.fail else ""
        if fault == "before":
            raise Unreachable(f"{self.host}: the connection was lost")
        reply = self._answer(command.argv[4:])
        if fault == "after":
            raise Unreachable(f"{self.host}: the connection was lost before the answer was whole")
        return reply

    async def close(self) -> None:
        """Nothing to let go of."""

    def _answer(self, words: tuple[str, ...]) -> Reply:
        asked = self._clock.now()
        self.answers += 1
        if len(words) == 2:
            return Reply(0, self._first(float(words[0])).encode(), b"", asked, self._clock.now())
        cursor, lines, show, _, _, wishes, units, each, _ = words
        start, end = self._range(cursor, int(lines))
        until = float(units.partition("--until=@")[2] or "inf") * 1e6
        end = next((at for at in range(start, end) if self.entries[at][0] > until), end)
        head = [f"H {self._now() / 1e6:.6f} +0000", "V 252"]
        if "o" in wishes and self.vacuumed < len(self.entries):
            head.append(f"O {_seconds(self.entries[self.vacuumed][0])}")
        body = self._folded(start, end, int(show), int(each))
        last = f"s=1;i={end:x};b={BOOT};t={self.entries[end - 1][0]:x}" if end > start else ""
        text = "\n".join([*head, *body, f"E {end - start} 0 {last}", ""])
        return Reply(0, text.encode(), b"", asked, self._clock.now())

    def _first(self, since: float) -> str:
        """The cursor of the first entry of a time or later."""
        head = f"H {self._now() / 1e6:.6f} +0000\n"
        for at in range(self.vacuumed, len(self.entries)):
            if self.entries[at][0] >= since * 1e6 - 0.5:
                return f"{head}C s=1;i={at + 1:x};b={BOOT};t={self.entries[at][0]:x}\n"
        return head

    def _range(self, cursor: str, lines: int) -> tuple[int, int]:
        """After the cursor the first so many; without one the last."""
        if not cursor:
            return max(self.vacuumed, len(self.entries) - lines), len(self.entries)
        start = int(cursor.split("i=")[1].split(";")[0], 16)
        if start <= self.vacuumed and self.vacuumed:
            start = self.vacuumed + cursor.startswith("--after")  # systemd#30288
        elif cursor.startswith("--cursor"):
            start -= 1
        return start, min(len(self.entries), start + lines)

    def _folded(self, start: int, end: int, show: int, each: int) -> list[str]:
        templates = Templates()
        reader = HeadReader(templates)
        seen: Counter[str] = Counter()
        held: dict[str, list[int]] = {}
        passed: list[str] = []
        for time, text in self.entries[start:end]:
            key = templates[reader.head("k0s[812]", text)[2]].key
            seen[key] += 1
            if seen[key] <= each and len(passed) < show:
                passed.append(f"{_seconds(time)} {self.host} k0s[812]: {text}")
            else:
                held.setdefault(key, []).append(time)
        frames = [f"F {len(times)} {_seconds(times[0])} {_seconds(times[-1])} {key}" for key, times in held.items()]
        return passed + frames


def _seconds(time: int) -> str:
    return f"{time // 10**6}.{time % 10**6:06d}"
