"""The JSON body of an API server's answer, as typed objects."""

from __future__ import annotations

from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from k0stui.errors import ProbeFailed

T = TypeVar("T")


class Items(msgspec.Struct, Generic[T], frozen=True):
    """A `List`; its kind does not matter, an absent or null list is empty."""

    items: list[T] | None = None
    kind: str = ""


def items(body: bytes, item: type[T]) -> tuple[T, ...]:
    """Raises msgspec's errors; `ProbeFailed` where it is no list at all."""
    found: Items[T] = _decoder(Items[item]).decode(body)  # type: ignore[valid-type]
    if not found.kind.endswith("List"):
        raise ProbeFailed("the API server answered with something that is no list")
    return tuple(found.items or ())


def one(body: bytes, kind: type[T]) -> T:
    found: T = _decoder(kind).decode(body)  # type: ignore[arg-type]
    return found


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """Making one costs more than reading a short list with it."""
    return msgspec.json.Decoder(kind)
