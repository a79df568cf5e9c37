"""Metrics in Prometheus' text format."""

from __future__ import annotations

from k0stui.probes.prometheus import Metrics

TEXT = """# HELP a b
a{x="1",y="q\\"uote, and } brace"} 2
a{x="2",y=""} 3e2 1395066363000
b NaN
b +Inf
broken{x= 5
c 7
"""


def test_labels_numbers_and_noise() -> None:
    """Labels with quotes and braces, exponents and timestamps are read; NaN and broken lines are passed over."""
    metrics = Metrics.of(TEXT)

    assert metrics.find("a", x="2") == 300
    assert metrics.find("a", y='q\\"uote, and } brace') == 2
    assert metrics.sum("a") == 302
    assert metrics.find("b") == float("inf")


def test_absent_series_is_not_zero() -> None:
    """A gauge that is not there is unknown; a counter that is not there has not counted yet."""
    assert Metrics.of("").find("a") is None
    assert Metrics.of("").sum("a") == 0
