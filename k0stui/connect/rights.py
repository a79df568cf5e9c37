"""What it means when sudo says no, and the line that would mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from k0stui.errors import NotPermitted
from k0stui.ports import Clock, Command, Reply

CHECK = Command(("sudo", "-n", "true"))

REFUSAL_HOLDS = 60.0
"""Seconds that a no is believed without asking again: each attempt is a line in that host's auth log, and may be a
mail to its owner."""

_NO_SUDO = 127


def sudo_refused(host: str, user: str, exit_status: int, stderr: str) -> NotPermitted | None:
    """The error, if what sudo printed is a refusal by sudo itself and not by the command; else None.

    Source: sudo's messages (plugins/sudoers/auth/sudo_auth.c, check.c, logging.c), in the C locale.
    """
    mend = f"`{user} ALL=(root) NOPASSWD: ALL` in /etc/sudoers.d/k0stui on {host}"
    if "you must have a tty" in stderr:
        return NotPermitted(f"{host}: sudo wants a terminal; add `Defaults:{user} !requiretty` and {mend}")
    if exit_status == _NO_SUDO and "sudo" in stderr:
        return NotPermitted(f"{host}: there is no sudo; log in as root, or install sudo and add {mend}")
    if exit_status == 1 and _from_sudo(stderr):
        return NotPermitted(f"{host}: sudo refuses {user} without a password; add {mend}")
    return None


def _from_sudo(stderr: str) -> bool:
    said = stderr.lstrip()
    return said.startswith("sudo: ") or " is not in the sudoers file" in said or " is not allowed to " in said


class SudoMemory:
    """What one host's sudo said: asked once, and a no is believed for a while."""

    def __init__(self, host: str, user: str, clock: Clock) -> None:
        self._host = host
        self._user = user
        self._clock = clock
        self._lock = asyncio.Lock()
        self._granted = False
        self._refusal: NotPermitted | None = None
        self._refused_at = 0.0

    async def check(self, ask: Callable[[Command], Awaitable[Reply]]) -> None:
        """Raises:
        NotPermitted: sudo says no, or said so less than `REFUSAL_HOLDS` ago.
        """
        async with self._lock:
            if self._granted:
                return
            if self._refusal is None or self._clock.monotonic() - self._refused_at > REFUSAL_HOLDS:
                self._refusal = None
                self.judged(await ask(CHECK))
                self._granted = True
            if self._refusal is not None:
                raise self._refusal

    def judged(self, reply: Reply) -> Reply:
        """The same reply.

        Raises:
            NotPermitted: it is a refusal.
        """
        refusal = sudo_refused(self._host, self._user, reply.exit_status, reply.error_text)
        if refusal is None:
            return reply
        self._granted, self._refusal, self._refused_at = False, refusal, self._clock.monotonic()
        raise refusal
