"""`k0stui check` beside what it finds: when it prints, what it promises to programs, how it reads."""

from __future__ import annotations

import asyncio
import json

import pytest

from k0stui.commands.check import exit_status
from k0stui.demo.shell import DemoConnector
from k0stui.engine.observe import Connector
from k0stui.model.finding import Diagnosis, Finding, Inconclusive, Severity
from k0stui.present.check_json import JSON_SCHEMA
from k0stui.present.report import wrapped
from k0stui.rules import RULES
from k0stui.rules.pages import page
from tests.builders import NOW, a_cluster
from tests.commands.conftest import Run
from tests.commands.schema import faults


def watched(connector: Connector) -> Connector:
    """Twenty seconds in, a worker loses its power; after a minute somebody presses Ctrl-C."""
    assert isinstance(connector, DemoConnector)
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    loop.call_later(20, lambda: connector.pace.catch_up().worker("k0s-worker-4").power_off())
    loop.call_later(60, task.cancel)
    return connector


def test_watch_prints_on_change_only(run: Run) -> None:
    """A healthy cluster is said once, then what changes; the exit status is that of the end."""
    ran = run("check", "--watch", "--demo", "healthy", disguise=watched)

    heads = [line for line in ran.out.splitlines() if line[:2] in ("+ ", "! ", "X ", "? ") and "could not" not in line]
    assert heads[0].startswith("+ ok    0 problems")
    assert heads[1].startswith("! WARN  k0s-worker-4 cannot be reached by SSH")
    assert len(heads) <= 4, "sixty looks, of which the cluster changed in two or three"
    assert sum(line.startswith("at 2025-02-04 ") for line in ran.out.splitlines()) == len(heads)
    assert ran.status in (1, 2)


def test_watch_for_programs_is_a_document_per_line(run: Run) -> None:
    """Each change is one JSON document on one line, as the schema says."""
    ran = run("check", "--watch", "--json", "--demo", "healthy", disguise=watched)

    documents = [json.loads(line) for line in ran.out.splitlines()]
    assert documents[0]["findings"] == []
    assert documents[1]["findings"][0]["id"] == "host-unreachable"
    assert [fault for found in documents for fault in faults(found, JSON_SCHEMA)] == []


def test_the_schema_is_printed(run: Run) -> None:
    """`check --schema` is the promise itself, and needs no cluster."""
    ran = run("check", "--schema")

    assert ran.status == 0
    assert json.loads(ran.out) == json.loads(json.dumps(JSON_SCHEMA))


def test_the_schema_has_what_was_promised() -> None:
    """Fields that programs rely on; they may be joined by others, and never go."""
    finding = JSON_SCHEMA["properties"]["findings"]["items"]["properties"]
    cell = JSON_SCHEMA["properties"]["matrix"]["properties"]["cells"]["items"]["properties"]

    assert {"schema", "cluster", "taken_at", "hosts", "matrix", "findings", "inconclusive"} <= set(
        JSON_SCHEMA["required"]
    )
    assert {"agent", "controller", "state", "server_side", "agent_side", "age_s"} <= set(cell)
    assert {"id", "severity", "sentence", "subjects", "since", "evidence", "explained_by", "remedy", "page"} <= set(
        finding
    )


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_every_finding_is_explained(rule: str, run: Run) -> None:
    """`explain ID` prints the page of each finding that there is, and `explain` lists it."""
    assert run("explain", rule).out == page(rule)
    assert rule in run("explain").out.splitlines()


LOST = Finding("host-unreachable", Severity.WARNING, "w1 cannot be reached")
FULL = Finding("disk-low", Severity.WARNING, "w1 is full")
UNSURE = Inconclusive("disk-low", "w1: disks: no answer")


@pytest.mark.parametrize(
    ("findings", "inconclusive", "status"),
    [
        ((), (), 0),
        ((FULL,), (), 1),
        ((FULL,), (UNSURE,), 1),
        ((FULL, LOST), (), 1),
        ((), (UNSURE,), 2),
        ((LOST,), (), 2),
    ],
)
def test_the_exit_status_is_a_promise(
    findings: tuple[Finding, ...], inconclusive: tuple[Inconclusive, ...], status: int
) -> None:
    """0 nothing found, 1 findings, 2 could not look well enough to say: a host that is not seen is no health."""
    assert exit_status(a_cluster(), Diagnosis(NOW, findings, inconclusive, 35)) == status


