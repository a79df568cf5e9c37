"""`k0stui`: the screens. The first picture is there before anything that speaks SSH is imported.

Questions that need a person (an unknown host key, a passphrase) are asked on the normal screen, which the screens give
away for them.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from k0stui.errors import UsageError

if TYPE_CHECKING:
    from k0stui.settings import Read


def run(arguments: argparse.Namespace) -> int:
    """Show the screens until they are left; the exit status says how.

    Raises:
        UsageError: no terminal, or a theme that is not there.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("k0stui needs a terminal for its screens; `k0stui check` prints the same as text.")
    import gc

    from k0stui.ui.background import BackgroundQuestion

    gc.disable()  # nothing of what is loaded goes away again; `K0stuiApp.begin` turns it on, with the frame painted
    with BackgroundQuestion() as question:  # the first byte, before anything else is loaded
        import logging

        from k0stui.commands.tui_outside import Cluster
        from k0stui.settings import folder
        from k0stui.ui.app import K0stuiApp
        from k0stui.ui.theme import choose, load, wants_ascii

        given = read_settings()
        wanted = getattr(arguments, "theme", None) or given.settings.theme
        fixed = choose(wanted, os.environ, no_color=getattr(arguments, "no_color", False), dark=True)
        dark = question.is_dark()  # read in any case: an answer left over would be taken for typed keys
        name = fixed if fixed != "ansi-dark" or wanted else choose("", os.environ, dark=dark)
    # What libraries log would be printed over the screens, and a torn connection's last words over the shell's prompt.
    logging.getLogger().addHandler(logging.NullHandler())
    outside = Cluster(arguments, given.settings)
    app = K0stuiApp(
        load(name, folder(os.environ) / "themes"),
        outside,
        given.settings,
        ascii_only=getattr(arguments, "ascii", False) or given.settings.ascii or wants_ascii(os.environ),
        is_recording=bool(getattr(arguments, "replay", None)),
        complaints=given.complaints,
    )
    outside.suspend = app.suspend
    if picture := getattr(arguments, "picture", None):
        picture.hand_over()
    app.run(mouse=given.settings.mouse)
    return app.return_code or 0


def read_settings() -> Read:
    """The user's config.toml; a file that is not there is all defaults, one that cannot be read is said."""
    from k0stui.settings import Read, Settings, folder, read

    path = folder(os.environ) / "config.toml"
    try:
        return read(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return Read(Settings())
    except (OSError, UnicodeDecodeError) as error:
        return Read(Settings(), (f"{path}: cannot be read ({error}); all settings are at their defaults",))
