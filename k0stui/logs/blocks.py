"""Texts in little memory: the newest as they are, older ones in compressed blocks.

A million lines cost 341 MiB as a list and about 50 in blocks; a search goes through a block at the speed of `memmem`.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

try:
    import lz4.block as _lz4
except ImportError:  # the extra `fast` is not installed: zlib packs better and unpacks four times slower
    _lz4 = None

BLOCK = 256 * 1024
"""Bytes of text in one block: small enough to unpack in a millisecond, large enough to pack well."""

STRING = 49
"""Bytes that CPython adds to a text."""

UNPACKED = 6
"""Blocks kept unpacked: what a screen shows and a little around it."""


class Block(NamedTuple):
    """Lines `first` to `first + lines`, NUL between them, compressed."""

    first: int
    lines: int
    packed: bytes
    size: int
    """Bytes unpacked."""
    starts: array[int]
    """Where in the unpacked bytes each line starts."""

    @property
    def taken(self) -> int:
        """Bytes that the block takes, near enough."""
        return len(self.packed) + 4 * self.lines + 230

    def unpack(self) -> bytes:
        return unpack(self.packed, self.size)


def pack(data: bytes) -> bytes:
    """Compressed with lz4 where it is there, else with zlib's fastest level."""
    return _lz4.compress(data, store_size=False) if _lz4 else zlib.compress(data, 1)


def unpack(data: bytes, size: int) -> bytes:
    return bytes(_lz4.decompress(data, uncompressed_size=size)) if _lz4 else zlib.decompress(data, bufsize=size)


class Texts:
    """Texts by number, counted from the first ever appended; the oldest can be dropped by whole blocks."""

    def __init__(self, hot: int) -> None:
        self._hot_limit = hot
        """Bytes of text kept unpacked."""
        self._hot: list[str] = []
        self._hot_first = 0
        self._hot_bytes = 0
        self.blocks: list[Block] = []
        self._cold_bytes = 0
        self._open: OrderedDict[int, list[str]] = OrderedDict()
        self._data: tuple[int, bytes] = (-1, b"")
        """The block unpacked last, so that a search and the lines that it found cost one unpacking."""

    @property
    def first(self) -> int:
        """The number of the oldest text still here."""
        return self.blocks[0].first if self.blocks else self._hot_first

    @property
    def end(self) -> int:
        """The number that the next text will get."""
        return self._hot_first + len(self._hot)

    @property
    def size(self) -> int:
        """Bytes that this takes, near enough."""
        return self._hot_bytes + len(self._hot) * STRING + self._cold_bytes

    def extend(self, texts: list[str]) -> None:
        """Append; packs what is over the limit."""
        self._hot += texts
        self._hot_bytes += sum(map(len, texts))
        while self._hot_bytes > self._hot_limit + BLOCK:
            self._pack_oldest()

    def _pack_oldest(self) -> None:
        count = size = 0
        for text in self._hot:
            count, size = count + 1, size + len(text)
            if size >= BLOCK:
                break
        data = "\0".join(self._hot[:count]).encode("utf-8", "replace")
        block = Block(self._hot_first, count, pack(data), len(data), _starts(self._hot[:count], data))
        self.blocks.append(block)
        self._cold_bytes += block.taken
        del self._hot[:count]
        self._hot_first += count
        self._hot_bytes -= size

    def drop_oldest(self) -> tuple[int, list[str]]:
        """Take the oldest block out (or, where none is packed, all); its first number and its texts."""
        if not self.blocks:
            first, texts = self._hot_first, self._hot
            self._hot, self._hot_first, self._hot_bytes = [], self.end, 0
            return first, texts
        block = self.blocks.pop(0)
        self._cold_bytes -= block.taken
        self._open.pop(block.first, None)
        return block.first, split(block.unpack())

    def piece_end(self, number: int) -> int:
        """Where the piece that holds `number` ends: a block, or about as many lines of the hot list."""
        at = self.block_at(number)
        return min(number + 1_000, self.end) if at is None else at.first + at.lines

    def piece_start(self, end: int) -> int:
        """Where the piece that ends at or after `end` begins."""
        at = self.block_at(end - 1)
        return max(end - 1_000, self._hot_first) if at is None else at.first

    def block_at(self, number: int) -> Block | None:
        """The packed block that holds `number`; None: it is hot."""
        if number >= self._hot_first or not self.blocks:
            return None
        at = bisect_right(self.blocks, number, key=_first) - 1
        return self.blocks[at] if at >= 0 else None

    def __getitem__(self, number: int) -> str:
        """
        Raises:
            IndexError: it was dropped, or never there.
        """
        if number >= self._hot_first:
            return self._hot[number - self._hot_first]
        block = self.block_at(number)
        if block is None:
            raise IndexError(number)
        return self._lines(block)[number - block.first]

    def some(self, numbers: Sequence[int]) -> list[str]:
        """The texts of some lines of one piece."""
        block = self.block_at(numbers[0]) if numbers else None
        if block is None:
            return [self._hot[number - self._hot_first] for number in numbers]
        data, starts = self.data(block), (*block.starts, block.size + 1)
        places = [number - block.first for number in numbers]
        return [data[starts[at] : starts[at + 1] - 1].decode("utf-8", "replace") for at in places]

    def data(self, block: Block) -> bytes:
        """All texts of a block, NUL between them."""
        if self._data[0] != block.first:
            self._data = block.first, block.unpack()
        return self._data[1]

    def _lines(self, block: Block) -> list[str]:
        lines = self._open.get(block.first)
        if lines is None:
            lines = self._open[block.first] = split(self.data(block))
            if len(self._open) > UNPACKED:
                self._open.popitem(last=False)
        else:
            self._open.move_to_end(block.first)
        return lines


def split(data: bytes) -> list[str]:
    """The texts of an unpacked block."""
    return data.decode("utf-8", "replace").split("\0")


def _starts(texts: list[str], data: bytes) -> array[int]:
    sizes = map(len, texts) if data.isascii() else map(len, data.split(b"\0"))
    ends = accumulate(size + 1 for size in sizes)
    return array("I", [0, *ends][:-1])


def _first(block: Block) -> int:
    return block.first
