"""The one list of commands: what it may hold, and what follows of it."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.widget import Widget

from k0stui.ui.acts import ACTS
from k0stui.ui.app import K0stuiApp
from k0stui.ui.commands import ALIASES, BY_ID, COMMANDS, NEVER, WIDGETS, bindings, is_forbidden, keymap, of, shown_keys
from k0stui.ui.conditions import NEEDS
from k0stui.ui.looking import ACTS as LOOKING
from k0stui.ui.panes import PANES, make
from k0stui.ui.prompt import Prompt, PromptInput
from k0stui.ui.screens.main import MainScreen
from k0stui.ui.typed import TYPED, is_like, parsed
from k0stui.ui.widgets.log_view import LogView
from k0stui.ui.widgets.matrix_grid import MatrixGrid
from k0stui.ui.widgets.story import Story
from k0stui.ui.widgets.table import Table

BOUND = [K0stuiApp, MainScreen, Prompt, PromptInput, Table, MatrixGrid, Story, LogView]


def keys_of(kind: type[Widget] | type[App[None]]) -> set[str]:
    """Every key that a class binds, those of its bases included where it inherits them."""
    return set(kind._merged_bindings.key_to_bindings) if kind._merged_bindings else set()


@pytest.mark.parametrize("kind", BOUND, ids=lambda kind: kind.__name__)
def test_never_bound(kind: type[Widget]) -> None:
    """No class binds a key of the terminal, of tmux or of the shell; ctrl+c only copies."""
    bound = keys_of(kind) & NEVER
    assert bound <= {"ctrl+c"}
    assert "ctrl+c" not in bound or kind is K0stuiApp
    assert not any(key.startswith("alt+") for key in keys_of(kind))


def test_aliases_are_never_alone() -> None:
    """A function key is never the only way: the command has another key or a name."""
    for command in COMMANDS:
        keys = set(command.keys.split(",")) - {""}
        assert not keys or keys - ALIASES or command.typed, command.id


def test_ids_and_keys_are_unique() -> None:
    """No id twice, and no key twice in one place."""
    assert len(BY_ID) == len(COMMANDS)
    for where in {command.where for command in COMMANDS}:
        keys = [key for command in of(where) for key in command.keys.split(",") if key]
        assert len(keys) == len(set(keys)), where


def test_every_command_can_run() -> None:
    """Each names an act of the app, an action of its pane, or one of its widget; and every need is known."""
    kinds = {"table": Table, "grid": MatrixGrid, "story": Story, "log": LogView}
    assert set(kinds) == WIDGETS
    for command in COMMANDS:
        action = command.action.partition("(")[0]
        if command.where in kinds:
            assert hasattr(kinds[command.where], f"action_{action}")
        elif command.where in PANES:
            assert hasattr(make(command.where), f"action_{action}")
        else:
            assert action in {**ACTS, **LOOKING}
        assert set(command.needs.split()) <= set(NEEDS)


def test_bindings_carry_ids() -> None:
    """Every binding that comes of the list can be rebound."""
    for where in ("app", "overview", "matrix", *WIDGETS):
        assert all(getattr(binding, "id", None) in BY_ID for binding in bindings(where))


def test_rebinding() -> None:
    """A key can be changed by id; an unknown id and a key that is not ours are said, and change nothing."""
    taken, complaints = keymap({"go.logs": "5,l", "nonsense": "x", "freeze": "ctrl+a", "zoom": "alt+z"})
    assert taken == {"go.logs": "5,l"}
    assert [complaint.partition(":")[0] for complaint in complaints] == ["keys.nonsense", "keys.freeze", "keys.zoom"]
    assert shown_keys(BY_ID["go.logs"], taken) == "5 l"
    assert is_forbidden("ctrl+s")


def test_typed_names() -> None:
    """A name, or a beginning that only one command has, with its argument; vi's `q!` leaves too."""
    assert parsed("matrix")[0] is BY_ID["go.matrix"]
    assert parsed("mat")[0] is BY_ID["go.matrix"]
    assert parsed("host k0s-master-2") == (BY_ID["host"], "k0s-master-2")
    assert parsed("q!")[0] is BY_ID["leave"]
    assert parsed("re")[0] is None
    assert parsed("")[0] is None


def test_fuzzy() -> None:
    """Letters in their order are enough."""
    assert is_like("mtx", "matrix")
    assert not is_like("xm", "matrix")
    assert all(is_like("", name) for name in TYPED)
