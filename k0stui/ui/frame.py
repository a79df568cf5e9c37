"""What stands around every pane: head row or banner, what stands until it is over, the status bar with its hints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from k0stui.present.cells import Cell, Line, Tone
from k0stui.present.status import slots
from k0stui.ui.commands import BY_ID, first_key
from k0stui.ui.conditions import lacks
from k0stui.ui.widgets.status_bar import StatusBar
from k0stui.ui.widgets.verdict import OneLine, Verdict

if TYPE_CHECKING:
    from k0stui.present.look import Look
    from k0stui.present.standing import Standing
    from k0stui.ui.app import K0stuiApp


def show_frame(app: K0stuiApp) -> None:
    """Fill all of it with what the app shows now."""
    app.query_one("#head", OneLine).show(*_head(app))
    app.query_one(StatusBar).show_slots(_slots(app), _hints(app))
    if app.look is not None and app.sight.stands is not None:
        _show_stands(app, app.look, app.sight.stands)


def _show_stands(app: K0stuiApp, look: Look, standing: Standing) -> None:
    from k0stui.present.standing import banner_lines

    stands, widget = banner_lines(standing, look), app.query_one("#stands", Verdict)
    widget.show(tuple((line, 1) for line in stands))
    widget.display = bool(stands)


def _head(app: K0stuiApp) -> tuple[Line, Line]:
    if app.look is None or app.told is None:
        return (Cell("k0stui ", Tone.DIM), Cell(app.outside.cluster, Tone.HEAD), Cell("  READ-ONLY")), ()
    from k0stui.present.overview import banner, head

    if app.pane.has_head and not app.screen.has_class("-lines"):
        return head(app.look, app.zone, app.sight.mode, roomy=app.pane.is_roomy)
    return banner(app.told, app.look, app.zone, app.sight.mode)


def _slots(app: K0stuiApp) -> tuple[Cell, ...]:
    measure = app.cell_driver.measure() if app.cell_driver else None
    sight = app.sight
    frozen = (sight.frozen_at, sight.missed) if sight.frozen_at else None
    wide = app.look is not None and app.pane.is_roomy
    return slots(app.look, measure, frozen, app.zone, app.dropped, wide=wide, mode=sight.mode)


def _hints(app: K0stuiApp) -> tuple[tuple[str, str], ...]:
    """The pane's most needed command, then `?`, `:` and `q`, then its other ones while there is room."""
    if not app.is_ready:
        return ()
    own = [BY_ID[ident] for ident in app.pane.hints if not lacks(app, BY_ID[ident])]
    hints = [(first_key(one, app.rebound), one.title) for one in (*own[:1], BY_ID["help"])]
    short = [(first_key(BY_ID[ident], app.rebound), "") for ident in ("prompt", "up")]
    return (*hints, *short, *((first_key(one, app.rebound), one.title) for one in own[1:]))
