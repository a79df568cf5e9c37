"""Which templates one host floods with: told to it with each request, so that it counts their lines and keeps them."""

from __future__ import annotations

from k0stui.logs.answer import HeldBack
from k0stui.logs.batch import Hot
from k0stui.logs.hot import RATE
from k0stui.logs.template import ERROR_BYTES, error_span, mask

SAMPLE_EVERY = 10.0
"""Seconds between lines of a flood that are sent all the same: they show that the sample is still true."""

MOST = 12
"""Templates named in one request: each costs the host a search per line."""


class Squelch:
    """The floods of one host."""

    def __init__(self) -> None:
        self._samples: dict[str, str] = {}
        """Key to the text of its newest line, for rows that stand for lines that were not sent."""
        self._hot: dict[str, tuple[str, float]] = {}
        """Key to its literal and to when (monotonic) a sample passed last."""

    def sample(self, key: str) -> str:
        """A line of this template, or nothing."""
        return self._samples.get(key, "")

    def saw(self, key: str, text: str, now: float) -> None:
        """A line passed."""
        if len(self._samples) > 5_000:
            self._samples.clear()
        self._samples[key] = text
        if key in self._hot:
            self._hot[key] = self._hot[key][0], now

    def learn(self, held: tuple[HeldBack, ...], seconds: float, now: float) -> None:
        """After a batch that covers so many seconds of log: what it held back decides what is hot from now on."""
        rates = {each.key: each.count / max(seconds, 1.0) for each in held}
        for key in [key for key in self._hot if rates.get(key, 0.0) < RATE / 2]:
            del self._hot[key]
        for key, rate in sorted(rates.items(), key=_rate, reverse=True):
            if rate >= RATE and key not in self._hot and len(self._hot) < MOST:
                self._hot[key] = literal(key, self.sample(key)), now

    @property
    def floods(self) -> bool:
        """Something floods now."""
        return bool(self._hot)

    def hot(self, now: float) -> tuple[Hot, ...]:
        """For the next request."""
        return tuple(
            Hot(key, text, 1 if now - since >= SAMPLE_EVERY else 0) for key, (text, since) in self._hot.items()
        )


def literal(key: str, sample: str) -> str:
    """A piece of `sample` that is in no line of another key: location to the end of its error; empty: there is none.

    An error with numbers in it differs from line to line, and without an error the location alone proves nothing.
    """
    _, _, rest = key.partition(" ")
    location, _, error = rest.partition(" err=")
    start = sample.find(f"{location}]")
    if not error or start < 0:
        return ""
    begin, end = error_span(sample, start + len(location))
    piece = sample[start:end]
    certain = sample[begin:end] == error and len(error.encode()) < ERROR_BYTES and mask(error) == error
    constant = mask(piece[len(location) :]) == piece[len(location) :]
    return piece if certain and constant and "\t" not in piece and "\n" not in piece else ""


def _rate(entry: tuple[str, float]) -> float:
    return entry[1]
