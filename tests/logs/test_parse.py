"""How bad a line is and who wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.logs.parse import CONTINUATION, UNPARSED, HeadReader
from k0stui.logs.template import Templates
from k0stui.model.log import Level
from tests.logs.lines import klog, own

ETCD = (
    'time="2025-02-04 03:14:07" level=info msg="{\\"level\\":\\"warn\\",\\"ts\\":\\"2025\\",'
    '\\"caller\\":\\"etcdserver/util.go:170\\",\\"msg\\":\\"apply took too long\\"}" component=etcd stream=stderr'
)
CONTAINERD = (
    'time="2025-02-04 03:14:07" level=info msg="time=\\"2025-02-04T03:14:07Z\\" level=error msg=\\"no shim 12\\"" '
    "component=containerd stream=stderr"
)


def head(text: str, tag: str = "k0s[812]") -> tuple[str, int, str]:
    """Level, flags and template of one line."""
    templates = Templates()
    level, flags, number = HeadReader(templates).head(tag, text)
    return Level(level).letter, flags, templates[number].key


@pytest.mark.parametrize(
    ("text", "level", "template"),
    [
        (klog('"x" err="No agent available" dialID=7'), "E", "konnectivity server.go:528 err=No agent available"),
        (
            klog("no RequestInfo", "W", "kube-apiserver", "handler_proxy.go:99"),
            "W",
            "kube-apiserver handler_proxy.go:99",
        ),
        (klog('"x" err="dial tcp 10.0.0.1:99"'), "E", "konnectivity server.go:528 err=dial tcp #.#.#.#:#"),
        (ETCD, "W", "etcd etcdserver/util.go:170"),
        (CONTAINERD, "E", "containerd no shim #"),
        (own("Restarted (3)", "warning", "kubelet"), "W", "kubelet Restarted (#)"),
        (own("lost leader lease", "error"), "E", "status lost leader lease"),
        ("E0204 03:14:07.117021  230631 reflector.go:166] bad", "E", "- reflector.go:166"),
        ("panic: runtime error: index out of range [5]", "F", "- panic: runtime error: index out of range [#]"),
    ],
)
def test_the_inner_level_counts(text: str, level: str, template: str) -> None:
    """k0s wraps its children at info; what the child itself says is the level, and where it says it the template."""
    found = head(text)

    assert (found[0], found[2]) == (level, template)


def test_what_a_child_says_without_a_level_is_unknown() -> None:
    """The wrapper's info says nothing about a child's plain words, so they are neither good nor bad."""
    assert head(own("Flag --x has been deprecated", component="kubelet") + " stream=stderr")[0] == "?"


def test_continuation_lines_share_level_and_template_with_their_own_component() -> None:
    """Lines of other components between the parts of an error change nothing."""
    reader = HeadReader(Templates())
    first = reader.head("k0s[1]", klog('"Unhandled Error" err=<', "E", "kube-apiserver", "controller.go:146"))
    reader.head("k0s[1]", klog('"x"', "I", "etcd", "a.go:1"))
    reader.head("k0s[1]", own("Shutting down pid 3", component="kube-apiserver"))
    second = reader.head("k0s[1]", own("\\tError updating", component="kube-apiserver") + " stream=stderr")

    assert second == (first[0], CONTINUATION, first[2])


def test_the_rest_of_a_16_kib_piece_belongs_to_it() -> None:
    """k0s cuts long lines of its children; the rest has no form of its own."""
    reader = HeadReader(Templates())
    first = reader.head("k0s[1]", klog("x" * 16_384))
    rest = reader.head("k0s[1]", own("and the end", component="konnectivity") + " stream=stderr")
    after = reader.head("k0s[1]", own("plain again", component="konnectivity") + " stream=stderr")

    assert rest == (first[0], CONTINUATION, first[2])
    assert after[1] == 0


def test_a_line_without_any_form_is_counted_as_unparsed() -> None:
    """It is kept, shown with level `?`, and counted."""
    assert head("what is this") == ("?", UNPARSED, "- what is this")


@given(st.text(), st.text(max_size=12))
def test_any_text_has_a_head(text: str, tag: str) -> None:
    """No text makes the reader raise, bare or wrapped, and the quick way agrees with the slow one."""
    head(text, tag)
    head(klog(text))
    head(own(text))


@given(st.from_regex(r"[IWEF]\d{4} [0-9:.]{8,15} {1,9}\d{1,7} [a-z.:0-9\]\" ]{0,30}", fullmatch=True))
def test_the_quick_way_agrees_with_the_slow_one(inner: str) -> None:
    """A line that begins one character later takes the slow way and must give the same."""
    text = f'time="2025-02-04 03:14:07" level=info msg="{inner}" component=konnectivity stream=stderr'

    assert head(text) == head(text.replace('time="', 'time="0', 1))
