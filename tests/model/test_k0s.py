"""Versions of k0s."""

import pytest

from k0stui.model.k0s import Version


def test_versions_are_ordered_as_they_were_released() -> None:
    """alpha < rc < release < its rebuild < next patch, and numbers are numbers."""
    names = ["v1.32.1-alpha.1+k0s.0", "v1.32.1-rc.0+k0s.0", "v1.32.1+k0s.0", "v1.32.1+k0s.1", "v1.32.10+k0s.0"]

    assert [str(version) for version in sorted(map(Version.parse, reversed(names)))] == names


@pytest.mark.parametrize(
    ("version", "has_it"), [("1.31.2", False), ("1.31.3", True), ("1.31.9", True), ("1.30.9", False), ("1.36.0", True)]
)
def test_a_backported_fix_counts_per_line(version: str, has_it: bool) -> None:
    """A fix in 1.31.3 and 1.32.0 is in every 1.31.x from .3 on and in all that came later, not in 1.30."""
    assert Version.parse(version).is_at_least("1.31.3", "1.32.0") is has_it


@pytest.mark.parametrize("text", ["", "latest", "1.32", "v1.32.1+other.1"])
def test_what_is_no_version_is_refused(text: str) -> None:
    """A text that is no k0s version is never read as one."""
    with pytest.raises(ValueError, match="not a version"):
        Version.parse(text)
