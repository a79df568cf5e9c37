"""Bar: with a host that hangs, one that is cut off and one without sudo, a key is answered in 100 ms at the 99th
percentile for a minute (issue 4, 5). The real program in a pseudo terminal, on the simulated fleet of the incident
and three workers behind real OpenSSH servers of their own.

`hangs` takes the connection and never answers a question; `cut` falls silent after ten seconds, as if a cable were
pulled, and is back after forty; `nosudo` is a login that sudo refuses. Measured is the time from writing a key to the
first byte that shows what it did; each key shows something else than the one before.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from bench.result import report
from bench.ui_fleet import ahead_of_others, program, real, served
from tests.pty.terminal import Terminal
from tests.sshd import ME, Sshd, an_sshd

SECONDS = 60.0

EVERY = 0.25
"""Seconds between two keys: a quick reader."""

KEYS = "2jjkk3jjkk4ljhk1"
"""Over and over: panes, rows, cells."""

MUTE = ("ForceCommand sleep 1000000",)


@contextmanager
def a_login_without_sudo() -> Iterator[str]:
    """Made by root for the while; else whoever runs this, whose sudo may be what it is."""
    if os.getuid() != 0 or not shutil.which("useradd"):
        yield ME
        return
    name = f"k0stui-{os.getpid()}"
    subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/sh", "--password", "*", name], check=True)
    yield name
    subprocess.run(["userdel", "--force", name], check=True, capture_output=True)


def silence(sshd: Sshd, number: signal.Signals) -> None:
    """Stop the daemon and its sessions, or let them go on: nothing is closed, nothing is answered."""
    assert sshd.process is not None
    for pid in (sshd.process.pid, *sshd.sessions()):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def pressed(terminal: Terminal, acts: dict[float, partial[None]]) -> Iterator[float]:
    """Seconds from each key to the first byte after it; `acts` are done when their second has come."""
    began, turn = time.monotonic(), 0
    while (now := time.monotonic() - began) < SECONDS:
        for moment in [moment for moment in acts if moment <= now]:
            acts.pop(moment)()
        while terminal.read(0.0):
            pass
        sent, before = time.monotonic(), len(terminal.raw)
        terminal.type(KEYS[turn % len(KEYS)])
        turn += 1
        while len(terminal.raw) == before and time.monotonic() - sent < 2:
            terminal.read(0.001)
        yield time.monotonic() - sent
        while time.monotonic() - sent < EVERY:
            terminal.read(0.01)


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        user = stack.enter_context(a_login_without_sudo())
        hosts = stack.enter_context(served(folder, "incident"))
        sick = {
            name: stack.enter_context(an_sshd(folder, name, extra=extra))
            for name, extra in (("hangs", MUTE), ("cut", ()), ("nosudo", ()))
        }
        logins = {"nosudo": user}
        hosts += [real(name, sshd, logins.get(name, ME)) for name, sshd in sick.items()]
        known = "".join(sshd.known_hosts() for sshd in sick.values())
        alone = ahead_of_others()
        with program(folder, hosts, known) as terminal:
            terminal.wait_for("all 4 agents dial", 90)
            terminal.wait_for("ssh 9/10", 90)
            cut = sick["cut"]
            acts = {10.0: partial(silence, cut, signal.SIGSTOP), 40.0: partial(silence, cut, signal.SIGCONT)}
            times = sorted(pressed(terminal, acts))
    p99 = times[int(len(times) * 0.99)]
    report(
        "ui_latency", keys=len(times), median_ms=round(statistics.median(times) * 1000, 1),
        p95_ms=round(times[int(len(times) * 0.95)] * 1000, 1), p99_ms=round(p99 * 1000, 1),
        most_ms=round(times[-1] * 1000, 1), bar_ms=100, met=p99 <= 0.1, ahead_of_others=alone,
    )  # fmt: skip


if __name__ == "__main__":
    main()