def test_nobody_reached_is_not_health() -> None:
    """No findings on a cluster of which no host answered: nothing can be said."""
    nobody = a_cluster()
    for host in nobody.hosts:
        nobody = nobody.unreachable(host.name)

    assert exit_status(nobody, Diagnosis(NOW, (), (), 35)) == 2


def test_matrix_for_programs(run: Run) -> None:
    """`matrix --json` is the matrix of `check --json`, and exits 1 while links are missing."""
    ran = run("matrix", "--json", "--demo", "incident")

    assert list(faults(json.loads(ran.out), JSON_SCHEMA["properties"]["matrix"])) == []
    assert (json.loads(ran.out)["up"], ran.status) == (4, 1)
    assert run("matrix", "--demo", "healthy").status == 0


def test_matrix_for_people(run: Run) -> None:
    """Agents down, controllers across, the servers' own counts on top."""
    lines = run("matrix", "--demo", "incident").out.splitlines()

    assert lines[0] == "links 4/12"
    assert lines[2].split() == ["server", "says", "4/4", "0/4", "0/4"]
    assert lines[3].startswith("k0s-worker-1  + up")


LONG = "  ruled out  firewall (8132 is open from every worker that was asked), equal server ids, low server count"


def test_long_lines_hang_under_their_text() -> None:
    """On a terminal a sentence goes on under itself, not under its label, and no word is broken."""
    assert wrapped(LONG, 60) == [
        "  ruled out  firewall (8132 is open from every worker that",
        "             was asked), equal server ids, low server count",
    ]
    assert wrapped("CRIT some-rule: " + "word " * 20, 40)[1].startswith("  word")
    assert wrapped("? 9 rules could not judge w1: " + "word " * 20, 40)[1].startswith("  word")
    assert wrapped("X CRIT  " + "word " * 20, 40)[1].startswith("        word")
    assert wrapped("short", 40) == ["short"]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_report_fits_its_terminal(width: int, run: Run) -> None:
    """No line of any report is wider than the terminal, but a word that is."""
    for line in run("check", "--demo", "held").out.splitlines():
        for part in wrapped(line, width):
            assert len(part) <= width or " " not in part.strip()


def test_pipes_get_whole_lines(run: Run) -> None:
    """What goes to a program or a file is never wrapped: one finding is one line."""
    assert any(len(line) > 120 for line in run("check", "--demo", "incident").out.splitlines())


def test_a_hundred_hosts_that_say_the_same_are_one_line(run: Run) -> None:
    """Evidence that is alike is told once for all: the report of a hundred workers is no longer than that of four."""
    few, many = (run("check", "--demo", scenario).out.splitlines() for scenario in ("incident", "many"))

    assert len(many) == len(few)
    assert any("k0s-worker-1..100 agent_metrics: open 1, known 3" in line for line in many)


def test_a_silent_host_is_one_line(run: Run) -> None:
    """Five rules that wanted one lost host are one line with its reason."""
    lines = [line for line in run("check", "--demo", "host-lost").out.splitlines() if line.startswith("? ")]

    assert lines == ["? 5 rules could not judge k0s-worker-4: no answer within 10 s; is the host up?"]


def test_demo_without_a_terminal_prints_and_leaves(run: Run) -> None:
    """`k0stui demo` in a pipe is the diagnosis as text, and success: it is a demonstration, not an alarm."""
    ran = run("demo")

    assert "CRIT agents-single-target" in ran.out
    assert ran.status == 0


def test_demo_lists_its_scenarios(run: Run) -> None:
    """`demo --list` names what `--scenario` takes."""
    assert {"incident", "healthy", "many"} <= set(run("demo", "--list").out.split())


def test_doctor_names_what_mends(run: Run) -> None:
    """Each host with its way in, rights and tools; what works is said as well."""
    ran = run("doctor", "--demo", "healthy")

    assert "+ k0s-master-1           ssh" in ran.out
    assert "+ k0s-worker-4 sudo" in ran.out
