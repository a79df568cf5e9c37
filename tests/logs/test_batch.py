"""One batch of a journal: what is asked, and what is made of the answer; the squelch under real awks."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.errors import NotPermitted, ProbeFailed, ToolMissing
from k0stui.logs.answer import HeldBack, seconds
from k0stui.logs.batch import (
    Ask,
    Hot,
    cursor_part,
    cursor_time,
    journal_command,
    program,
    read_journal,
)
from k0stui.logs.parse import HeadReader
from k0stui.logs.record import Record, gathered
from k0stui.logs.squelch import Squelch, literal
from k0stui.logs.template import Templates
from tests.fakes import reply
from tests.logs.journal_json import json_record
from tests.logs.lines import START, klog, no_agent, own
from tests.logs.test_golden import JOURNALS, recorded

AWKS = [words for words in (("mawk",), ("gawk", "--posix"), ("busybox", "awk"), ("awk",)) if shutil.which(words[0])]

FLOOD = "konnectivity server.go:528 err=No agent available"
CURSOR = "s=0442aa3d;i=41f80;b=35f00801;m=10df71a19;t=660dd97423f19;x=5164511f14f964f"


def short(record: Record) -> str:
    """As journalctl prints it."""
    return f"{record.time // 10**6}.{record.time % 10**6:06d} c1 {record.tag}: {record.text}"


def lines(*texts: str, step: int = 1_000) -> list[str]:
    return [short(Record(START + step * index, "k0s[812]", text)) for index, text in enumerate(texts)]


def squelched(
    awk: tuple[str, ...], given_lines: list[str], hot: str = "", show: int = 200, each: int = 5, size: int = 65_536
) -> list[str]:
    """What the squelch lets through of lines."""
    text = "\n".join([*given_lines, f"-- cursor: {CURSOR}", "R 0", ""])
    done = subprocess.run(
        [*awk, "-v", f"show={show}", "-v", f"each={each}", "-v", f"bytes={size}", program()],
        input=text.encode(),
        env={"HOT": hot, "PATH": os.environ["PATH"], "LC_ALL": "C"},
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    return done.stdout.decode("utf-8", "replace").splitlines()


every_awk = pytest.mark.parametrize("awk", AWKS, ids=" ".join)


@every_awk
def test_passed_and_held_back_add_up(awk: tuple[str, ...]) -> None:
    """Of two thousand refusals in one second five pass and 1,995 are counted; the line between them passes."""
    texts = [no_agent(number) for number in range(2_000)]
    texts[1_000] = klog("the cause", location="etcd.go:1")
    found = squelched(awk, lines(*texts, step=400))

    passed = [line for line in found if line[0].isdigit()]
    assert len(passed) == 6
    assert any("the cause" in line for line in passed)
    assert found[-2] == f"F 1994 1738638847.002000 1738638847.799600 {FLOOD}"
    assert found[-1] == f"E 2000 0 {CURSOR}"


@every_awk
def test_lines_of_a_hot_template_are_counted_by_its_literal(awk: tuple[str, ...]) -> None:
    """With its literal in the request a flood sends the samples asked for, be it none, and everything else passes."""
    piece = literal(FLOOD, no_agent())
    texts = [no_agent(number) for number in range(100)] + [own("x")]

    assert piece == 'server.go:528] \\"Failed to get a backend\\" err=\\"No agent available'
    for samples, text in ((0, piece), (1, piece), (1, "")):
        found = squelched(awk, lines(*texts), f"{samples}\t{FLOOD}\t{text}")
        assert sum(line[0].isdigit() for line in found) == samples + 1
        assert next(line for line in found if line.startswith("F")).startswith(f"F {100 - samples} ")


@every_awk
def test_slow_repeats_pass(awk: tuple[str, ...]) -> None:
    """A template is held back by its rate in the log's own seconds, not by how often one batch has it."""
    found = squelched(awk, lines(*[no_agent(number) for number in range(50)], step=1_000_000))

    assert sum(line[0].isdigit() for line in found) == 50


