"""`k0stui VERB …`: from argv to a command. Nothing heavy is imported before it is known which; not argparse either."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from k0stui import __version__
from k0stui.errors import K0stuiError, UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. Bad input: one sentence on stderr and 2."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given == ["--version"]:
        print(f"k0stui {__version__}")
        return 0
    try:
        from k0stui.commands.arguments import parser_for

        parsed = parser_for(given).parse_args(given)
        verb = parsed.verb or "tui"
        return int(import_module(f"k0stui.commands.{verb}").run(parsed))
    except UsageError as error:
        return _refuse(str(error), 2)
    except K0stuiError as error:
        return _refuse(str(error), getattr(error, "exit_status", 2))
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        return 130


def _refuse(sentence: str, status: int) -> int:
    from k0stui.present.harmless import harmless_line

    print(f"k0stui: {harmless_line(sentence)}", file=sys.stderr)
    return status
