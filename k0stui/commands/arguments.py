"""What may be typed after `k0stui`: the verbs and their options."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from typing import NoReturn

from k0stui import __version__
from k0stui.errors import UsageError

VERBS: dict[str, str] = {
    "tui": "the screens (also without a verb)",
    "demo": "the screens on the built-in simulated fleet; without a terminal: its diagnosis",
    "check": "what is wrong, as text or JSON; exit 0 nothing found, 1 findings, 2 could not look well enough",
    "matrix": "which agent is connected to which controller",
    "logs": "the journals of all hosts, filtered and in order; exit 0 lines shown, 1 none, 2 a log was not read",
    "plan": "what a repair would do, step by step; changes nothing",
    "run": "carry out a plan, without a screen",
    "verify": "prove that the tunnel is whole: every server has every agent, for 120 s",
    "operations": "plans that were or are being carried out",
    "pause": "begin nothing new; the host in flight is finished first",
    "resume": "go on with an operation that waits",
    "adopt": "take over an operation that another machine began",
    "close": "end an operation that will not go on",
    "clean": "remove what k0stui left on the hosts",
    "record": "keep every answer of a look in a folder",
    "replay": "look at a recording",
    "doctor": "what works and what does not: this terminal, this machine, each host",
    "explain": "what a finding means and what to do",
}

EPILOG = "Hosts come from --inventory k0sctl.yaml, from --host (the rest is found by asking), or from this controller."


class _Parser(argparse.ArgumentParser):
    """argparse, but what it refuses is one sentence, and harmless whatever was typed."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help.")


def parser_for(given: Sequence[str]) -> _Parser:
    """For these arguments: making the options of seventeen verbs costs more than all the rest of a short answer."""
    common = _common()
    parser = _Parser(
        prog="k0stui",
        description="See what is wrong with a k0s cluster, repair it step by step, and prove that it is cured.",
        epilog=EPILOG,
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"k0stui {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    for verb, help_text in VERBS.items():
        parents = [_common()] if verb in given else []
        added = verbs.add_parser(verb, help=help_text, description=help_text, epilog=EPILOG, parents=parents)
        if verb in given:
            OPTIONS.get(verb, _nothing)(added)
    return parser


def _common() -> _Parser:
    """Options of every verb; they may stand before or after it."""
    options = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    where = options.add_argument_group("where")
    where.add_argument("--inventory", metavar="FILE", help="the cluster's k0sctl.yaml")
    where.add_argument("--host", metavar="[USER@]ADDRESS", action="append", help="a controller; may be repeated")
    where.add_argument("--demo", metavar="SCENARIO", help="a simulated fleet of its own, e.g. incident")
    where.add_argument("--replay", metavar="DIR", help="a recording made by `k0stui record DIR`")
    where.add_argument("--kubeconfig", metavar="FILE", help="instead of each controller's own admin kubeconfig")
    where.add_argument("--ssh-config", metavar="FILE", help="instead of ~/.ssh/config")
    where.add_argument("--known-hosts", metavar="FILE", help="instead of ~/.ssh/known_hosts")
    look = options.add_argument_group("look")
    look.add_argument("--ascii", action="store_true", help="no character beyond ASCII")
    look.add_argument("--no-color", action="store_true", help="no colour (as with NO_COLOR)")
    look.add_argument("--theme", metavar="NAME", help="one of themes/, or of ~/.config/k0stui/themes")
    look.add_argument("--speed", metavar="X", type=float, help="how fast a simulated fleet lives (1)")
    return options


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs; the schema: --schema")
    parser.add_argument("--schema", action="store_true", help="print the JSON schema and leave")
    parser.add_argument("--watch", action="store_true", help="look again and again, print what changes")
    parser.add_argument("--once", action="store_true", help="one look only, at the price of what only two can tell")


def _matrix(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenario", default="incident", metavar="S", help="incident (default), healthy, nllb-half, …")
    parser.add_argument("--serve", metavar="DIR", help="only the fleet, in the foreground; writes DIR/inventory.yaml")
    parser.add_argument("--list", action="store_true", help="the scenarios")


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR")


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="ID", nargs="?", help="a finding's id; without it, all ids")


def _logs(parser: argparse.ArgumentParser) -> None:
    # argparse takes what looks like a negative number for a value and not for an option: so must `--since -20m`.
    parser._negative_number_matcher = re.compile(r"-\d")
    parser.add_argument("filter", nargs="*", metavar="FILTER", help='e.g. level>=W comp:konnectivity "No agent"')
    parser.add_argument("--since", metavar="WHEN", help="-15m, 02:51, an ISO time")
    parser.add_argument("--until", metavar="WHEN", help="as --since")
    parser.add_argument("--follow", action="store_true", help="go on until interrupted")
    parser.add_argument("--only", metavar="HOST", action="append", help="only these hosts of the cluster")
    parser.add_argument("--json", action="store_true", help="one object per line")


def _plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", choices=("nllb", "restart-controllers", "restart-workers", "restart-agents"))
    parser.add_argument("--json", action="store_true", help="the plan as it is hashed and run")
    parser.add_argument("--only", metavar="HOST", action="append", help="only these hosts")
    parser.add_argument("--batch", metavar="N", type=int, help="workers at once, after the first one alone")


def _run(parser: argparse.ArgumentParser) -> None:
    _plan(parser)
    parser.add_argument("--confirm", metavar="NAME", help="the cluster's name, typed out")


def _operation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("operation", metavar="OP", nargs="?", help="an operation's id; the newest without it")
    parser.add_argument("--confirm", metavar="NAME", help="the cluster's name, typed out")


def _pause(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("operation", metavar="OP", nargs="?", help="an operation's id; the only unfinished one without")
    parser.add_argument("--end", action="store_true", help="its process ends then, and the operation stays open")


def _resume(parser: argparse.ArgumentParser) -> None:
    _operation(parser)
    parser.add_argument("--again", metavar="STEP", help="restart the host of a failed step once more")
    parser.add_argument("--roll-back", action="store_true", help="take back what was begun, newest first")
    # Of the executor's own process, which `run` and `resume` start: never typed.
    parser.add_argument("--executor", nargs="?", const="ends", choices=("ends", "waits"), help=argparse.SUPPRESS)
    parser.add_argument("--word", action="append", help=argparse.SUPPRESS)


def _operations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("operation", metavar="OP", nargs="?", help="show one, with its journal")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--markdown", action="store_true", help="one operation, for the incident report")


def _verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--markdown", action="store_true", help="for the incident report")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long it must hold (120)")


def _clean(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--confirm", metavar="NAME", help="the cluster's name, typed out")


def _nothing(parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "check": _check,
    "matrix": _matrix,
    "demo": _demo,
    "record": _folder,
    "replay": _folder,
    "explain": _explain,
    "logs": _logs,
    "plan": _plan,
    "run": _run,
    "pause": _pause,
    "resume": _resume,
    "adopt": _operation,
    "close": _operation,
    "operations": _operations,
    "verify": _verify,
    "clean": _clean,
}
