"""`k0stui logs` on the simulated incident: what it prints, and what its exit status promises."""

from __future__ import annotations

import argparse
import json

import pytest

from k0stui.commands.arguments import parser_for
from k0stui.commands.logs import filter_of, span_of
from k0stui.commands.logs import run as run_logs
from k0stui.engine.observe import Connector
from k0stui.errors import Unreachable, UsageError
from k0stui.inventory import InventoryHost
from k0stui.logs.terms import Filter
from k0stui.ports import KubeApi, Shell
from tests.commands.conftest import Run
from tests.fakes import START, FakeShell

GONE = Unreachable("k0s-worker-1: no answer within 10 s")


def arguments_of(
    *words: str, since: str = "", until: str = "", only: tuple[str, ...] = (), replay: str = ""
) -> argparse.Namespace:
    """What the command line has made of `k0stui logs …`."""
    return argparse.Namespace(filter=list(words), since=since, until=until, only=only, replay=replay)


def the_filter(*words: str, until: str = "", only: tuple[str, ...] = ()) -> Filter:
    return filter_of(arguments_of(*words, until=until, only=only))


def test_errors_of_all_hosts_in_order_of_time(run: Run) -> None:
    """Lines of several hosts come oldest first, repeats as one line with their count, and the status is 0."""
    ran = run("logs", "level>=E", "--demo", "incident")
    lines = ran.out.splitlines()
    times = [line.split()[0] for line in lines]

    assert ran.status == 0
    assert {line.split()[1] for line in lines} >= {"k0s-master-2", "k0s-master-3"}
    assert all(line.split()[2] == "E" for line in lines)
    assert any("Failed to get a backend" in line and "[folded " in line for line in lines)
    assert times[0] < times[-1]


def test_a_range_has_every_line_counted(run: Run) -> None:
    """Of ten seconds of flood, 142 failed dials a second on one server, none is missing: printed and counted lines
    together are all that the host wrote."""
    ran = run(
        "logs", 'comp:konnectivity "No agent available"', "--since", "15s", "--until", "5s",
        "--json", "--only", "k0s-master-2", "--demo", "incident",
    )  # fmt: skip
    rows = [json.loads(line) for line in ran.out.splitlines()]

    assert {row["host"] for row in rows} == {"k0s-master-2"}
    assert 1350 <= sum(row.get("count", 1) for row in rows) <= 1500


def test_no_line_passes(run: Run) -> None:
    """Nothing found is status 1, and says of how many lines none passed."""
    ran = run("logs", "there-is-no-such-word", "--demo", "incident")

    assert (ran.status, ran.out) == (1, "")
    assert "0 of " in ran.err
    assert "lines pass this filter" in ran.err


class OneMute:
    """The fleet, of which one worker does not answer."""

    def __init__(self, inner: Connector) -> None:
        self._inner = inner

    def shell(self, host: InventoryHost) -> Shell:
        return FakeShell(host.name, default=GONE) if host.name == "k0s-worker-1" else self._inner.shell(host)

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        return self._inner.api(host, shell)


def test_a_host_that_cannot_be_read(run: Run) -> None:
    """The others' lines are printed, the host is named on stderr, and the status is 2: silence is not emptiness."""
    ran = run("logs", "level>=E", "--demo", "incident", disguise=OneMute)

    assert ran.status == 2
    assert "k0s-master-2" in ran.out
    assert "k0s-worker-1: no answer within 10 s" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("level>=X",), "no level 'X'"),
        (("--since", "soon"), "'soon' is no time"),
        (("--only", "nobody"), "no host is called so; there are k0s-master-1"),
        (("--follow", "--until", "5m"), "--follow has no end"),
    ],
)
def test_bad_input(run: Run, arguments: tuple[str, ...], said: str) -> None:
    """One sentence, status 2, and no line."""
    ran = run("logs", *arguments, "--demo", "incident")

    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err


def test_words_that_the_shell_took_apart() -> None:
    """Several arguments are one filter; one with a blank that is no field is text in quotes, as it was typed."""
    assert the_filter("level>=W", "No agent", "comp:etcd").text == 'level>=W "No agent" comp:etcd'
    assert the_filter('level>=W "No agent"').text == 'level>=W "No agent"'


def test_a_preset_by_its_name() -> None:
    """One word that names a preset is the preset."""
    assert the_filter("konn").text == "comp:konnectivity,konnectivity-agent"


def test_only_is_a_host_term() -> None:
    """--only narrows the filter, so that what is printed and what is asked agree."""
    assert the_filter(only=("a", "b")).text == "host:a,b"


def test_a_time_ago_is_no_option() -> None:
    """`--since -5m` is typed as it is said; it needs no equals sign."""
    words = ["logs", "level>=W", "--since", "-5m", "--until", "-30s"]
    found = parser_for(words).parse_args(words)

    assert (found.filter, found.since, found.until) == (["level>=W"], "-5m", "-30s")


def test_an_end_without_a_beginning() -> None:
    """A range with an end alone begins an hour before it."""
    span = span_of(the_filter(until="20m"), START)

    assert span is not None
    assert span.until is not None
    assert (span.until - span.since).total_seconds() == 3600
    assert span_of(the_filter("level>=W"), START) is None


def test_a_recording_has_no_logs() -> None:
    """What cannot be had is said, not answered with nothing."""
    with pytest.raises(UsageError, match="a recording holds no stream of logs"):
        run_logs(arguments_of(replay="somewhere"))
