"""The typed name: the one Yes, and all that is No, in the pure reading and on a real terminal."""

from __future__ import annotations

import os
import pty
import select
import threading
import time
from collections.abc import Iterable

import pytest

from k0stui.commands.confirming import PASTE, Typed, confirmed, read_name, typed_on
from k0stui.errors import UsageError

NAME = "k0s-prod"


def after(reads: Iterable[bytes]) -> Typed:
    typed = Typed()
    for read in reads:
        if typed.ended:
            break
        typed = typed_on(typed, read)
    return typed


def keys(text: str) -> list[bytes]:
    return [char.encode() for char in text]


def test_only_the_name_and_enter_is_yes() -> None:
    """Typed key by key, with corrections, then Enter."""
    assert after(keys(f"{NAME}\r")).answers(NAME)
    assert after(keys("k0x\x7fs-prod\n")).answers(NAME)
    assert after(keys(f"wrong\x15{NAME}\r")).answers(NAME)


@pytest.mark.parametrize(
    "reads",
    [
        keys("\r"),
        keys("y\r"),
        keys("yes\r"),
        keys("K0S-PROD\r"),
        keys("k0s-prod \r"),
        keys("k0s-pro\r"),
        keys("yyyyyyyyyyyy\r"),
        [*keys(NAME), b""],
        [b""],
        keys(f"{NAME}\x04"),
        keys(f"{NAME}\x03"),
        [PASTE + NAME.encode() + b"\x1b[201~", b"\r"],
        [PASTE + NAME.encode() + b"\r\x1b[201~"],
        [*keys("k0s-"), PASTE + b"prod\x1b[201~\r"],
        [b"\x1b"],
    ],
    ids=repr,
)
def test_all_else_is_no(reads: list[bytes]) -> None:
    """Enter, y, held keys, another case, a blank, end of input, ctrl+c, ctrl+d, Esc, and any paste."""
    assert not after(reads).answers(NAME)


def test_an_empty_name_is_never_yes() -> None:
    """A plan without a name to type cannot be started by Enter."""
    assert not after(keys("\r")).answers("")


def asked(*parts: tuple[float, bytes], deaf: float = 0.2) -> str:
    """The answer of `read_name` on a real terminal on which `parts` are typed, each after so many seconds."""
    master, slave = pty.openpty()
    said: list[str] = []
    reading = threading.Thread(target=lambda: said.append(read_name("name:", NAME, slave, deaf)))
    reading.start()
    try:
        assert select.select([master], [], [], 5)[0]  # the question is there
        for wait, text in parts:
            time.sleep(wait)  # the terminal's own clock is what is tested
            os.write(master, text)
        reading.join(5)
        assert not reading.is_alive()
    finally:
        os.close(master)
        os.close(slave)
    return said[0]


def test_on_a_terminal() -> None:
    """Typed slowly enough it is Yes; keys in the first moment, a paste, an empty line are No, each with its reason."""
    assert asked((0.3, NAME.encode()), (0.05, b"\r")) == ""
    assert "before the question" in asked((0.0, NAME.encode() + b"\r"))
    assert "pasted" in asked((0.3, PASTE + NAME.encode() + b"\x1b[201~\r"))
    assert "nothing was typed" in asked((0.3, b"\r"))
    assert "not the name" in asked((0.3, b"y\r"))


async def test_without_a_terminal_the_name_must_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """--confirm with the exact name is Yes; another name, or nobody to ask, is an error and no question."""
    monkeypatch.setattr("k0stui.commands.confirming.is_terminal", lambda: False)
    assert await confirmed(NAME, NAME, "start")
    with pytest.raises(UsageError, match="nothing was done"):
        await confirmed("k0s", NAME, "start")
    with pytest.raises(UsageError, match="--confirm"):
        await confirmed(None, NAME, "start")
