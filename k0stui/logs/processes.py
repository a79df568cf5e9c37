"""Which process of k0s writes a journal: another one means that it was started anew, and the stream says so there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


class Processes:
    """The processes of one host's k0s, as far as its lines came."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._boot = ""
        self.booted = False
        """The last one that began did so after a boot."""

    def begun(self, tags: Sequence[str], boot: str) -> Iterator[tuple[int, str]]:
        """Where in `tags` (`k0s[812]`) one begins that is not the first of all. Lines of the one before may still come
        behind it: a process is new once."""
        for tag in dict.fromkeys(tags):
            if not tag.startswith("k0s[") or tag in self._known:
                continue
            if len(self._known) > 1_000:
                self._known.clear()
            first = not self._known
            self._known.add(tag)
            self.booted, self._boot = bool(self._boot and boot and boot != self._boot), boot
            if not first:
                yield tags.index(tag), tag
