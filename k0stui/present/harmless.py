"""Text from outside, made such that it can only be read: it moves no cursor, types nothing and hides nothing.

Two forms. `harmless` is for ingestion, titles, file names and the clipboard: what is dangerous becomes visible, as
`less` writes it. `stripped` is for the last layer before the terminal, where columns are counted already: it takes out.
Dangerous are C0 (but newline and tab), DEL, C1, everything of Unicode's category Cf (bidirectional overrides, joiners,
tag characters, invisible marks), line and paragraph separators, lone surrogates, and heaps of combining marks.
Source: https://www.unicode.org/reports/tr36/ (Unicode Security Considerations); CVE-2021-25743.
"""

from __future__ import annotations

import re
import unicodedata

MARKS = 4
"""Combining marks kept on one letter. Vietnamese needs 2, Thai and Hebrew 3; a heap of them covers the rows around."""

_DANGEROUS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff]"
)
"""Without newline and tab; with variation selectors, about whose width terminals disagree."""

_MAYBE_HEAP = re.compile(rf"[^\x00-\u02ff]{{{MARKS + 1},}}")


def harmless(text: str) -> str:
    """The text with what is dangerous made visible (`^[`, `<U+202E>`); newlines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return _capped(_DANGEROUS.sub(_visible, text))


def harmless_line(text: str) -> str:
    """`harmless`, as one line: for titles, file names and table cells."""
    return harmless(text).replace("\n", " ").replace("\t", " ")


def stripped(text: str) -> str:
    """The text without what is dangerous, newlines and tabs included."""
    if text.isascii() and text.isprintable():
        return text
    return _capped(_DANGEROUS.sub("", text).replace("\n", "").replace("\t", ""))


def file_name(text: str) -> str:
    """A name for a file made of a foreign word: letters, digits and `._-`, never hidden, never a path."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-")[:100] or "unnamed"


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return "^" + chr(code + 0x40)
    return "^?" if code == 0x7F else f"<U+{code:04X}>"


def _capped(text: str) -> str:
    """At most `MARKS` combining marks in a row."""
    return _MAYBE_HEAP.sub(lambda found: _thinned(found[0]), text)


def _thinned(text: str) -> str:
    kept, marks = [], 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me", "Mc"} else 0
        if marks <= MARKS:
            kept.append(char)
    return "".join(kept)
