"""`:set`: theme, time zone, low bandwidth and mouse, for this session."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from k0stui.errors import UsageError
from k0stui.present.times import zone
from k0stui.settings import folder
from k0stui.ui.theme import load

if TYPE_CHECKING:
    from k0stui.ui.app import K0stuiApp

SETTINGS = (
    "theme=ansi-dark", "theme=ansi-light", "theme=cvd-dark", "theme=cvd-light", "theme=high-contrast", "theme=mono",
    "tz=UTC", "tz=local", "lowbw=on", "lowbw=off", "lowbw=auto", "mouse=on", "mouse=off",
)  # fmt: skip
"""What Tab offers; themes of the user's own and other zones can be typed."""


def settle(app: K0stuiApp, text: str = "") -> None:
    """`NAME=VALUE`; what is wrong is said, and changes nothing."""
    name, _, value = text.partition("=")
    setter = SETTERS.get(name.strip())
    if setter is None or not value:
        app.tell(f":set takes {', '.join(f'{known}=' for known in SETTERS)}")
        return
    if complaint := setter(app, value.strip()):
        app.tell(complaint, severity="warning")


def _theme(app: K0stuiApp, name: str) -> str:
    if "NO_COLOR" in os.environ and name != "mono":
        return "NO_COLOR is set: only mono; unset it and start again"
    try:
        app.wear(load(name, folder(os.environ) / "themes"))
    except UsageError as error:
        return str(error)
    return ""


def _zone(app: K0stuiApp, name: str) -> str:
    try:
        zone(name)
    except (ValueError, OSError, LookupError):
        return f"{name} is no time zone; use UTC, local, or a name as Europe/Vienna"
    app.zone = name
    return ""


def _low(app: K0stuiApp, value: str) -> str:
    values = {"on": True, "off": False, "auto": None}
    if value not in values:
        return "lowbw is on, off or auto"
    if app.cell_driver:
        app.cell_driver.link.forced_low = values[value]
    return ""


def _mouse(app: K0stuiApp, value: str) -> str:
    if value not in {"on", "off"}:
        return "mouse is on or off"
    if app.cell_driver:
        app.cell_driver.use_mouse(value == "on")
    return ""


SETTERS: dict[str, Callable[[K0stuiApp, str], str]] = {"theme": _theme, "tz": _zone, "lowbw": _low, "mouse": _mouse}
