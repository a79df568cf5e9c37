"""What commands do beyond moving a cursor: each is one function of the app, found by the name in the command list."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from k0stui.errors import UsageError
from k0stui.present.cells import plain
from k0stui.present.harmless import harmless
from k0stui.ui.clipboard import copy
from k0stui.ui.prompt import Prompt, Question
from k0stui.ui.settling import settle
from k0stui.ui.typed import complete_command, parsed

if TYPE_CHECKING:
    from k0stui.ui.app import K0stuiApp


async def go(app: K0stuiApp, name: str) -> None:
    await app.go(name)


def focus_next(app: K0stuiApp) -> None:
    app.move_focus(1)


def focus_previous(app: K0stuiApp) -> None:
    app.move_focus(-1)


async def show_help(app: K0stuiApp) -> None:
    from k0stui.ui.screens.help import Help

    await app.open_pane(Help(app.pane.name_of, app.focused))


def prompt(app: K0stuiApp, text: str = "") -> None:
    app.query_one(Prompt).ask(":", text, lambda typed: complete_command(app, typed))


def ask_filter(app: K0stuiApp) -> None:
    app.query_one(Prompt).ask("/", app.words)


def find(app: K0stuiApp, by: int) -> None:
    if not app.pane.find(app.words, by):
        app.tell(f"{app.words!r} is not in this text")


async def up(app: K0stuiApp) -> None:
    """One level: out of zoom, out of what was opened, to the overview, at last to the question."""
    if app.pane.has_class("-zoomed"):
        zoom(app)
    elif app.words and app.pane.can_filter:
        app.words = ""
        app.pane.narrow("")
    elif not await app.close_pane():
        if app.pane.name_of == "overview":
            leave(app)
        else:
            await app.go("overview")


def leave(app: K0stuiApp) -> None:
    """Ask; nothing on the hosts depends on the answer."""
    app.query_one(Question).ask(" leave k0stui?  q, y or Enter: yes   any other key: no ")


def zoom(app: K0stuiApp) -> None:
    """Show only the part that has the focus, or all of the pane again."""
    pane, focused = app.pane, app.focused
    zoomed = not pane.has_class("-zoomed") and focused in pane.parts()
    pane.set_class(zoomed, "-zoomed")
    kept = {focused, *(focused.ancestors if focused else ())}
    for part in pane.query("*"):
        part.set_class(zoomed and part not in kept, "-aside")


def refresh(app: K0stuiApp) -> None:
    app.outside.refresh()
    app.tell("asking every host now")


def reconnect(app: K0stuiApp, host: str = "") -> None:
    name = host or app.pane.subject
    if app.look is None or app.look.snapshot.find(name) is None:
        app.tell(f"no host is called {name}")
        return
    app.outside.reconnect(name)
    app.tell(f"a new connection to {name}")


def freeze(app: K0stuiApp) -> None:
    """Keep what is shown, or show the newest look again."""
    app.sight.freeze()
    app.show()


async def copy_row(app: K0stuiApp) -> None:
    await _copied(app, app.pane.copied)


async def copy_command(app: K0stuiApp) -> None:
    await _copied(app, app.pane.command or f"k0stui {app.pane.twin} {app.outside.verb_arguments}".strip())


async def _copied(app: K0stuiApp, text: str) -> None:
    if not text:
        app.tell("there is nothing to copy here")
        return
    driver = app.cell_driver
    copied = await copy(text, driver.write if driver else None, os.environ)
    shown = harmless(text.splitlines()[0])
    app.tell(f"{shown[:60]}{'...' if len(text) > 60 else ''}: {copied.words}")


def export(app: K0stuiApp) -> None:
    try:
        path = app.outside.export(app.pane.name_of, screen_text(app))
    except UsageError as error:
        app.tell(str(error), severity="error")
    else:
        app.tell(f"written: {path}")


def screen_text(app: K0stuiApp) -> str:
    """The pane as lines of text, made harmless, with the command that prints the like."""
    lines = [plain(line).rstrip() for line in app.pane.lines(app.look)] if app.look else []
    lines.append(f"# k0stui {app.pane.twin} {app.outside.verb_arguments}".rstrip())
    return harmless("\n".join(lines)) + "\n"


async def lofi(app: K0stuiApp) -> None:
    """The pane as plain lines on the normal screen, until Enter."""
    text = screen_text(app)
    with app.suspend():
        print(text)
        await app.outside.wait_for_enter()
    app.action_redraw()


async def shell(app: K0stuiApp, host: str = "") -> None:
    name = host or app.pane.subject
    with app.suspend():
        status = await app.outside.visit(name)
    app.action_redraw()
    if status == 255:
        app.tell(f"ssh to {name} failed; leave k0stui to read its words above your prompt", severity="warning")


async def ran(app: K0stuiApp) -> None:
    from k0stui.ui.screens.ran import CommandsRun

    await app.open_pane(CommandsRun())


def redraw(app: K0stuiApp) -> None:
    app.action_redraw()


async def one_host(app: K0stuiApp, name: str = "") -> None:
    from k0stui.ui.screens.host import HostDetail

    name = name or app.pane.subject
    if app.look is None or app.look.snapshot.find(name) is None:
        app.tell(f"no host is called {name}" if name else ":host NAME")
        return
    await app.open_pane(HostDetail(name))


async def explain(app: K0stuiApp, rule: str = "") -> None:
    from k0stui.ui.screens.evidence import EvidencePane, knows

    told = app.told
    rule = rule or (told.rule if told else "")
    if not rule or not knows(rule):
        app.tell(f"no finding is called {rule}; Tab lists them" if rule else "nothing was found; :explain ID")
        return
    await app.open_pane(EvidencePane(rule))


async def actions(app: K0stuiApp) -> None:
    from k0stui.ui.screens.actions import ActionsPane

    await app.open_pane(ActionsPane())


async def show_plan(app: K0stuiApp, name: str = "") -> None:
    """The plan pane; with a name (`--only HOST`, `--batch N` behind it) that plan made now. Nothing changes by it."""
    from k0stui.ui.screens.plan import PlanPane

    await app.go("plan")
    if name and isinstance(app.pane, PlanPane):
        try:
            app.pane.ask(*plan_words(name))
        except UsageError as error:
            app.tell(str(error), severity="error")


def plan_words(text: str) -> tuple[str, tuple[str, ...], int]:
    """`restart-workers --only w1 --only w2 --batch 2` -> name, hosts, batch.

    Raises:
        UsageError: an option that plans do not have, or one without its value.
    """
    name, *rest = text.split()
    only: list[str] = []
    batch = 1
    for option, value in zip(rest[::2], [*rest[1::2], ""], strict=False):
        if option == "--only" and value:
            only += value.split(",")
        elif option == "--batch" and value.isascii() and value.isdigit():
            batch = int(value)
        else:
            raise UsageError(f":plan {name} --only HOST --batch N; not {option} {value}".rstrip())
    return name, tuple(only), batch


async def show_logs_of(app: K0stuiApp) -> None:
    from k0stui.ui.logs_of import logs_of

    await logs_of(app)


async def open_logs(app: K0stuiApp, text: str = "") -> None:
    from k0stui.ui.logs_of import open_logs

    await open_logs(app, text)


async def run_typed(app: K0stuiApp, text: str) -> None:
    """What was typed behind `:`."""
    command, argument = parsed(text)
    if command is None:
        app.tell(f"no command is called {text!r}; : lists them")
    elif command.takes and argument:
        await app.action_run_command(command.id, argument)
    else:
        await app.action_run_command(command.id)


Act = Callable[..., Awaitable[None] | None]

ACTS: dict[str, Act] = {
    "go": go,
    "focus_next": focus_next,
    "focus_previous": focus_previous,
    "help": show_help,
    "prompt": prompt,
    "filter": ask_filter,
    "find": find,
    "up": up,
    "leave": leave,
    "zoom": zoom,
    "refresh": refresh,
    "reconnect": reconnect,
    "freeze": freeze,
    "copy_row": copy_row,
    "copy_command": copy_command,
    "export": export,
    "shell": shell,
    "ran": ran,
    "redraw": redraw,
    "host": one_host,
    "explain": explain,
    "actions": actions,
    "set": settle,
    "lofi": lofi,
    "plan": show_plan,
    "logs": show_logs_of,
    "open_logs": open_logs,
}
