"""What is typed into the prompt: commands behind `:`, with what could follow; filters and searches behind `/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from k0stui.present.cells import Tone
from k0stui.ui.commands import COMMANDS, Command, shown_keys
from k0stui.ui.conditions import lacks
from k0stui.ui.looking import MUTE, muted
from k0stui.ui.prompt import Choice
from k0stui.ui.settling import SETTINGS

if TYPE_CHECKING:
    from k0stui.ui.app import K0stuiApp

PLANS = ("nllb", "restart-controllers", "restart-workers", "restart-agents")

TYPED = {command.typed: command for command in COMMANDS if command.typed}


def parsed(text: str) -> tuple[Command | None, str]:
    """The command and its argument; a digit or a beginning that only one command has will do, `q!` is `q`."""
    word, _, argument = text.strip().partition(" ")
    word = word.removesuffix("!") or word
    if word in TYPED:
        return TYPED[word], argument.strip()
    begun = [command for name, command in TYPED.items() if word and name.startswith(word)]
    return (begun[0] if len(begun) == 1 else None), argument.strip()


def complete_command(app: K0stuiApp, text: str) -> list[Choice]:
    """Commands whose name or title has the letters typed, in their order; behind a blank what it can take."""
    word, blank, argument = text.lstrip().partition(" ")
    if blank:
        command = TYPED.get(word)
        return (
            [Choice(f"{word} {one}") for one in _arguments(app, command) if is_like(argument, one)] if command else []
        )
    found = [command for command in TYPED.values() if is_like(word, command.typed) or is_like(word, command.title)]
    found.sort(key=lambda command: not command.typed.startswith(word))
    return [_choice(app, command) for command in found]


def _choice(app: K0stuiApp, command: Command) -> Choice:
    """Its name, what it does and its key; or why it is not possible now."""
    why = "" if command.takes else lacks(app, command)
    keys = shown_keys(command, app.rebound)
    about = f"not now: {why}" if why else "  ".join(part for part in (command.help or command.title, keys) if part)
    return Choice(command.typed, about, Tone.DIM if why else Tone.PLAIN)


def _arguments(app: K0stuiApp, command: Command | None) -> tuple[str, ...]:
    match command.takes if command else "":
        case "host":
            return tuple(host.name for host in app.look.snapshot.hosts) if app.look else ()
        case "rule":
            from k0stui.rules import RULES

            return tuple(rule.id for rule in RULES)
        case "plan":
            return PLANS
        case "setting":
            return SETTINGS
    return ()


# -- the prompt tells


async def entered(app: K0stuiApp, mark: str, text: str) -> None:
    """The text was entered."""
    if mark == ":":
        from k0stui.ui.acts import run_typed

        await run_typed(app, text)
    elif mark == MUTE:
        muted(app, text)
    elif app.pane.own_prompt:
        app.pane.entered(mark, text)
    elif not app.pane.can_filter:
        app.words = text
        if text and not app.pane.find(text, 1):
            app.tell(f"{text!r} is not in this text")


def typing(app: K0stuiApp, mark: str, text: str) -> None:
    """The text is another one; not entered yet."""
    if mark in {":", MUTE}:
        return
    if app.pane.own_prompt:
        app.pane.typing(mark, text)
    elif app.pane.can_filter:
        app.words = text
        app.pane.narrow(text)


def given_up(app: K0stuiApp, mark: str) -> None:
    """The prompt was left without entering: what was filtered by it is shown again."""
    if mark in {":", MUTE} or not app.pane.own_prompt:
        typing(app, mark, "")
    else:
        app.pane.given_up(mark)


def is_like(typed: str, name: str) -> bool:
    """The letters typed stand in the name, in this order."""
    letters = iter(name.casefold())
    return all(letter in letters for letter in typed.casefold())
