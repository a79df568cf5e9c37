"""`@`: every command that was sent to hosts, the newest first."""

from __future__ import annotations

from k0stui.present.cells import Cell, Line, Tone, line
from k0stui.present.look import Look
from k0stui.present.times import clock
from k0stui.ui.outside import Ran
from k0stui.ui.screens.reading import Reading


class CommandsRun(Reading):
    name_of = "commands"

    def told(self, look: Look | None) -> tuple[Line, ...]:
        commands = self.k0s.outside.ran()
        head = line(f"{len(commands)} newest commands to hosts, newest first; Y in a host's detail copies one whole")
        return (head, (), *(_line(one, self.k0s.zone) for one in reversed(commands)))


def _line(ran: Ran, zone: str) -> Line:
    words = " ".join(ran.line.split())
    failed = ran.outcome not in {"0", "200"}
    return (
        Cell(f"{clock(ran.at, zone)} ", Tone.DIM),
        Cell(f"{ran.host}  ", Tone.HEAD),
        Cell(f"{ran.seconds * 1000:4.0f} ms  ", Tone.DIM),
        Cell(f"{ran.outcome}  ", Tone.WARN if failed else Tone.OK),
        Cell(words if len(words) < 100 else f"{words[:100]}..."),
    )
