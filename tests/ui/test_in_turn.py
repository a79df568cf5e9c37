"""Keys that come together are given out one after the other, and none is lost or held for ever."""

from __future__ import annotations

import asyncio

import pytest
from textual.events import Key
from textual.message import Message
from textual.message_pump import MessagePump

from k0stui.ui import in_turn
from k0stui.ui.in_turn import ROUNDS, InTurn, Through


class Pump(MessagePump):
    """Keeps what is posted to it; one that is closing takes nothing."""

    def __init__(self, is_closing: bool = False) -> None:
        super().__init__()
        self.posted: list[Through] = []
        self.came = asyncio.Event()
        self.is_closing = is_closing

    def post_message(self, message: Message) -> bool:
        assert isinstance(message, Through)
        if not self.is_closing:
            self.posted.append(message)
            self.came.set()
        return not self.is_closing


def key(name: str) -> Key:
    return Key(name, name)


async def test_the_next_waits_until_the_first_is_through() -> None:
    """What a key does may take three ways up to the app; only then the next one is given out."""
    app, widget = Pump(), Pump()
    turn = InTurn(app)
    turn.come(key("a"))
    turn.come(key("b"))
    first = turn.next()
    assert first is not None
    assert first.key == "a"
    turn.follow(widget)
    for way in range(ROUNDS):
        assert turn.next() is None
        turn.passed(widget.posted[way], widget)
    second = turn.next()
    assert second is not None
    assert second.key == "b"
    assert app.posted == []


async def test_what_is_not_for_now_waits_and_is_passed() -> None:
    """While nothing can be done but leaving, a key that leaves overtakes the others; they keep their order."""
    turn = InTurn(Pump())
    for name in ("4", "j", "q"):
        turn.come(key(name))
    first = turn.next(lambda event: event.key == "q")  # type: ignore[union-attr]
    assert first is not None
    assert (first.key, turn.next(lambda _: False)) == ("q", None)
    rest = [turn.next(), turn.next()]
    assert [event.key for event in rest if isinstance(event, Key)] == ["4", "j"]


async def test_a_widget_that_goes() -> None:
    """A widget that takes no messages any more does not hold up what follows."""
    app, gone = Pump(), Pump(is_closing=True)
    turn = InTurn(app)
    turn.come(key("a"))
    assert turn.next() is not None
    turn.follow(gone)
    turn.come(key("b"))
    while app.posted:
        turn.passed(app.posted.pop(0), gone)
    assert turn.next() is not None


async def test_one_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the limit the next key goes all the same; the late answer of the first then ends no turn but its own."""
    app, stuck = Pump(), Pump()
    turn = InTurn(app)
    turn.come(key("a"))
    turn.come(key("b"))
    assert turn.next() is not None
    with monkeypatch.context() as patched:
        patched.setattr(in_turn, "LONGEST", 0.0)
        turn.follow(stuck)
    await app.came.wait()
    turn.passed(app.posted[0], stuck)
    assert turn.next() is not None
    turn.follow(stuck)
    turn.come(key("c"))
    turn.passed(stuck.posted[0], stuck)
    assert turn.next() is None
