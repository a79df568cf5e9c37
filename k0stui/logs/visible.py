"""Text of hosts as it may be laid out: whatever a terminal would obey or hide becomes a visible stand-in."""

from __future__ import annotations

CAP = 4 * 1024
"""Characters of a line in the view; the rest is said, `[+12 KiB]`, and shown when the line is opened."""

_BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_TABLE = {code: 0x2400 + code for code in range(0x20) if code != 0x09}
_TABLE |= {0x7F: 0x2421}
_TABLE |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_TABLE |= dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
_TABLE |= dict.fromkeys(_BIDI, 0xFFFD)
_TABLE |= {0x2028: 0x240A, 0x2029: 0x240A, 0xFEFF: 0xFFFD}


def visible(text: str) -> str:
    """C0 (but tab) and DEL as their pictures, C1, bidi controls and lone surrogates as U+FFFD; newlines as ␊."""
    return text if text.isascii() and text.isprintable() else text.translate(_TABLE)


def shortened(text: str, cap: int = CAP) -> str:
    """At most `cap` characters, and how much is missing."""
    if len(text) <= cap:
        return text
    return f"{text[:cap]} [+{max(1, (len(text) - cap) // 1024)} KiB]"
