"""What commands do with what is shown: mute a finding, go to a time in the logs, prove that it is gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from k0stui.errors import UsageError
from k0stui.present.times import clock
from k0stui.ui.prompt import Prompt

if TYPE_CHECKING:
    from k0stui.ui.app import K0stuiApp

MUTE = "mute "
"""What stands before the text that mutes."""


def mute(app: K0stuiApp) -> None:
    """Ask how long and why; a finding that is muted already is told again."""
    if app.told is None or not app.told.rule:
        unmute(app)
        return
    from k0stui.present.muting import FORM

    app.tell(f"{app.told.rule}: {FORM}")
    app.query_one(Prompt).ask(MUTE)


def muted(app: K0stuiApp, text: str) -> None:
    """What was typed behind it."""
    from k0stui.present.muting import read_mute

    if app.told is None or app.look is None or not text.strip():
        return
    try:
        wanted = read_mute(app.told.rule, text, app.look.now)
    except UsageError as error:
        app.tell(f"not muted: {error}", severity="warning")
        return
    app.sight.mute(*app.sight.mutes, wanted)
    app.show()
    app.tell(f"{wanted.rule} is muted here until {clock(wanted.until, app.zone)}; :unmute tells it again")


def unmute(app: K0stuiApp) -> None:
    """Tell of everything again."""
    app.tell(f"{len(app.sight.mutes)} told again" if app.sight.mutes else "nothing is muted")
    app.sight.mute()
    app.show()


async def go_to_time(app: K0stuiApp, text: str = "") -> None:
    """The logs at a time; without one it is asked for."""
    await app.action_run_command("go.logs")
    if app.pane.name_of == "logs":
        if text:
            app.pane.entered("@", text)
        else:
            app.query_one(Prompt).ask("@")


async def since(app: K0stuiApp, text: str = "") -> None:
    """The logs from a time on: `1h`, `20m`, `02:51`."""
    word = f"-{text}" if text[:1].isdigit() and text[-1:] in "smhd" else text
    await app.action_run_command("go.logs", f"since:{word}" if word else "")


async def verify(app: K0stuiApp) -> None:
    from k0stui.ui.screens.verify import VerifyPane

    await app.open_pane(VerifyPane())


ACTS: dict[str, Callable[..., Awaitable[None] | None]] = {
    "mute": mute,
    "unmute": unmute,
    "go_to_time": go_to_time,
    "since": since,
    "verify": verify,
}
