"""The lines of the log pane as a file: each line for itself, with all that one must know to read them before them."""

from __future__ import annotations

from datetime import datetime

from k0stui import __version__
from k0stui.logs.export import Form, export, heading
from k0stui.logs.store import LogStore
from k0stui.logs.terms import Filter
from k0stui.logs.view import View

EXPORTED = 20_000
"""Lines, the newest; `k0stui logs` has no such end."""


def exported(store: LogStore, wanted: Filter, now: datetime, form: Form) -> str:
    """The newest lines that pass, none folded."""
    view = View(store, wanted, now, folding=False)
    while len(view) < EXPORTED and view.advance():
        pass
    rows = view.rows(max(0, len(view) - EXPORTED), len(view))
    return "".join(export(rows, heading(store, view, __version__), form))
