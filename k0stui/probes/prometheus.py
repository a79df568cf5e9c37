"""Metrics in Prometheus' text format, as konnectivity and etcd serve them.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

_SERIES = re.compile(r"^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Series:
    """One line: a name, its labels, a value."""

    name: str
    labels: dict[str, str]
    value: float


def parse(text: str) -> Iterator[Series]:
    """All series that can be read; comments, broken lines and NaN are passed over."""
    for line in text.splitlines():
        match = _SERIES.match(line)
        if match is None:
            continue
        try:
            value = float(match[3])
        except ValueError:
            continue
        if not math.isnan(value):
            yield Series(match[1], dict(_LABEL.findall(match[2] or "")), value)


@dataclass(frozen=True, slots=True)
class Metrics:
    """All series of one answer."""

    series: tuple[Series, ...]

    @classmethod
    def of(cls, text: str) -> Metrics:
        return cls(tuple(parse(text)))

    def find(self, name: str, **labels: str) -> float | None:
        """The first series of that name and these labels; None where it is absent, which is not 0."""
        wanted = labels.items()
        return next((one.value for one in self.series if one.name == name and wanted <= one.labels.items()), None)

    def sum(self, name: str, **labels: str) -> float:
        """Of all such series; 0 where there is none: a counter appears with its first event."""
        wanted = labels.items()
        return sum(one.value for one in self.series if one.name == name and wanted <= one.labels.items())
