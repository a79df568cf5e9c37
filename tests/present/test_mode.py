"""The mode says what is done to the cluster from here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from k0stui.model.operation import OperationState
from k0stui.present.mode import READ_ONLY, WAITING, in_full, mode
from tests.ui.acting import a_running

BEGUN = a_running().operation


@pytest.mark.parametrize("state", OperationState)
def test_read_only_only_when_nothing_is_under_way(state: OperationState) -> None:
    """An operation that is not over is never shown as read-only."""
    shown = mode(replace(BEGUN, state=state), is_carried=True, is_exposed=False)
    assert (shown == READ_ONLY) == state.is_over


def test_words() -> None:
    """RUN while an executor acts, PAUSED while nobody does, behind EXPOSED; READ-ONLY is spelled out."""
    assert mode(BEGUN, is_carried=True, is_exposed=False).text == "RUN"
    assert mode(BEGUN, is_carried=False, is_exposed=False).text == "PAUSED"
    assert mode(replace(BEGUN, state=OperationState.PAUSED), is_carried=True, is_exposed=False).text == "PAUSED"
    assert mode(BEGUN, is_carried=True, is_exposed=True).text == "EXPOSED RUN"
    assert mode(None, is_carried=False, is_exposed=True) == READ_ONLY
    assert in_full(mode(None, is_carried=False, is_exposed=False)).text == "READ-ONLY"


def test_the_words_of_states_are_those_of_the_model() -> None:
    """The set is kept as text so that the frame is painted before the model is loaded."""
    assert {OperationState(value) for value in WAITING} == {OperationState.PAUSED, OperationState.NEEDS_HUMAN}
