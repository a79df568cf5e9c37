"""Draws every screen as SVG, from the demo fleet at a fixed moment: `take.py` writes them, `take.py --check` compares.

The fleet runs in process and in virtual time, so two runs give the same bytes.
"""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.looks import demo_look  # noqa: E402 - the tests' way to a fixed look
from tests.ui.outside import app_of, ready  # noqa: E402


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
)  # fmt: skip


async def drawn(shot: Shot) -> str:
    """The picture as SVG; identifiers that Rich makes of the content's hash are replaced by the name."""
    app = app_of(demo_look(shot.scenario), theme=shot.theme, ascii_only=shot.ascii_only)
    async with app.run_test(size=shot.size) as pilot:
        await ready(pilot)
        await pilot.pause()
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
