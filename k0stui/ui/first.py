"""The first picture: the name and that nothing is changed, on the screen before anything is loaded.

Loading takes some tenths of a second; whoever typed `k0stui` sees at once that it has begun. Textual's first picture
takes its place. Nothing is imported here but `os`: this file is the first that runs.
"""

from __future__ import annotations

import os

PICTURE = b"\x1b[?1049h\x1b[?25l\x1b[H\x1b[2Jk0stui  READ-ONLY\x1b[3;3Hloading ..."
"""On the terminal's other screen: what the shell shows is kept."""

AWAY = b"\x1b[?25h\x1b[?1049l"


class FirstPicture:
    """Stands on the terminal until the screens take it over, or until it turns out that there will be none."""

    def __init__(self) -> None:
        self._stands = False

    def show(self) -> None:
        """Nothing, where this is no terminal or a dumb one."""
        if os.isatty(0) and os.isatty(1) and os.environ.get("TERM", "dumb") != "dumb":
            os.write(1, PICTURE)
            self._stands = True

    def guard(self) -> None:
        """From here on a signal ends k0stui in order; called once `signal` is loaded anyway."""
        if self._stands:
            import signal

            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._end)

    def hand_over(self) -> None:
        """The screens have the terminal now."""
        self._stands = False

    def take_away(self) -> None:
        """Give the terminal back as it was, if the picture still stands."""
        if self._stands:
            os.write(1, AWAY)
            self._stands = False

    def _end(self, number: int, frame: object) -> None:
        raise SystemExit(128 + number)
