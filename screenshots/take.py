"""Draws every screen as SVG, from the demo fleet at a fixed moment: `take.py` writes them, `take.py --check` compares.

The fleet runs in process and in virtual time, so two runs give the same bytes.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from k0stui.ui.app import K0stuiApp  # noqa: E402
from tests.looks import demo_look  # noqa: E402 - the tests' way to a fixed look
from tests.ui.acting import a_running, acting_app, follow, open_operations, open_plan  # noqa: E402
from tests.ui.outside import app_of, ready  # noqa: E402
from tests.ui.screens.logs_app import app_with, feed_of, flood  # noqa: E402

Open = Callable[[K0stuiApp, Pilot[None]], Awaitable[None]]
"""Goes to a screen that keys alone do not reach, or not at a fixed moment."""


async def open_progress(app: K0stuiApp, pilot: Pilot[None]) -> None:
    """An operation at its third controller."""
    await open_plan(app, pilot)
    await follow(app, pilot, a_running())


async def open_logs(app: K0stuiApp, pilot: Pilot[None]) -> None:
    """Half a minute of the incident's flood."""
    await ready(pilot)
    await pilot.press("5")
    await pilot.pause()
    app.pane._turn()  # type: ignore[attr-defined]
    await pilot.pause()


async def at_once(app: K0stuiApp, pilot: Pilot[None]) -> None:
    """The overview."""
    await ready(pilot)
    await pilot.pause()


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture."""

    name: str
    keys: tuple[str, ...] = ()
    scenario: str = "incident"
    size: tuple[int, int] = (120, 40)
    theme: str = "high-contrast"
    """A theme with colours of its own: an SVG has no terminal whose 16 colours it could use."""
    ascii_only: bool = False
    open: Open = at_once

    def app(self) -> K0stuiApp:
        """The program with what this screen shows."""
        if self.open in (open_plan, open_progress, open_operations):
            return acting_app(self.theme)
        if self.open is open_logs:
            return app_with(feed_of(*flood()), theme=self.theme)
        return app_of(demo_look(self.scenario), theme=self.theme, ascii_only=self.ascii_only)


SCREENS = {"overview": (), "controllers": ("2",), "workers": ("3",), "matrix": ("4", "l", "l"),
           "evidence": ("enter",), "host": ("2", "enter"), "actions": ("a",), "help": ("?",)}  # fmt: skip

SHOTS = (
    *(Shot(name, keys) for name, keys in SCREENS.items()),
    *(Shot(f"{name}-{size[0]}x{size[1]}", SCREENS[name], size=size)
      for name in ("overview", "matrix") for size in ((80, 24), (200, 60))),
    *(Shot(f"{name}-{look}", SCREENS[name], theme=theme, ascii_only=look == "ascii")
      for name in ("overview", "matrix")
      for look, theme in (("ascii", "mono"), ("mono", "mono"), ("cvd", "cvd-dark"))),
    Shot("overview-healthy", scenario="healthy"),
    Shot("overview-nllb-half", scenario="nllb-half"),
    Shot("overview-host-lost", scenario="host-lost"),
    Shot("overview-many", scenario="many"),
    Shot("plan", open=open_plan),
    Shot("plan-80x24", open=open_plan, size=(80, 24)),
    Shot("undo", ("B",), open=open_plan),
    Shot("proof", ("V",), open=open_plan),
    Shot("progress", open=open_progress),
    Shot("progress-80x24", open=open_progress, size=(80, 24)),
    Shot("operations", open=open_operations),
    Shot("logs", open=open_logs),
    Shot("logs-80x24", open=open_logs, size=(80, 24)),
)  # fmt: skip


async def drawn(shot: Shot) -> str:
    """The picture as SVG; identifiers that Rich makes of the content's hash are replaced by the name."""
    app = shot.app()
    async with app.run_test(size=shot.size) as pilot:
        await shot.open(app, pilot)
        for key in shot.keys:
            await pilot.press(key)
            await pilot.pause()
        svg = app.export_screenshot(title=f"k0stui {shot.name}")
    return re.sub(r"terminal-\d+", f"terminal-{shot.name}", svg)


async def main(*, check: bool) -> int:
    """Write all, or say which ones are stale; the exit status."""
    stale = []
    for shot in SHOTS:
        path, svg = HERE / f"{shot.name}.svg", await drawn(shot)
        if check and (not path.exists() or path.read_text(encoding="utf-8") != svg):
            stale.append(path.name)
        elif not check:
            path.write_text(svg, encoding="utf-8")
    strange = {path.name for path in HERE.glob("*.svg")} - {f"{shot.name}.svg" for shot in SHOTS}
    if check and (stale or strange):
        print(f"stale: {', '.join(sorted({*stale, *strange}))}; run `make screenshots` and look at them")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(check="--check" in sys.argv)))
