"""python -m tests.lab: the lab by hand. See README.md beside this file."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import TypeAlias

from tests.lab import access, boot, lab, network, place, prepare, view
from tests.lab.faults import FAULTS
from tests.lab.fill import Knobs
from tests.lab.hosts import HOSTS, host

Parser = argparse.ArgumentParser
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main() -> None:
    arguments = _parser().parse_args()
    if arguments.command != "prepare" and (reason := prepare.why_not()):
        raise SystemExit(f"the lab cannot run here: {reason}")
    arguments.run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _command(commands, "prepare", "install by apt what the lab needs", lambda _: prepare.prepare())
    up = _command(commands, "up", "boot the hosts", _up)
    up.add_argument("--version", default=Knobs().version, help="of k0s: v1.32.1+k0s.0 or v1.36.3+k0s.2")
    up.add_argument(
        "--flood", type=int, default=Knobs().flood, help="log lines per second of a controller without agents"
    )
    up.add_argument("--nllb", action="store_true", help="start healthy, with node-local load balancing")
    up.add_argument("--dynamic", action="store_true", help="controllers with --enable-dynamic-config")
    up.add_argument("--no-wait", action="store_true", help="do not wait until k0s has come to rest")
    _command(commands, "down", "remove everything but the base image", lambda _: lab.down())
    _command(commands, "status", "which hosts run, what k0s does there", _status)
    shell = _command(commands, "shell", "a shell, or a command, on a host", _shell)
    shell.add_argument("host")
    shell.add_argument("--user", default=access.USER, help="root: without ssh")
    shell.add_argument("rest", nargs=argparse.REMAINDER)
    fault = _command(commands, "fault", "make a fault, or take it back; without a name: the list", _fault)
    fault.add_argument("--undo", action="store_true")
    fault.add_argument("name", nargs="?")
    fault.add_argument("rest", nargs="*", metavar="HOST …")
    inside = _command(commands, "inside", "run a command of this machine within the lab's network", _inside)
    inside.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def _command(commands: Commands, name: str, text: str, run: Callable[[argparse.Namespace], None]) -> Parser:
    parser = commands.add_parser(name, help=text)
    parser.set_defaults(run=run)
    return parser


def _up(arguments: argparse.Namespace) -> None:
    begin = time.monotonic()
    knobs = Knobs(arguments.version, arguments.flood, arguments.nllb, arguments.dynamic)
    lab.up(knobs)
    print(f"{len(HOSTS)} hosts answer after {time.monotonic() - begin:.1f} s", flush=True)
    if not arguments.no_wait:
        lab.wait_settled(knobs)
        print(f"k0s is {'whole' if knobs.nllb else 'in the incident'} after {time.monotonic() - begin:.1f} s")
    print(f"ip netns exec {place.NAMESPACE} env HOME={place.HOME} k0stui --inventory {access.INVENTORY}")
    print("python -m tests.lab shell m1")


def _status(_: argparse.Namespace) -> None:
    for each in HOSTS:
        print(f"{each.name:14} {each.address:12} {view.host_line(each) if boot.running(each) else 'off'}")


def _shell(arguments: argparse.Namespace) -> None:
    target = host(arguments.host)
    if arguments.user == "root":
        command = boot.enter_host(target, *(arguments.rest or ("bash", "-l")))
    else:
        command = network.enter_command(*access.ssh_command(target, *arguments.rest, user=arguments.user))
    os.execvp(command[0], command)


def _fault(arguments: argparse.Namespace) -> None:
    if arguments.name is None:
        for each in FAULTS.values():
            print(f"{each.name + ' HOST ' + each.words:44} {each.help}")
        return
    if arguments.name not in FAULTS or not arguments.rest:
        raise SystemExit(f"{arguments.name}: no such fault, or no host named; `fault` alone lists them")
    fault = FAULTS[arguments.name]
    name, *words = arguments.rest
    (fault.undo if arguments.undo else fault.do)(host(name), *words)


def _inside(arguments: argparse.Namespace) -> None:
    command = network.enter_command(*arguments.rest)
    os.environ["HOME"] = str(place.HOME)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
