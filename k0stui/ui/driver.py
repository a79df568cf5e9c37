"""The way to the terminal: writes only the cells that changed, drops pictures that are out of date, leaves no mess.

Differences from Textual's Linux driver, and why:

- Textual hands every write to a thread through a queue of 30; with a slow terminal the event loop then waits for the
  terminal. Here writes go into a grid (`Cells`), and whenever the terminal can take bytes the difference to the newest
  grid is sent. Nothing waits; what was never sent is simply not there any more.
- The output is a file description of our own, opened by the terminal's name and non-blocking, so that the shell's
  stdin and stdout keep their flags whatever happens.
- SIGTERM, SIGHUP and a terminal that is gone end the program in order.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import time
from codecs import getincrementaldecoder
from threading import get_ident
from typing import Any

from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from k0stui.errors import UsageError
from k0stui.ui.link import Link, LinkMeasure
from k0stui.ui.screen_cells import Cells, Painter

LEAVE = 2.0
"""Seconds that leaving may take on a terminal that does not read. What it has not taken then is given up."""

WORTH_SYNC = 128
"""Bytes from which a picture is wrapped into synchronized output (16 bytes): a smaller one is not seen half-way."""

ASK = "\x1b[6n"
"""Where is your cursor? Every terminal and multiplexer answers, in order with what was written before."""

ENDING = {signal.SIGTERM: "terminated", signal.SIGHUP: "terminal hung up", signal.SIGINT: "interrupted"}


class CellDriver(LinuxDriver):
    """Textual's Linux driver with another way out."""

    def __init__(self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None):
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.link = Link()
        self._cells = Cells()
        self._painter = Painter(80, 24)
        self._painted_size = (0, 0)
        self._controls: list[str] = []
        self._pending = b""
        self._output = -1
        self._drawing = False
        self._fresh = False
        self._sync = False
        self._pump_due = False
        self._retry: asyncio.TimerHandle | None = None
        self._loop_thread = get_ident()
        self._lost = False
        self._asked = 0
        self._answered = 0
        """Counted by the input thread, so that leaving can wait for it while the event loop stands still."""

    # -- what the app sees

    def write(self, data: str) -> None:
        """Take what Textual draws, from any thread. Never waits."""
        if get_ident() != self._loop_thread:
            self._loop.call_soon_threadsafe(self.write, data)
            return
        if data in {SYNC_START, SYNC_END}:
            self._sync = True  # only written where the terminal has said that it knows it
            return
        self._controls += self._cells.feed(data)
        if self._cells.dirty:
            self.link.dropped += self._fresh
            self._fresh = True
        self._pump_soon()

    def repaint(self) -> None:
        """Paint everything again: something else has written to the terminal."""
        self._painter.forget()
        self._controls.append("\x1b[?7l\x1b[?25l")
        self._pump_soon()

    def use_mouse(self, use: bool) -> None:
        """Take the mouse, or leave it to the terminal's own selection."""
        self._disable_mouse_support()
        self._mouse = use
        self._enable_mouse_support()

    def measure(self) -> LinkMeasure:
        """Round trip, rate and dropped pictures, for the status bar."""
        return self.link.measure(self._loop.time())

    # -- sending

    def _pump_soon(self) -> None:
        if not self._pump_due:
            self._pump_due = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Send what can be sent: first the rest of what has begun, then modes, then the newest picture."""
        self._pump_due = False
        if self._retry:
            self._retry.cancel()
            self._retry = None
        if not self._send() or self._output < 0:
            return
        if self._controls:
            self._queue("".join(self._controls))
            self._controls.clear()
        if self._drawing and (wait := self.link.wait(self._loop.time())) > 0:
            self._retry = self._loop.call_later(wait, self._pump)
        elif self._drawing:
            self._draw()
        self._send()

    def _draw(self) -> None:
        self._fit()
        picture = self._painter.paint(self._cells)
        self._fresh = False
        if not picture:
            return
        if self._sync and len(picture) > WORTH_SYNC:
            picture = f"{SYNC_START}{picture}{SYNC_END}"
        if self.link.sent(len(picture), self._loop.time()):
            picture += ASK
            self._asked += 1
        self._pending += picture.encode("utf-8", "replace")

    def _fit(self) -> None:
        """Follow the terminal's size; what it shows after a change is its own affair, so everything is painted."""
        try:
            size = os.get_terminal_size(self._output)
        except OSError:
            return
        if size != self._painted_size and size[0] and size[1]:
            self._painted_size = (size[0], size[1])
            self._painter.resize(size[0], size[1])

    def _queue(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        self.link.note(len(data), self._loop.time())
        self._pending += data

    def _send(self) -> bool:
        """Write what is pending; false while the terminal does not take it all."""
        while self._pending:
            try:
                written = os.write(self._output, self._pending)
            except BlockingIOError:
                self._loop.add_writer(self._output, self._pump)
                return False
            except OSError:
                self._lose()
                return False
            self._pending = self._pending[written:]
        if self._output >= 0:
            self._loop.remove_writer(self._output)
        return True

    def _drain(self, limit: float) -> None:
        """Leave: write the rest now, for at most `limit` seconds, with nothing of the event loop."""
        deadline = time.monotonic() + limit
        self._queue("".join(self._controls))
        self._controls.clear()
        while self._pending and not self._lost and (left := deadline - time.monotonic()) > 0:
            if select.select([], [self._output], [], left)[1]:
                self._send()

    # -- beginning and end

    def start_application_mode(self) -> None:
        self._output = _open_terminal()
        self._painter.forget()
        for number in ENDING:
            self._loop.add_signal_handler(number, self._end, number)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._drawing = True
        self._pump_soon()

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was; at most `LEAVE` seconds, also when it is gone or does not read."""
        self._drawing = False
        if self._output < 0:
            return
        self._await_answer()
        super().stop_application_mode()
        self._drain(LEAVE)
        self._loop.remove_writer(self._output)
        os.close(self._output)
        self._output, self._pending = -1, b""
        for number in ENDING:
            self._loop.remove_signal_handler(number)

    def _await_answer(self) -> None:
        """Wait for the answer to our last question: left alone it would be typed into the shell's prompt."""
        limit = min(2 * (self.measure().round_trip or 0.1), LEAVE)
        deadline = time.monotonic() + limit
        while self.link.outstanding and self._answered < self._asked and time.monotonic() < deadline:
            self._drain(0.01)
            time.sleep(0.005)

    def _sigtstp_application(self, *_: object) -> None:
        """Suspend between two steps of the event loop, never in the middle of a write."""
        self._loop.call_soon_threadsafe(super()._sigtstp_application)

    def _sigcont_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._continue)

    def _continue(self) -> None:
        """Go on after SIGCONT; without a suspension before it (SIGSTOP from outside) only paint anew."""
        if self._output < 0:
            super()._sigcont_application()
        else:
            self.repaint()

    def _end(self, number: signal.Signals) -> None:
        """A signal asks us to go; the second one is not asked twice. Of SIGHUP there may be several."""
        if self._app._exit and number is not signal.SIGHUP:
            self.stop_application_mode()
            os._exit(128 + number)
        self._app.exit(return_code=128 + number)

    def _lose(self) -> None:
        """The terminal is gone: end quietly, there is nobody to tell."""
        if self._lost:
            return
        self._lost, self._drawing, self._pending = True, False, b""
        if self._output >= 0:
            self._loop.remove_writer(self._output)
        self._app.exit(return_code=128 + signal.SIGHUP)

    # -- input

    def run_input_thread(self) -> None:
        """Read keys until told to stop. Textual's own loop spins for ever on the end of input of a lost terminal."""
        parser, decode = XTermParser(self._debug), getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            if select.select([self.fileno], [], [], 0.1)[0]:
                try:
                    data = os.read(self.fileno, 4096)
                except OSError:
                    data = b""
                if not data:
                    self._loop.call_soon_threadsafe(self._lose)
                    return
                for message in parser.feed(decode(data)):
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)

    def process_message(self, message: Message) -> None:
        """In the input thread: keep the answers to our questions, pass on the rest."""
        if isinstance(message, events.CursorPosition):
            self._answered += 1
            self._loop.call_soon_threadsafe(self._on_answer, self._loop.time())
            return
        if isinstance(message, events.Key):
            self._loop.call_soon_threadsafe(self.link.pressed, self._loop.time())
        super().process_message(message)

    def _on_answer(self, at: float) -> None:
        self.link.answered(at)
        self._pump()


def _open_terminal() -> int:
    """A writable, non-blocking description of our own of the terminal that we run in.

    Raises:
        UsageError: there is none.
    """
    names = ["/dev/tty"]
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            names.insert(0, os.ttyname(stream.fileno())) if stream else None
        except (OSError, ValueError):
            continue
    for name in names:
        try:
            return os.open(name, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError:
            continue
    raise UsageError("k0stui needs a terminal; `k0stui check` prints the same as text")
