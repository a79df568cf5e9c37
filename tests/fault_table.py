"""Which fault is shown by which test, and how that test ended: the table in FAULTS.md.

A test carries `@pytest.mark.fault("F01")`. `python -m tests.fault_table REPORT.xml …` collects those tests, reads
their results from JUnit reports of the last runs, and writes the table; a row without a test says so. The same reports
give the same table, byte for byte.
"""

# ruff: noqa: E501 -- a row is a line

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest

TABLE = Path(__file__).parents[1] / "FAULTS.md"

MATRIX = """
F01 | L3 | viewer SIGKILL in S4 | host active, PAUSED(viewer-lost), resume → DONE; I5
F02 | L3 | viewer SIGHUP, pty closed | as F01
F03 | L3 | executor SIGKILL after each journal record × host | resume converges; I1 I5 I8
F04 | L3 | SSH client killed 0.1/1/3 s after the request | one new InvocationID; I5
F05 | L3 | partition in stop phase, heal after 5/60/600 s | observed after heal; others untouched
F06 | L3 | replies lost only | unknown → poll; no second request
F07 | L2 | 30 % loss, 500 ms, reorder | completes or PAUSED; no false VERIFIED
F08 | L3 | reboot between INTENT and accept | guard 10; boot id path
F09 | L3 | reboot in S4 | verified after boot
F10 | L3 | power off for good in S4 | SX; next host refused; I2
F11 | L3 | executor's state dir deleted | second machine adopts; I8 I9
F12 | L3 | two operators start the same plan | one LOCKED, other viewer; I1
F13 | L3 | 20 race for the lock | one wins
F14 | L0 L3 | A frozen after gating, B adopts, A goes on | guard 12; I9
F15 | L0 L1 | A's request delayed past B's adoption | guard 12 or 16; I1
F16 | L3 | adoption with a controller unreachable, n = 3, 5 | adopts; no controller act until it answers
F17 | L3 | lock line garbage | UNKNOWN ⇒ blocked, shown escaped; adoption repairs
F18 | L3 | lock on read-only filesystem | LOCKING fails, nothing touched
F19 | L3 | host clock ±1 h, 1970 | C-05; lock and ages unaffected
F20 | L2 | operator's clock jumps ±1 h | limits unaffected
F21 | L3 | ENOSPC in `/etc` at commit | live bytes unchanged; I6
F22 | L3 | ENOSPC, EIO, SIGKILL at each syscall of the replace | old or new, never torn
F23 | L3 | journal disk full | no acts
F24 | L3 | journal fsync EIO | no acts; loud
F25 | L0 | torn last line / byte flipped earlier | dropped / no automatic resume
F26 | L2 | config edited between plan and apply | guard 14; all three shown
F27 | L2 | … between commit and restart | R-02; PAUSED
F28 | L2 | … during rollback | not overwritten
F29 | L2 | config is symlink, hard link, bind mount, 0640 root:k0s, labelled, CRLF, BOM, tabs, anchors, multi-document, duplicate keys | kept or refused with reason; I6
F30 | L2 | `config validate` fails, hangs, absent | R-03
F31 | L3 | unit does not start | SX; help c
F32 | L3 | unit flaps every 8 s | never VERIFIED
F33 | L3 | active, API never ready | SX; next refused
F34 | L3 | stop hangs to SIGKILL | observed; noted
F35 | L3 | orphan etcd left | R-07; no further step
F36 | L3 | unit disabled | C-03
F37 | L3 | daemon-reload pending | C-03
F38 | L3 | foreign job queued | C-03; guard 13
F39 | L3 | learner present | E-01
F40 | L3 | never-started 4th voter | E-05
F41 | L3 | one member stopped | E-05 for the others
F42 | L3 | member dies between gate and guard | guard 15
F43 | L3 | NOSPACE alarm | E-03
F44 | L1 | etcd JSON: ids >2^53, fields absent, huge lag | exact or UNKNOWN
F45 | L1 | `spec.leave: true` | E-06
F46 | L1 | another host answers on the address | guard 11; I3
F47 | L2 | host key changed | hard stop
F48 | L2 | MaxStartups drops connects | capped, jitter; not "down" before 3 tries
F49 | L1 | sudo asks, requiretty, denied | C-04 before the lock; no hang
F50 | L1 | banner, `.bashrc` noise on stdout | framed by random markers; parsed or UNKNOWN
F51 | L1 | 1 GB, endless, no newline, bad UTF-8, NUL | bounded, marked cut, no crash
F52 | L1 | command hangs, channel open | limit; UNKNOWN
F53 | L1 | exit 0 then death / no exit status | UNKNOWN
F54 | L2 | 7443 taken on one worker | N-06
F55 | L1 | image missing on one worker, air-gapped | N-09
F56 | L2 | a worker cannot reach controller 3 | N-07
F57 | L1 | externalAddress on one controller only | N-02, static and dynamic
F58 | L1 | mixed static/dynamic | N-03, D-01
F59 | L1 | resourceVersion moved | 409/422 → re-plan
F60 | L1 | FailedReconciling from one; old success present | reverted; not fooled
F61 | L1 | GitOps reverts the CR after 30 s | PAUSED; EXPOSED evaluated anew
F62 | L2 | executor killed in EXPOSED | resume opens on the banner; forward or back
F63 | L2 | canary fails | stop; rollback offered; others untouched
F64 | L1 | leader lease moves | leader still last; early flip handled
F65 | L1 | node cordoned before | stays so; I10
F66 | L1 | someone cordons during a step | untouched; C-07 reports
F67 | later | PDB blocks drain | with drain
F68 | later | operator dies with a node cordoned by us | with drain
F69 | L1 | autopilot, kured, k0sctl lock appears | PAUSED(other-actor)
F70 | L1 | v1.35.1 worker, bad token file | R-04
F71 | L1 | disk binary newer | R-01
F72 | L1 | log line with OSC 52/8/0, CSI, DCS, C1, bidi, 10k combining marks, markup, fake prompt | inert; I12
F73 | L1 | hostile host, node, annotation, unit names | inert in widgets, title, clipboard, file names
F74 | L1 | secrets in args, kine DSN, helm password, journal, split over chunks and ANSI | I13
F75 | L0 | Enter repeat, paste, EOF into the question | No
F76 | L2 | resize, slow terminal, 1 frame/s | executor unaffected
F77 | L2 | viewer frozen 10 min | state re-read; ages shown; no old green
F78 | L3 | executor killed for memory | as F03
F79 | L3 | laptop suspended 10 min | limits passed ⇒ gates again, no act
F80 | L2 | controllers added or removed mid-way | plan stale ⇒ PAUSED
"""
"""Row | tier | fault | expected: design safety.md, section 11, word for word."""

