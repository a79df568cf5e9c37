"""Every screen as it looks, kept as text: a change of a picture is a change that somebody has looked at."""

from __future__ import annotations

import pytest

from tests.looks import demo_look
from tests.ui.outside import app_of, ready
from tests.ui.picture import SIZES, assert_same, named, picture

SCENARIOS = ["incident", "healthy", "nllb-half", "host-lost", "many"]
PANES = {"overview": "1", "controllers": "2", "workers": "3", "matrix": "4"}


async def shown(
    scenario: str, size: tuple[int, int], *keys: str, theme: str = "ansi-dark", ascii_only: bool = False
) -> str:
    app = app_of(demo_look(scenario), theme=theme, ascii_only=ascii_only)
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        return picture(app)


@pytest.mark.parametrize("size", SIZES, ids=named)
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_overview(scenario: str, size: tuple[int, int]) -> None:
    """The overview of each scenario at each size is the picture that was looked at."""
    assert_same(f"overview-{scenario}-{named(size)}", await shown(scenario, size))


@pytest.mark.parametrize("pane", ["controllers", "workers", "matrix"])
@pytest.mark.parametrize("size", SIZES, ids=named)
async def test_panes(pane: str, size: tuple[int, int]) -> None:
    """Each pane of the incident at each size is the picture that was looked at."""
    assert_same(f"{pane}-incident-{named(size)}", await shown("incident", size, PANES[pane]))


@pytest.mark.parametrize("pane", ["controllers", "workers", "matrix"])
@pytest.mark.parametrize("scenario", ["host-lost", "many"])
async def test_panes_in_trouble(pane: str, scenario: str) -> None:
    """A host that is gone, and a hundred workers, as each pane shows them."""
    assert_same(f"{pane}-{scenario}-80x24", await shown(scenario, (80, 24), PANES[pane]))


@pytest.mark.parametrize(("name", "keys"), [("evidence", ["enter"]), ("actions", ["a"]), ("help", ["?"]),
                                            ("host", ["2", "enter"]), ("prompt", [":"]), ("leave", ["q"])])  # fmt: skip
async def test_opened(name: str, keys: list[str]) -> None:
    """What is opened over a pane, at 80x24."""
    assert_same(f"{name}-incident-80x24", await shown("incident", (80, 24), *keys))


@pytest.mark.parametrize("pane", ["overview", "matrix"])
async def test_ascii(pane: str) -> None:
    """With --ascii nothing on the screen is beyond ASCII."""
    got = await shown("incident", (80, 24), PANES[pane], ascii_only=True)
    assert got.isascii()
    assert_same(f"{pane}-incident-80x24-ascii", got)


@pytest.mark.parametrize("pane", ["overview", "matrix"])
async def test_no_color(pane: str) -> None:
    """Without colour the tones still differ by their styles."""
    assert_same(f"{pane}-incident-80x24-mono", await shown("incident", (80, 24), PANES[pane], theme="mono"))
