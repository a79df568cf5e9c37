"""Whether a command is possible now; if not, why: for `?`, for the palette, and for whoever presses its key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from k0stui.ui.commands import Command
from k0stui.ui.panes import PANES, Pane

if TYPE_CHECKING:
    from k0stui.ui.app import K0stuiApp


def lacks(app: K0stuiApp, command: Command, pane: Pane | None = None) -> str:
    """A sentence on what is missing, in the pane in sight or another one; empty: it is possible."""
    pane = pane or app.pane
    return next((why for need in command.needs.split() if (why := NEEDS[need](app, pane))), "")


Need = Callable[["K0stuiApp", Pane], str]


def _look(app: K0stuiApp, pane: Pane) -> str:
    return "" if app.look else "no host has answered yet"


def _live(app: K0stuiApp, pane: Pane) -> str:
    return "this is a recording: nobody is asked" if app.is_recording else ""


def _host(app: K0stuiApp, pane: Pane) -> str:
    return "" if pane.subject else "no host is under the cursor"


def _ssh(app: K0stuiApp, pane: Pane) -> str:
    return "" if app.outside.ssh(pane.subject) else "this host is not reached by ssh"


def _findings(app: K0stuiApp, pane: Pane) -> str:
    return "" if app.look and len(app.look.heard.causes) > 1 else "there is no other finding"


def _finding(app: K0stuiApp, pane: Pane) -> str:
    return "" if app.look and app.look.heard.causes else "nothing was found"


def _filter(app: K0stuiApp, pane: Pane) -> str:
    return "" if pane.can_filter or pane.can_find else "there is nothing to filter here"


def _match(app: K0stuiApp, pane: Pane) -> str:
    if not pane.can_find:
        return "there is nothing to search here"
    return "" if app.words else "nothing was searched yet: / first"


def _operation(app: K0stuiApp, pane: Pane) -> str:
    ours = app.sight.operation
    return "" if ours and not ours.operation.state.is_over else "no operation is under way here"


def _working(app: K0stuiApp, pane: Pane) -> str:
    return _operation(app, pane) or ("it waits already: C goes on" if _is_paused(app) else "")


def _waiting(app: K0stuiApp, pane: Pane) -> str:
    return _operation(app, pane) or ("" if _is_paused(app) else "it does not wait")


def _is_paused(app: K0stuiApp) -> bool:
    ours = app.sight.operation
    return ours is not None and ours.operation.state.value == "paused"


def _pane(name: str) -> Need:
    return lambda _, __: PANES[name].lacking


NEEDS: dict[str, Need] = {
    "look": _look,
    "live": _live,
    "host": _host,
    "ssh": _ssh,
    "finding": _finding,
    "findings": _findings,
    "filter": _filter,
    "match": _match,
    "operation": _operation,
    "working": _working,
    "waiting": _waiting,
    "logs": _pane("logs"),
    "plan": _pane("plan"),
    "operations": _pane("operations"),
}