HEAD = """# Faults

What must not break k0stui, and the test that shows that it does not. Generated by `make fault-table` from the reports
of the last test runs: do not edit. L0 pure model, L1 a scripted SSH server, L2 a real sshd, L3 real systemd hosts
(`tests/lab`). The rows are those of the design's fault matrix; *expected* names its gates (C-03 …) and invariants
(I5 …). *not run*: the reports at hand do not have that test.

| row | tier | fault | expected | test | result |
|---|---|---|---|---|---|
"""


@dataclass
class Marked:
    """A pytest plugin: the tests of a collection that carry the marker, by row."""

    tests: dict[str, list[str]] = field(default_factory=dict)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for marker in item.iter_markers("fault"):
                self.tests.setdefault(str(marker.args[0]), []).append(item.nodeid)


def collected(where: Iterable[str] = ("tests",)) -> dict[str, list[str]]:
    """Row to the tests that show it; what pytest says meanwhile is kept quiet, unless it fails."""
    marked, said = Marked(), io.StringIO()
    with contextlib.redirect_stdout(said):
        status = pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", *where], plugins=[marked])
    if status:
        raise SystemExit(said.getvalue())
    return marked.tests


def results(reports: Iterable[Path]) -> dict[str, str]:
    """Test to its result; of two reports the later one in the list counts."""
    found: dict[str, str] = {}
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            found[f"{case.get('classname')}.{case.get('name')}"] = result(case)
    return found


def result(case: ElementTree.Element) -> str:
    kinds = {child.tag for child in case}
    if kinds & {"failure", "error"}:
        return "failed"
    return "skipped" if "skipped" in kinds else "passed"


def key(nodeid: str) -> str:
    """A test as JUnit names it: `tests/lab/test_repair.py::test_x[a]` is `tests.lab.test_repair.test_x[a]`."""
    path, _, name = nodeid.partition("::")
    return f"{path.removesuffix('.py').replace('/', '.')}.{name.replace('::', '.')}"


def table(tests: Mapping[str, list[str]], ended: Mapping[str, str]) -> str:
    """The whole document."""
    known = [each.split(" | ") for each in MATRIX.strip().splitlines()]
    if strangers := set(tests) - {row for row, *_ in known}:
        raise SystemExit(f"no such row: {', '.join(sorted(strangers))}")
    return HEAD + "".join(
        line(row, tier, fault, expected, tests.get(row, ()), ended) for row, tier, fault, expected in known
    )


def line(row: str, tier: str, fault: str, expected: str, tests: Iterable[str], ended: Mapping[str, str]) -> str:
    """One row; a test with parameters is named once, with its worst result."""
    worst: dict[str, str] = {}
    for test in tests:
        name, now = test.partition("[")[0], ended.get(key(test), "not run")
        worst[name] = max(worst.get(name, now), now, key=WORSE.index)
    names = "<br>".join(f"`{name.removeprefix('tests/')}`" for name in worst)
    said = "<br>".join(worst.values())
    return f"| {row} | {tier} | {fault} | {expected} | {names or '-'} | {said or 'not tested'} |\n"


WORSE = ("passed", "skipped", "not run", "failed")


if __name__ == "__main__":
    TABLE.write_text(table(collected(), results(map(Path, sys.argv[1:]))), encoding="utf-8")
