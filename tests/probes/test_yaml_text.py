"""YAML that would unfold while it is loaded."""

from __future__ import annotations

import pytest

from k0stui.probes.yaml_text import load


@pytest.mark.parametrize("text", ["a: &a {x: 1}\nb: {<<: *a}\n", "b: {!!merge x: {y: 1}}\n"])
def test_merge_keys_are_refused(text: str) -> None:
    """A chain of merge keys doubles at each link before anyone can bound the walk: no document with them is read."""
    with pytest.raises(ValueError, match="merge"):
        load(text)


def test_a_quoted_key_is_a_key() -> None:
    """`"<<"` in quotes merges nothing."""
    assert load('{"<<": 1}') == {"<<": 1}
