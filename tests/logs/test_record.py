"""From bytes to records, however they were cut."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from k0stui.logs.iso import iso_micros
from k0stui.logs.record import (
    LINE_CAP,
    CriReader,
    FileReader,
    Record,
    Records,
    ShortReader,
    decode,
    short_record,
)
from tests.logs.journal_json import json_record

SHORT = """\
1738638847.118206 c1 k0s[812]: time="2025-02-04 03:14:07" level=info msg="one"
1738638847.118207 c1 k0s[812]: two
                               lines, and
                                 one indented by itself
1738638848.000001 c1 systemd[1]: three
1738638848.000002 c1 kernel: four: with a colon
1738638848.000003 c1 k0s[812]:
1738638848.000003 c1 k0s[812]: after an empty one, é
not a record
1738638849.000000 c1 k0s[812]: last
""".encode()

CRI = b"""\
2025-02-04T03:14:07.28Z stderr F I0204 03:14:07.28 1 a.go:1] "one"
2025-02-04T03:14:07.3Z stderr P two,
2025-02-04T03:14:07.4Z stdout F three
2025-02-04T03:14:07.5Z stderr F in two parts
garbage
"""


def through(reader: ShortReader | CriReader | FileReader, *pieces: list[str]) -> list[Record]:
    """What a reader makes of lines that come piece by piece."""
    records = Records()
    for piece in pieces:
        records.join(reader.feed(piece))
    records.join(reader.end())
    return list(records)


def lines(data: bytes) -> list[str]:
    return decode(data).removesuffix("\n").split("\n")


def cuts(data: bytes) -> st.SearchStrategy[list[list[str]]]:
    """All ways to cut the lines of `data` into pieces."""
    whole = lines(data)
    places = st.lists(st.integers(0, len(whole)), max_size=12).map(sorted)
    return places.map(lambda at: [whole[start:end] for start, end in pairwise([0, *at, len(whole)])])


@given(cuts(SHORT))
def test_any_cut_of_the_journal_gives_the_same_records(pieces: list[list[str]]) -> None:
    """Where pieces end, be it inside of a record, changes none."""
    assert through(ShortReader(), *pieces) == through(ShortReader(), lines(SHORT))


@given(cuts(CRI))
def test_any_cut_of_a_pod_file_gives_the_same_records(pieces: list[list[str]]) -> None:
    """Also lines that the runtime itself has split (`P`) are put together the same way."""
    assert through(CriReader(), *pieces) == through(CriReader(), lines(CRI))


@given(st.lists(st.binary(max_size=60), max_size=12))
def test_any_bytes_give_records(pieces: list[bytes]) -> None:
    """Readers are total: no bytes make one raise, and no text is lost but what is said to be."""
    for reader in (ShortReader(), CriReader(), FileReader()):
        through(reader, *map(lines, pieces))
    json_record(b"".join(pieces))


def test_a_record_has_its_time_tag_and_text() -> None:
    """The short form is taken apart at its first colon and space after the tag."""
    found = through(ShortReader(), lines(SHORT))

    assert found[0] == Record(1738638847118206, "k0s[812]", 'time="2025-02-04 03:14:07" level=info msg="one"')
    assert found[1].text == "two\nlines, and\n  one indented by itself"
    assert found[3] == Record(1738638848000002, "kernel", "four: with a colon")
    assert found[4] == Record(1738638848000003, "k0s[812]", "")
    assert found[5].text == "after an empty one, é"
    assert found[6] == Record(-1, "", "not a record", parsed=False)


def test_a_cri_line_in_parts_is_one_record_per_stream() -> None:
    """Parts of stderr are not mixed with lines of stdout, and the time is that of the last part: order holds."""
    found = through(CriReader(), lines(CRI))

    assert [record.text for record in found] == [
        'I0204 03:14:07.28 1 a.go:1] "one"',
        "three",
        "two,in two parts",
        "garbage",
    ]
    assert found[2].time == iso_micros("2025-02-04T03:14:07.5Z")
    assert not found[3].parsed


def test_json_takes_every_shape_of_a_field() -> None:
    """A journal's value may be text, null, bytes or a list of those; null is said and counted, never an empty line."""
    entry = {"__REALTIME_TIMESTAMP": "1738638847118206", "SYSLOG_IDENTIFIER": "k0s", "_PID": "812"}

    assert json_record(json.dumps(entry | {"MESSAGE": "a"})) == Record(1738638847118206, "k0s[812]", "a")
    assert json_record(json.dumps(entry | {"MESSAGE": [195, 169]})).text == "é"
    assert json_record(json.dumps(entry | {"MESSAGE": ["a", [98]]})).text == "a b"
    assert not json_record(json.dumps(entry | {"MESSAGE": None})).parsed
    assert not json_record("{").parsed


def test_times_are_read_in_all_their_spellings() -> None:
    """Fractions of any length, zones and k0s' own form give microseconds; anything else gives none."""
    assert iso_micros("1970-01-01T00:00:01.284781516Z") == 1284781
    assert iso_micros("1970-01-01 00:00:01") == 1_000_000
    assert iso_micros("1970-01-01T01:00:01.5+01:00") == 1_500_000
    assert iso_micros("1970-13-01T01:00:01") == -1
    assert iso_micros("") == -1


def test_openrc_lines_are_local_time() -> None:
    """k0s writes no zone: the host's own makes the time right; a line without time has that of the one before."""
    reader = FileReader(timedelta(hours=2))
    found = reader.feed(['time="1970-01-01 02:00:05" level=info msg="x"', "panic: y"])

    assert found.times == [5_000_000, -1]


def test_a_long_line_is_cut_and_says_by_how_much() -> None:
    """Nothing longer than 16 KiB is kept of a record."""
    line = f"1738638847.118206 c1 k0s[812]: {'x' * 20_000}"

    for text in (short_record(line).text, through(ShortReader(), [line])[0].text):
        assert len(text) < LINE_CAP + 40
        assert text.endswith("characters]")


def test_nul_cannot_reach_the_store() -> None:
    """NUL parts the lines of a block, so it is replaced at the door."""
    assert decode(b"a\0b\xff") == "a\ufffdb\ufffd"