@every_awk
def test_further_lines_share_their_records_fate(awk: tuple[str, ...]) -> None:
    """Indented lines of a record that is held back are held back with it; no message can pose as a frame."""
    given_lines = [line for each in lines(*[no_agent(n) for n in range(9)]) for line in (each, "     E 0 0 x", "  F 1")]
    found = squelched(awk, given_lines)

    assert sum(line.startswith(" ") for line in found) == 10
    assert found[-1].startswith("E 9 0 ")


@every_awk
def test_warnings_have_a_share_of_their_own(awk: tuple[str, ...]) -> None:
    """Three hundred different ordinary lines use up their share; the warning after them passes."""
    texts = [own(f"{chr(97 + number % 26)}{chr(97 + number // 26)} happened") for number in range(300)]
    found = squelched(awk, lines(*texts, klog("bad", "W", location="w.go:1")), show=200)

    passed = [line for line in found if line[0].isdigit()]
    assert len(passed) == 201
    assert "bad" in passed[-1]
    assert sum(int(line.split()[1]) for line in found if line.startswith("F")) == 100


@recorded
@every_awk
@pytest.mark.parametrize("path", JOURNALS[::3], ids=lambda path: "/".join((*path.parts[-3:-1], path.name[8:13])))
def test_the_host_makes_the_same_keys_as_we_do(awk: tuple[str, ...], path: object) -> None:
    """Every recorded line has one key, there and here: so both counts meet in one row."""
    with gzip.open(str(path), "rt", encoding="utf-8") as file:
        records = [record for record in map(json_record, file) if record.parsed and "\n" not in record.text]
    templates = Templates()
    heads = HeadReader(templates).read(gathered(records))
    expected = Counter(templates[number].key for number in heads.templates)
    found: Counter[str] = Counter()
    for line in squelched(awk, [short(record) for record in records], each=0):
        if line.startswith("F "):
            _, count, _, _, key = line.split(" ", 4)
            found[key] += int(count)

    assert found == expected


@given(
    st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\n\0\r"), max_size=60), max_size=6)
)
def test_any_message_is_counted_once(texts: list[str]) -> None:
    """Whatever a message contains, passed and held back add up to what was read."""
    found = squelched(AWKS[0], lines(*texts), each=1)

    held = sum(int(line.split()[1]) for line in found if line.startswith("F "))
    assert sum(line.startswith(str(START)[:10]) for line in found) + held == len(texts)
    assert found[-1].startswith(f"E {len(texts)} 0 ")


ANSWER = f"""\
H 1738638850.118206123 +0130
V 252
O 1738638840.000000
1738638847.118206 c1 k0s[812]: one
                               more
1738638848.000000 c1 systemd-journald[3]: Suppressed 2813 messages from k0scontroller.service
F 1895 1738638847.111206 1738638847.999000 {FLOOD}
E 1897 0 {CURSOR}
"""


def test_an_answer_is_read_completely() -> None:
    """Lines, counts, cursor, clock, zone, version and journald's own losses."""
    batch = read_journal(reply(ANSWER), Ask(CURSOR))

    assert batch.records[0].text == "one\nmore"
    assert batch.held == (HeldBack(1895, 1738638847111206, 1738638847999000, FLOOD),)
    assert (batch.read, batch.cursor, batch.full, batch.suppressed) == (1897, CURSOR, False, 2813)
    assert (batch.clock, batch.zone, batch.systemd) == (1738638850118206, timedelta(hours=1, minutes=30), 252)
    assert batch.oldest == 1738638840000000
    assert batch.boot == "35f00801"
    assert batch.last_time == 0x660DD97423F19


def test_nothing_new_keeps_the_cursor() -> None:
    """Where the host prints no cursor the old one stays in force."""
    assert read_journal(reply("E 0 1 \n"), Ask(CURSOR)).cursor == CURSOR
    assert read_journal(reply("E 20000 0 s=1\n"), Ask(CURSOR)).full


def test_without_awk_it_goes_on_and_says_so() -> None:
    """Then every line is sent, fewer at a time."""
    text = "N no awk\n1738638847.118206 c1 k0s[812]: one\n-- cursor: s=1;i=2\nR 0\n"
    batch = read_journal(reply(text), Ask(CURSOR))

    assert (batch.read, batch.cursor, len(batch.records)) == (1, "s=1;i=2", 1)
    assert batch.notes == ("no awk on the host: nothing is folded there",)


