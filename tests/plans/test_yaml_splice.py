"""The edit of k0s.yaml: two changed lines at most and every other byte the same, or refused with the reason."""

# ruff: noqa: E501 -- tables read by rows

from __future__ import annotations

import difflib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from k0stui.errors import PlanRefused
from k0stui.plans.yaml_splice import NLLB, turned_on

USUAL = """\
apiVersion: k0s.k0sproject.io/v1beta1
kind: ClusterConfig
metadata:
  name: k0s   # the name
spec:
  api:
    address: 10.10.10.41
  network:
    provider: kuberouter
    nodeLocalLoadBalancing:
      enabled: false   # not yet
      type: EnvoyProxy
  storage:
    type: etcd
"""
NO_BLOCK = USUAL.replace("    nodeLocalLoadBalancing:\n      enabled: false   # not yet\n      type: EnvoyProxy\n", "")
NO_NETWORK = NO_BLOCK.replace("  network:\n    provider: kuberouter\n", "")

EDITED = {
    "usual": USUAL,
    "quoted keys": USUAL.replace("enabled:", '"enabled":').replace("network:", "'network':"),
    "enabled: no": USUAL.replace("false", "no"),
    "enabled: FALSE": USUAL.replace("false", "FALSE"),
    "block missing": NO_BLOCK,
    "network missing": NO_NETWORK,
    "spec missing": "kind: ClusterConfig\n",
    "network empty": NO_NETWORK.replace("  storage:", "  network:\n  storage:"),
    "network null": NO_NETWORK.replace("  storage:", "  network: null  # none\n  storage:"),
    "network {}": NO_NETWORK.replace("  storage:", "  network: {}\n  storage:"),
    "flow style": NO_NETWORK.replace("  storage:", "  network: {provider: calico, calico: {mode: vxlan}}\n  storage:"),
    "flow, given": NO_NETWORK.replace("  storage:", "  network: {nodeLocalLoadBalancing: { enabled: false }}\n  storage:"),
    "json": '{"kind": "ClusterConfig", "spec": {"network": {"provider": "calico"}}}',
    "enabled missing": USUAL.replace("      enabled: false   # not yet\n", ""),
    "enabled empty": USUAL.replace("enabled: false", "enabled:"),
    "CRLF": USUAL.replace("\n", "\r\n"),
    "CRLF, block missing": NO_BLOCK.replace("\n", "\r\n"),
    "BOM": "\ufeff" + USUAL,
    "BOM, spec missing": "\ufeffkind: ClusterConfig\n",
    "tabs in comments": USUAL.replace("# not yet", "#\tnot\tyet\t"),
    "comment first": "# made by ansible\n\n---\n" + NO_BLOCK,
    "document end": "---\n" + USUAL + "...\n",
    "no newline at the end": USUAL.rstrip("\n"),
    "trailing spaces": USUAL.replace("provider: kuberouter", "provider: kuberouter   "),
    "wide indentation": NO_BLOCK.replace("    ", "        "),
    "anchors elsewhere": USUAL.replace("address: 10.10.10.41", "address: &a 10.10.10.41\n    sans: [*a]"),
    "merge elsewhere": USUAL + "x: &x {a: 1}\ny:\n  <<: *x\n",
    "multi-line scalars": USUAL + "  extensions: |\n    enabled: false\n    network:\n      nodeLocalLoadBalancing: x\n",
    "non-ASCII": USUAL.replace("# the name", "# Name: „Übung“ 🙂"),
    "dates and numbers": USUAL + "when: 2024-01-01\nhex: 0x10\noctal: 010\n",
}  # fmt: skip

