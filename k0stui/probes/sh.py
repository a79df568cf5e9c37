"""The shell text that all questions to hosts begin with, so that every host answers in one language.

Plain POSIX sh, no temporary file, nothing left behind. Values travel as positional arguments and are never part of the
text: the text alone names the question (`catalogue.question_of`).
"""

from __future__ import annotations

from k0stui.ports import LIMIT, Command, script

PRELUDE = "export LC_ALL=C TZ=UTC PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin; unset KUBECONFIG\n"
"""TZ: `systemctl show` prints local time with an abbreviation that says nothing. PATH: a login may lack sbin."""

AS_ROOT = 'S=; [ "$(id -u)" = 0 ] || S="sudo -n"\n'
"""`$S command`, for a question that has a poorer answer without root; one that has none is sent with `sudo=True`."""

SECTION = "@@ "
"""A line that begins with this opens a part of an answer; see `answer.sections`."""


def question(text: str, *arguments: object, sudo: bool = False, timeout: float = LIMIT) -> Command:
    """`text` as one `sh -c`, with `arguments` as `$1`, `$2` …"""
    return script(PRELUDE + text, *map(str, arguments), sudo=sudo, timeout=timeout)
