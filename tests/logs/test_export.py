"""Lines as a file that can be sent."""

from __future__ import annotations

import json

from k0stui.logs.export import Form, export, heading
from k0stui.logs.filter import parse
from k0stui.logs.source_log import Fold, Gap
from k0stui.logs.store import LogStore
from k0stui.logs.view import View
from tests.logs.lines import START, filled, log_of, no_agent, own
from tests.logs.test_view import NOW


def stored() -> LogStore:
    """Two lines, a fold, a gap, and a clock that is off."""
    store = filled(own("password=hunter2 \\x1b|"), no_agent())
    log = log_of(store)
    log.set_offset(2_000_000)
    key = store.templates[log.templates[1]].key
    store.fold(log, key, Fold(1_900, START + 2_000_000, START + 3_000_000), no_agent())
    store.mark(log, START + 1_500_000, "-- c1: gone --", Gap(START, START + 1_500_000, "lost"))
    return store


def exported(form: Form) -> str:
    store = stored()
    view = View(store, parse("level:I,E"), NOW, folding=False)
    view.finish()
    return "".join(export(view.rows(0, len(view)), heading(store, view, "0.1.0"), form))


def test_every_form_says_what_one_must_know_to_read_it() -> None:
    """Filter, version, hosts, clock offset, what was folded and the gap stand before the lines, in all three."""
    for form in Form:
        text = exported(form)
        for part in ("0.1.0", "level:I,E", "c1", "2.0", "1900 lines counted on the host", "lost from"):
            assert part in text, (form, part)


def test_no_secret_and_no_control_character_leaves() -> None:
    """Exports go through redaction, and text forms are safe to print."""
    for form in Form:
        assert "hunter2" not in exported(form)
        assert "\x1b" not in exported(form)


def test_json_lines_have_both_times_and_the_raw_line() -> None:
    """Each line is an object of its own; a fold has its count."""
    head, *lines = (json.loads(line) for line in exported(Form.JSONL).splitlines())

    assert head["lines"] == 1_902
    assert lines[1]["location"] == "server.go:528"
    assert lines[1]["raw"].startswith("1738638847.001000 c1 k0s[812]: time=")
    assert lines[2]["count"] == 1_900
    assert lines[2]["time"] != lines[2]["corrected"]
    assert lines[3]["flags"] == ["mark"]


def test_markdown_cannot_be_broken_out_of() -> None:
    """No line of a host ends the code block or the table."""
    store = filled(own("```"))
    view = View(store, parse("a|b"), NOW)
    every = View(store, parse(""), NOW)
    every.finish()
    text = "".join(export(every.rows(0, 9), heading(store, view, "1"), Form.MARKDOWN))

    assert text.count("```") == 2
    assert "a\\|b" in text