@pytest.mark.parametrize(
    ("stdout", "stderr", "status", "error"),
    [
        ("H 1\n", "", 0, ProbeFailed),
        ("E 0 1 \n", "Failed to open files: Bad message", 0, ProbeFailed),
        ("E 0 1 \n", "No journal files were opened due to insufficient permissions.", 0, NotPermitted),
        ("E 0 127 \n", "nice: journalctl: not found", 0, ToolMissing),
        ("", "sh: not found", 127, ToolMissing),
        ("E 0 124 \n", "", 0, ProbeFailed),
    ],
)
def test_what_cannot_be_used_is_an_error(stdout: str, stderr: str, status: int, error: type[Exception]) -> None:
    """No end, no right, no tool, no time: never an empty batch that looks quiet."""
    with pytest.raises(error):
        read_journal(reply(stdout, stderr, status), Ask(CURSOR))


@given(st.binary(max_size=300))
def test_any_answer_is_a_batch_or_a_probe_failure(data: bytes) -> None:
    """A host can send what it likes."""
    for ending in (b"", b"\nE 1 0 s=1\n"):
        try:
            read_journal(reply(data + ending), Ask())
        except ProbeFailed:
            assert not ending or b"\n" in data or data


def test_the_command_asks_by_unit_and_cursor() -> None:
    """By unit always; by cursor once there is one; and from systemd 255 on with the sign that says which end."""
    first, then, new = (journal_command(ask) for ask in (Ask(), Ask("s=1", systemd=252), Ask("s=1", systemd=255)))

    assert first.sudo
    assert first.argv[4:6] == ("", "1000")
    assert then.argv[4:6] == ("--after-cursor=s=1", "20000")
    assert journal_command(Ask("s=1", reaching=True)).argv[4] == "--cursor=s=1"
    assert new.argv[5] == "+20000"
    assert "-uk0scontroller -uk0sworker" in first.argv
    hot = journal_command(Ask("s=1", hot=(Hot("key", "lit", 1),)))
    assert hot.argv[7] == "1\tkey\tlit"


def test_what_is_sent_is_small() -> None:
    """The program goes with each request, so its size is the link's load at rest."""
    assert len(program()) < 3_500
    assert not re.search(r"^\s*#", program(), re.MULTILINE)


def test_cursors_and_times_are_read_or_empty() -> None:
    """A cursor of another form says nothing; busybox' date without fractions is the middle of its second."""
    assert cursor_part("nonsense", "b") == ""
    assert cursor_time("t=zz") == 0
    assert seconds("1738638847.%N") == 1738638847500000
    assert seconds("x") is None


def test_a_template_becomes_hot_by_its_rate_and_cools_down() -> None:
    """Twenty lines a second make a flood; when the host counts fewer than half of that, lines pass again."""
    squelch = Squelch()
    squelch.saw(FLOOD, no_agent(), 0.0)
    held = HeldBack(1_900, START, START + 1_000_000, FLOOD)
    squelch.learn((held,), 1.0, 1.0)
    (hot,) = squelch.hot(2.0)

    assert hot == Hot(FLOOD, literal(FLOOD, no_agent()), 0)
    assert squelch.hot(12.0)[0].samples == 1
    squelch.learn((HeldBack(5, START, START, FLOOD),), 1.0, 3.0)
    assert squelch.hot(3.0) == ()


@pytest.mark.parametrize("text", ['"x" err="dial tcp 10.0.0.1"', '"x 7" err="No agent"', "no error", '"x" err=<'])
def test_no_literal_where_lines_differ(text: str) -> None:
    """A literal must be in every line of its key and in no other: numbers and missing errors forbid one."""
    templates = Templates()
    line = klog(text)
    key = templates[HeadReader(templates).head("k0s[1]", line)[2]].key

    found = literal(key, line)
    assert found == "" or (found in line and text == '"x" err=<')