REFUSED = {
    "two documents": (USUAL + "---\n" + USUAL, "2 YAML documents"),
    "empty": ("", "not one mapping"),
    "a list": ("- a\n", "not one mapping"),
    "duplicate key": (USUAL + "spec: {}\n", "'spec' twice"),
    "duplicate below": (USUAL.replace("      type: EnvoyProxy", "      enabled: true"), "'enabled' twice"),
    "shared by anchor": (
        USUAL.replace("enabled: false", "enabled: &off false") + "other: *off\n",
        "alone",
    ),
    "shared mapping": (NO_BLOCK.replace("network:\n", "network: &n\n") + "  again: *n\n", "alone"),
    "alias at the place": (USUAL.replace("enabled: false   # not yet", "enabled: *off").replace("kind:", "x: &off false\nkind:"), "alone"),
    "merged in": (
        "base: &b {nodeLocalLoadBalancing: {enabled: false, type: EnvoyProxy}}\nspec:\n  network:\n    <<: *b\n",
        "alone",
    ),
    "not a boolean": (USUAL.replace("enabled: false", "enabled: 'false'"), "not true or false"),
    "not a mapping": (NO_NETWORK.replace("  storage:", "  network: calico\n  storage:"), "not a mapping"),
    "tab indentation": (USUAL.replace("    provider", "\tprovider"), "line 9"),
    "broken": ("spec: [\n", "line 2: expected"),
    "python tag": (USUAL + "x: !!python/object/apply:os.system ['true']\n", "type or tag"),
    "deep": ("a: " + "[" * 100 + "]" * 100, "nests"),
    "bomb": ("a: &a [x]\nb: [" + ", ".join(["*a"] * 40) + "]\n", "repeats"),
    "huge": ("#" * (1024 * 1024 + 1), "bytes"),
}  # fmt: skip


def changed_lines(before: bytes, after: bytes) -> int:
    old, new = (side.decode("utf-8-sig").splitlines(keepends=True) for side in (before, after))
    return sum(line[:2] in ("- ", "+ ") for line in difflib.ndiff(old, new))


@pytest.mark.fault("F29")
@pytest.mark.parametrize("case", EDITED)
def test_edit_changes_two_lines_at_most(case: str) -> None:
    """The value is true afterwards, at most two lines differ, and what was cut and put in is one run of bytes."""
    raw = EDITED[case].encode()
    splice = turned_on(raw)
    start = next(i for i in range(len(raw) + 1) if splice.after[: i + 1] != raw[: i + 1])
    tail = next(i for i in range(len(raw) + 1) if splice.after[len(splice.after) - i - 1 :] != raw[len(raw) - i - 1 :])

    assert changed_lines(raw, splice.after) <= 2
    assert len(splice.after) - start - tail <= 70
    loaded = yaml.safe_load(splice.after)
    for key in NLLB:
        loaded = loaded[key]
    assert loaded is True
    assert splice.after.count(b"\r\n") >= raw.count(b"\r\n")
    assert (b"\r\n" in raw) == (splice.after.count(b"\n") == splice.after.count(b"\r\n") > 0)


@pytest.mark.fault("F29")
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_proved_is_refused(case: str) -> None:
    """The reason is said; nothing is guessed."""
    content, reason = REFUSED[case]
    with pytest.raises(PlanRefused, match=reason):
        turned_on(content.encode())


def test_what_is_on_already_stays_as_it_is() -> None:
    """No byte changes in a file that says so already."""
    splice = turned_on(USUAL.replace("false", "true").encode())

    assert not splice.changes
    assert splice.sha_before == splice.sha_after


def test_invalid_utf8_is_refused() -> None:
    """Bytes that are no text are not passed through a decoder that would change them."""
    with pytest.raises(PlanRefused, match="UTF-8"):
        turned_on(b"spec: \xff\n")


def test_diff_shows_only_what_changes() -> None:
    """A neighbouring line, which may be a secret, is not in the diff."""
    shown = turned_on(USUAL.replace("      type: EnvoyProxy", "      password: hunter2").encode()).diff(
        "/etc/k0s/k0s.yaml"
    )

    assert "-      enabled: false   # not yet" in shown
    assert "+      enabled: true   # not yet" in shown
    assert "hunter2" not in shown


@given(st.text())
def test_any_text_is_edited_or_refused(text: str) -> None:
    """No input makes it raise anything else, or return something that does not read as true."""
    try:
        splice = turned_on(text.encode("utf-8", "replace"))
    except PlanRefused:
        return
    assert yaml.safe_load(splice.after)["spec"]["network"]["nodeLocalLoadBalancing"]["enabled"] is True
