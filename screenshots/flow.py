"""Records the whole repair as one film: incident, diagnosis, plan, typed name, every step, proof, diagnosis again.

    flow.py           writes nllb.cast (asciicast v2: `asciinema play nllb.cast` shows it too)
    flow.py --check   compares it with what would be recorded now
    flow.py --play    shows it in this terminal, waits of more than a second cut short

The fleet runs in process and in virtual time: the film is made in seconds, and two recordings are the same bytes. What
it shows is what the commands print: the same plan, executor, guard.sh, journal and proof as on real hosts.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

HERE = Path(__file__).parent
CAST = HERE / "nllb.cast"
sys.path.insert(0, str(HERE.parent))

from k0stui.commands import carrying, following, verify  # noqa: E402
from k0stui.engine.observe import Watch  # noqa: E402
from k0stui.matrix import matrix  # noqa: E402
from k0stui.present.cells import plain  # noqa: E402
from k0stui.present.harmless import harmless_line  # noqa: E402
from k0stui.present.matrix import matrix_lines  # noqa: E402
from k0stui.present.operation import result_text  # noqa: E402
from k0stui.present.plan import plan_story  # noqa: E402
from k0stui.present.proof import proof_story  # noqa: E402
from k0stui.present.report import report_lines, wrapped  # noqa: E402
from k0stui.rules import RULES  # noqa: E402
from k0stui.rules.rule import diagnose  # noqa: E402
from tests.commands.carried import Field, on  # noqa: E402

WIDTH, HEIGHT = 120, 40
NONCE = "f10c" * 4
KEY, LINE, READ = 0.12, 0.03, 2.0
"""Seconds: between two keys, between two lines of one answer, to read an answer."""


@dataclass
class Film:
    """What stands on the screen, and when."""

    events: list[tuple[float, str]] = field(default_factory=list)
    now: float = 0.0

    def write(self, text: str) -> None:
        self.events.append((round(self.now, 2), text))

    def lines(self, lines: Iterable[str]) -> None:
        """An answer, line by line, and time to read it."""
        for line in lines:
            for part in wrapped(harmless_line(line), WIDTH):
                self.write(f"{part}\r\n")
                self.now += LINE
        self.now += READ

    def typed(self, prompt: str, text: str) -> None:
        """A person types."""
        self.write(prompt)
        self.now += 1.0
        for letter in text:
            self.write(letter)
            self.now += KEY
        self.write("\r\n")

    def cast(self) -> str:
        """asciicast v2."""
        head = {"version": 2, "width": WIDTH, "height": HEIGHT, "idle_time_limit": 1.0, "title": "k0stui run nllb"}
        rows = [json.dumps(head), *(json.dumps([at, "o", text]) for at, text in self.events)]
        return "".join(f"{row}\n" for row in rows)


def recorded() -> str:
    """The film, made anew."""
    with patch("k0stui.commands.acting.secrets.token_hex", lambda _: NONCE):
        film = on("incident", _whole)
    assert isinstance(film, Film)
    return film.cast()


async def _whole(at: Field) -> Film:
    film = Film()
    await _diagnosis(film, at.watch)
    film.typed("$ ", "k0stui plan nllb")
    found = await at.plan("nllb")
    film.lines(map(plain, plan_story(found.plan, found.verdicts, found.wanted, at.watch.clock.now())))
    film.typed("$ ", "k0stui run nllb")
    film.typed(f"type {found.wanted} to start nllb; anything else is No: ", found.wanted)
    with tempfile.TemporaryDirectory(prefix="k0stui-film-") as home:
        await _carried_out(film, at, carrying.begin(found.plan, at.watch.clock, found.wanted, Path(home)).directory)
    film.typed("$ ", "k0stui verify")
    snapshot, proven = await verify._prove(at.watch, 120.0, quiet=True)
    film.lines(["PROVEN: all of it, for 120 s without a break", *map(plain, proof_story(proven.verdicts))])
    film.lines(matrix_lines(matrix(snapshot), snapshot.taken_at))
    await _diagnosis(film, at.watch)
    film.write("$ ")
    return film


async def _diagnosis(film: Film, watch: Watch) -> None:
    film.typed("$ ", "k0stui check")
    await watch.look()
    await watch.clock.sleep(11)
    snapshot = await watch.look()
    film.lines(report_lines(snapshot, diagnose(snapshot, RULES)))


async def _carried_out(film: Film, at: Field, directory: Path) -> None:
    """As fast as it was: the fleet's own seconds."""
    clock = at.watch.clock
    begun, film_began = clock.monotonic(), film.now

    def write(line: str) -> None:
        film.now = max(film.now, film_began + clock.monotonic() - begun)
        for part in wrapped(harmless_line(line), WIDTH):
            film.write(f"{part}\r\n")

    follower = following.Follower(directory, write)
    operation = await carrying.carry_on(directory, at.watch, (), lambda progress: follower.show(progress.awaits))
    follower.show()
    film.lines([f"{operation.id}: {result_text(operation)}"])


def comparable(cast: str) -> str:
    """Without what changes with every edit of the guard: hashes."""
    return re.sub(r"\b[0-9a-f]{12,64}\b", "<hash>", cast)


def played(cast: str, longest: float = 1.0) -> Iterator[tuple[float, str]]:
    """Seconds to wait, and what to write then."""
    before = 0.0
    for row in cast.splitlines()[1:]:
        at, _, text = json.loads(row)
        yield min(longest, at - before), text
        before = at


def main(arguments: list[str]) -> int:
    if arguments == ["--play"]:
        for wait, text in played(CAST.read_text("utf-8")):
            time.sleep(wait)
            sys.stdout.write(text)
            sys.stdout.flush()
        return 0
    if arguments == ["--check"]:
        is_current = comparable(recorded()) == comparable(CAST.read_text("utf-8"))
        print("current" if is_current else f"{CAST.name} is old: run {Path(__file__).name}")
        return 0 if is_current else 1
    CAST.write_text(recorded(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
