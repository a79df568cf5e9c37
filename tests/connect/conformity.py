"""What every `Shell` must do: the SSH one, the local one, and every fake that wants to be believed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from k0stui.connect.frames import STDERR_CAP
from k0stui.errors import Unreachable
from k0stui.ports import Command, Shell, script


class ShellConformity:
    """Inherit, and give a fixture `shell`."""

    async def test_is_a_shell(self, shell: Shell) -> None:
        """It has the members of the port."""
        assert isinstance(shell, Shell)

    async def test_streams_and_status_apart(self, shell: Shell) -> None:
        """Exit status, stdout and stderr of a command come back apart."""
        reply = await shell.run(script("echo out; echo err >&2; exit 3"))

        assert (reply.exit_status, reply.stdout, reply.stderr, reply.cut) == (3, b"out\n", b"err\n", False)

    async def test_any_bytes(self, shell: Shell) -> None:
        """NUL and bytes that are no UTF-8 come back as they were sent, also as standard input."""
        sent = bytes(range(256)) * 40

        reply = await shell.run(Command(("cat",), stdin=sent))

        assert reply.stdout == sent

    async def test_arguments_are_not_split(self, shell: Shell) -> None:
        """An argument vector arrives as it is: spaces, quotes, newlines, globs and expansions mean nothing."""
        words = ["a b", "it's", '"', "$HOME `id` $(id)", "*", "", "new\nline", "-n", "\\0101", "ü\x7f", "%s"]

        reply = await shell.run(Command(("printf", r"%s\0", *words)))

        assert reply.stdout.decode() == "".join(word + "\0" for word in words)

    async def test_no_input_is_an_empty_input(self, shell: Shell) -> None:
        """A command that reads without being given anything sees the end at once."""
        assert (await shell.run(Command(("cat",)))).stdout == b""

    async def test_input_that_is_not_read(self, shell: Shell) -> None:
        """A command that does not read its input still gives its answer."""
        reply = await shell.run(Command(("echo", "done"), stdin=b"x" * 300_000))

        assert (reply.exit_status, reply.stdout) == (0, b"done\n")

    async def test_missing_program(self, shell: Shell) -> None:
        """A program that is not there is an answer: status 127."""
        reply = await shell.run(Command(("no-such-program-here",)))

        assert reply.exit_status == 127
        assert "no-such-program-here" in reply.error_text

    async def test_cap(self, shell: Shell) -> None:
        """Of too much, the last `cap` bytes are kept and the reply is marked; exactly `cap` bytes are not cut."""
        over = await shell.run(Command(("sh", "-c", "printf 123456789"), cap=8))
        even = await shell.run(Command(("sh", "-c", "printf 12345678"), cap=8))

        assert (over.stdout, over.cut) == (b"23456789", True)
        assert (even.stdout, even.cut) == (b"12345678", False)

    async def test_stderr_is_capped(self, shell: Shell) -> None:
        """Of a megabyte of complaints the first 64 KiB are kept."""
        reply = await shell.run(script("echo begin >&2; head -c 1000000 /dev/zero | tr '\\0' x >&2"))

        assert len(reply.stderr) == STDERR_CAP
        assert reply.stderr.startswith(b"begin\nx")

    async def test_time_limit(self, shell: Shell) -> None:
        """A command that hangs is ended after its own limit, with status 124 and what it had said."""
        reply = await shell.run(Command(("sh", "-c", "echo before; exec sleep 60"), timeout=1))

        assert (reply.exit_status, reply.stdout) == (124, b"before\n")

    async def test_side_by_side(self, shell: Shell) -> None:
        """A command that hangs does not hold up the others, and answers are not mixed."""
        async with asyncio.TaskGroup() as group:
            slow = group.create_task(shell.run(Command(("sleep", "60"), timeout=1)))
            quick = [group.create_task(shell.run(Command(("seq", str(n), str(n + 2000))))) for n in range(10)]
            for n, task in enumerate(quick):
                assert (await task).stdout.split() == [b"%d" % i for i in range(n, n + 2001)]
            assert not slow.done()

    async def test_times_are_ours(self, shell: Shell) -> None:
        """`asked` and `answered` are aware UTC times of our clock, around the answer."""
        before = datetime.now(UTC)
        reply = await shell.run(Command(("true",)))

        assert before <= reply.asked <= reply.answered <= datetime.now(UTC)

    async def test_environment(self, shell: Shell) -> None:
        """Commands speak English, page nothing, find sbin and /usr/local, and see no KUBECONFIG."""
        reply = await shell.run(script('echo "$LC_ALL,$SYSTEMD_PAGER,${KUBECONFIG-unset}"; echo ":$PATH:"'))

        first, path = reply.text.splitlines()
        assert first == "C,,unset"
        assert ":/usr/local/bin:" in path
        assert ":/usr/sbin:" in path

    async def test_close(self, shell: Shell) -> None:
        """Closing ends what is under way as `Unreachable`, and nothing more is answered."""
        async with asyncio.TaskGroup() as group:
            hanging = group.create_task(self._expect_unreachable(shell, Command(("sleep", "60"))))
            await shell.run(Command(("true",)))
            await shell.close()
            await hanging
        await self._expect_unreachable(shell, Command(("true",)))

    @staticmethod
    async def _expect_unreachable(shell: Shell, command: Command) -> None:
        with pytest.raises(Unreachable):
            await shell.run(command)
