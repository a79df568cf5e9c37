"""`k0stui VERB …`: from argv to a command. Nothing heavy is imported before it is known which; not argparse either."""

from __future__ import annotations

import sys

from k0stui import __version__
from k0stui.errors import K0stuiError, UsageError
from k0stui.ui.first import FirstPicture

TYPE_CHECKING = False  # typing itself takes a millisecond, and more where it is the first to load `re`
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. Bad input: one sentence on stderr and 2."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given == ["--version"]:
        print(f"k0stui {__version__}")
        return 0
    try:
        return _run(given)
    except UsageError as error:
        return _refuse(str(error), 2)
    except K0stuiError as error:
        return _refuse(str(error), getattr(error, "exit_status", 2))
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        return 130


def _run(given: list[str]) -> int:
    picture = FirstPicture()
    try:
        if shows_screens(given):
            picture.show()
        from importlib import import_module

        from k0stui.commands.arguments import parser_for

        picture.guard()
        parsed = parser_for(given).parse_args(given)
        parsed.picture = picture
        return int(import_module(f"k0stui.commands.{parsed.verb or 'tui'}").run(parsed))
    finally:
        picture.take_away()


def shows_screens(given: Sequence[str]) -> bool:
    """Whether these words can only lead to the screens; a wrong no costs the first picture, a wrong yes a flicker."""
    if given and given[0] not in {"demo", "replay", "tui"} and not given[0].startswith("--"):
        return False
    return not any(word in VERBS or word.startswith(PRINTING) for word in given)


PRINTING = ("-h", "--he", "--v", "--l", "--se")
"""Options that print and leave, however much of them was typed."""

VERBS = frozenset(
    {"check", "matrix", "logs", "plan", "run", "verify", "operations", "pause", "resume", "adopt", "close", "clean",
     "record", "doctor", "explain"}
)  # fmt: skip
"""Those that print. A test holds the list to commands/arguments.py."""


def _refuse(sentence: str, status: int) -> int:
    from k0stui.present.harmless import harmless_line

    print(f"k0stui: {harmless_line(sentence)}", file=sys.stderr)
    return status
