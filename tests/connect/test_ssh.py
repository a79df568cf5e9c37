"""`SshShell` against a real OpenSSH server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from k0stui.connect.connector import Options, SshConnector
from k0stui.connect.ssh import Phase, SshShell
from k0stui.errors import NotPermitted, Unreachable
from k0stui.ports import Command, Shell, script
from tests.connect.conformity import ShellConformity
from tests.connect.conftest import a_host
from tests.sshd import Sshd, an_sshd, descendants

pytestmark = pytest.mark.sshd
Knows = Callable[[Sshd], None]

WRAPPED_SHELL = """#!/bin/sh
exec {shell} "$@"
"""


@pytest.fixture
def shell(connector: SshConnector, shared_sshd: Sshd, knows: Knows) -> Shell:
    knows(shared_sshd)
    return connector.shell(a_host(shared_sshd))


class TestSshShell(ShellConformity):
    """Over a real connection, /bin/sh as it is here."""


def a_shell_of_kind(connector: SshConnector, sshd: Sshd, knows: Knows) -> Shell:
    knows(sshd)
    return connector.shell(a_host(sshd))


@pytest.fixture(scope="module", params=["bash --posix", "busybox sh"])
def other_sh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A host whose `sh` is another one; with busybox, also its timeout, head and tail."""
    folder = tmp_path_factory.mktemp("sshd")
    (folder / "bin").mkdir()
    programs = {"sh": request.param}
    if request.param.startswith("busybox"):
        programs |= {name: f"busybox {name}" for name in ("timeout", "head", "tail", "sleep", "id")}
    for name, program in programs.items():
        (folder / "bin" / name).write_text(WRAPPED_SHELL.format(shell=program))
        (folder / "bin" / name).chmod(0o755)
    with an_sshd(folder, extra=[f"SetEnv PATH={folder}/bin:/usr/local/bin:/usr/bin:/bin"]) as sshd:
        yield sshd


class TestOtherShells(ShellConformity):
    """The same with bash and with busybox ash as the host's `sh`."""

    @pytest.fixture
    def shell(self, connector: SshConnector, other_sh: Sshd, knows: Knows) -> Shell:
        return a_shell_of_kind(connector, other_sh, knows)


@pytest.fixture(scope="module")
def no_timeout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A host where nothing called `timeout` works."""
    folder = tmp_path_factory.mktemp("sshd")
    (folder / "bin").mkdir()
    (folder / "bin/timeout").write_text("#!/bin/sh\nexit 127\n")
    (folder / "bin/timeout").chmod(0o755)
    with an_sshd(folder, extra=[f"SetEnv PATH={folder}/bin:/usr/local/bin:/usr/bin:/bin"]) as sshd:
        yield sshd


class TestWithoutTimeout(ShellConformity):
    """The same where the host has no `timeout`."""

    @pytest.fixture
    def shell(self, connector: SshConnector, no_timeout: Sshd, knows: Knows) -> Shell:
        return a_shell_of_kind(connector, no_timeout, knows)


class TestLogChannel:
    """The second shell, for logs."""

    async def test_raw_and_apart(self, shell: SshShell) -> None:
        """Bytes, stderr and status come back as on the first shell."""
        reply = await shell.log_channel().run(script("printf 'a\\0b\\377'; echo no >&2; exit 4"))

        assert (reply.exit_status, reply.stdout, reply.stderr) == (4, b"a\0b\xff", b"no\n")

    async def test_one_after_another(self, shell: SshShell) -> None:
        """Questions that come together are answered in turn."""
        logs = shell.log_channel()

        replies = await asyncio.gather(*(logs.run(Command(("echo", str(n)))) for n in range(5)))

        assert [reply.text for reply in replies] == [f"{n}\n" for n in range(5)]

    async def test_cap(self, shell: SshShell) -> None:
        """A command that says too much is cut, and ended."""
        reply = await shell.log_channel().run(Command(("yes",), cap=100_000))

        assert (len(reply.stdout), reply.cut) == (100_000, True)

    async def test_cancelled(self, shell: SshShell, shared_sshd: Sshd) -> None:
        """A question given up is ended on the host, and the next one is answered."""
        logs = shell.log_channel()
        await logs.run(Command(("true",)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await logs.run(Command(("sleep", "61")))

        assert (await logs.run(Command(("echo", "next")))).text == "next\n"
        await gone(shared_sshd, "sleep\x0061")


@pytest.mark.fault("F50")
async def test_noise_is_ignored(connector: SshConnector, tmp_path: Path, knows: Knows) -> None:
    """What rc files, a banner and a background job of the login print is no part of an answer."""
    rc = tmp_path / "rc"
    rc.write_text("echo Welcome; printf 'no newline'; echo careful >&2; (sleep 0.2; echo late) &\n")
    banner = tmp_path / "banner"
    banner.write_text("*** Authorised use only ***\n")
    extra = [f"Banner {banner}", "PermitUserRC no", f"SetEnv BASH_ENV={rc} ENV={rc}", "PrintLastLog yes"]
    with an_sshd(tmp_path, extra=extra) as sshd:
        knows(sshd)
        shell = connector.shell(a_host(sshd))
        replies = [await shell.run(Command(("echo", "clean"))) for _ in range(3)]
        replies.append(await shell.run(script("sleep 0.3; echo clean")))

    assert {(reply.stdout, reply.stderr) for reply in replies} == {(b"clean\n", b"")}


async def test_login_without_shell(connector: SshConnector, tmp_path: Path, knows: Knows) -> None:
    """A login that starts no shell is said so, with the words it printed."""
    with an_sshd(tmp_path, extra=["ForceCommand echo This account is closed."]) as sshd:
        knows(sshd)
        with pytest.raises(Unreachable, match=r"no shell that we can use.*This account is closed\."):
            await connector.shell(a_host(sshd)).run(Command(("true",)))


@pytest.mark.fault("F51")
async def test_gigabyte(shell: SshShell) -> None:
    """A gigabyte of output costs the cap, is marked, and is ended on the host; the connection lives on."""
    reply = await shell.run(Command(("head", "-c", "1000000000", "/dev/zero"), cap=1_000_000))

    assert (len(reply.stdout), reply.cut) == (1_000_000, True)
    assert (await shell.run(Command(("echo", "fine")))).text == "fine\n"


async def test_flood_of_complaints(shell: SshShell) -> None:
    """A command that floods stderr costs itself, not the host's memory nor the questions after it."""
    with pytest.raises(Unreachable):
        await shell.run(Command(("sh", "-c", "exec yes >&2"), timeout=1))

    assert (await shell.run(Command(("echo", "fine")))).text == "fine\n"


async def test_cancelled_at_any_moment(shell: SshShell, shared_sshd: Sshd) -> None:
    """Questions given up at random moments break no channel, mix no answers and leave no process."""
    chance = random.Random(1)

    async def one(number: int) -> None:
        limit = chance.choice([9.0, chance.random() * 0.1])
        text = 'echo "$1"; echo "e$1" >&2; head -c 70000 /dev/zero; sleep 0.0"$2"'
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                reply = await shell.run(script(text, str(number), str(chance.randrange(100))))
            assert reply.stdout.startswith(b"%d\n\0" % number)
            assert (len(reply.stdout), reply.error_text) == (len(str(number)) + 70001, f"e{number}")

    await shell.run(Command(("true",)))
    before = len(shared_sshd.sessions())
    for turn in range(5):
        await asyncio.gather(*(one(turn * 20 + n) for n in range(20)))
    await shell.run(Command(("true",)))

    await until(lambda: len(shared_sshd.sessions()) <= before + 2)


async def test_cancelled_question_is_ended_on_the_host(shell: SshShell, shared_sshd: Sshd) -> None:
    """Giving up a question ends its command there, keeps no channel and disturbs no other question."""
    async with asyncio.TaskGroup() as group:
        other = group.create_task(shell.run(script("sleep 0.5; echo other")))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await shell.run(script("sleep 62 | sleep 62"))

    await gone(shared_sshd, "sleep\x0062")
    assert other.result().text == "other\n"
    assert shell.state.phase is Phase.IDLE


@pytest.mark.fault("F53")
async def test_connection_cut_in_the_middle(connector: SshConnector, tmp_path: Path, knows: Knows) -> None:
    """A connection lost under way is `Unreachable`; the next question makes a new one, and nothing runs on."""
    with an_sshd(tmp_path) as sshd:
        knows(sshd)
        shell = connector.shell(a_host(sshd))
        await shell.run(Command(("true",)))
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(expect_lost(shell))
            await until(lambda: any("sleep\x0063" in words for words in commands(sshd)))
            [daemon] = [pid for pid in sshd.sessions() if "sshd" in command(pid)][:1]
            os.kill(daemon, signal.SIGKILL)
            await asking

        assert (await shell.run(Command(("echo", "back")))).text == "back\n"
        await until(lambda: not running("sleep\x0063"))


async def test_sshd_gone_and_back(connector: SshConnector, tmp_path: Path, knows: Knows) -> None:
    """While sshd is away each question fails at once with the reason; when it is back, so is the host."""
    with an_sshd(tmp_path) as sshd:
        knows(sshd)
        shell = connector.shell(a_host(sshd))
        assert isinstance(shell, SshShell)
        await shell.run(Command(("true",)))
        sshd.stop()
        for _ in range(2):
            with pytest.raises(Unreachable, match=r"lost before|refused the connection"):
                await shell.run(Command(("true",)))
        with pytest.raises(Unreachable, match="refused the connection"):
            await shell.run(Command(("true",)))
        assert shell.state.phase is Phase.UNREACHABLE
        assert shell.state.retry_at is not None
        sshd.start()
        while True:
            try:
                reply = await shell.run(Command(("echo", "back")))
                break
            except Unreachable:
                await asyncio.sleep(0.05)

    assert reply.text == "back\n"


async def test_thousands_of_questions_leave_nothing(shell: SshShell, shared_sshd: Sshd) -> None:
    """Two hundred questions leave no process, not even a zombie, beyond those of the shell itself."""
    await shell.run(Command(("true",)))
    before = len(shared_sshd.sessions())
    for _ in range(10):
        await asyncio.gather(*(shell.run(Command(("true",))) for _ in range(20)))
    await shell.run(Command(("true",)))

    await until(lambda: len(shared_sshd.sessions()) <= before + 2)


@pytest.fixture(scope="module")
def many_logins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A host that lets any user in with our key; as root it reads the key, which lies where only root may look."""
    folder = tmp_path_factory.mktemp("sshd")
    keys = ["AuthorizedKeysCommandUser root", f"AuthorizedKeysCommand /usr/bin/cat {folder}/client_key.pub"]
    with an_sshd(folder, extra=keys) as sshd:
        yield sshd


class TestRights:
    """Root, without being root."""

    async def test_granted(self, connector: SshConnector, many_logins: Sshd, knows: Knows, sudoer: str) -> None:
        """With a sudoers line the command runs as root, with stdin, streams and time limit as ever."""
        knows(many_logins)
        shell = connector.shell(a_host(many_logins, user=sudoer))

        who = await shell.run(Command(("sh", "-c", "id -un; cat; echo $LC_ALL"), sudo=True, stdin=b"in\n"))
        late = await shell.run(Command(("sleep", "64"), sudo=True, timeout=1))

        assert who.text == "root\nin\nC\n"
        assert late.exit_status == 124
        assert not running("sleep\x0064")

    async def test_cancelled(self, connector: SshConnector, many_logins: Sshd, knows: Knows, sudoer: str) -> None:
        """What runs as root is ended as well when nobody waits for it any more."""
        knows(many_logins)
        shell = connector.shell(a_host(many_logins, user=sudoer))
        await shell.run(Command(("true",), sudo=True))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await shell.run(Command(("sleep", "65"), sudo=True))

        await until(lambda: not running("sleep\x0065"))

    async def test_refused(self, connector: SshConnector, many_logins: Sshd, knows: Knows, plain_user: str) -> None:
        """Without one it is said with the line that would mend it, and other questions are answered."""
        knows(many_logins)
        shell = connector.shell(a_host(many_logins, user=plain_user))

        with pytest.raises(NotPermitted, match=rf"{plain_user} ALL=\(root\) NOPASSWD: ALL"):
            await shell.run(Command(("id",), sudo=True))
        assert (await shell.run(Command(("id", "-un")))).text == f"{plain_user}\n"


async def test_prepare_reaches_all(connector: SshConnector, shared_sshd: Sshd, knows: Knows) -> None:
    """`prepare` names who could not be reached, and why; the others are connected."""
    knows(shared_sshd)
    good, bad = a_host(shared_sshd, "good"), a_host(shared_sshd, "bad", user="nobody-here")

    failures = await connector.prepare([good, bad])

    assert list(failures) == ["bad"]
    assert "accepts none of our keys" in str(failures["bad"])


async def test_refused_connection_in_words(connector: SshConnector, tmp_path: Path) -> None:
    """A port where nobody listens is said in words that say what to do."""
    with an_sshd(tmp_path) as sshd:
        host = a_host(sshd)
    with pytest.raises(Unreachable, match=r"^c1: 127\.0\.0\.1:\d+ refused the connection; does sshd run there"):
        await connector.shell(host).run(Command(("true",)))


@pytest.mark.fault("F52")
async def test_silent_host(config: Path, known_hosts: Path, tmp_path: Path) -> None:
    """A host that accepts and then says nothing costs the connect limit, not more."""
    from k0stui.inventory import InventoryHost, Reach
    from k0stui.model.host import HostName

    server = await asyncio.start_server(lambda *_: asyncio.sleep(60), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    options = Options(config_path=config, known_hosts=(known_hosts,), connect_limit=0.3)
    async with SshConnector(options) as connector:
        shell = connector.shell(InventoryHost(HostName("c1"), Reach("127.0.0.1", "root", port)))
        with pytest.raises(Unreachable, match="did not answer in time"):
            await shell.run(Command(("true",)))
    server.close()


async def expect_lost(shell: Shell) -> None:
    with pytest.raises(Unreachable, match="lost before the answer was whole"):
        await shell.run(Command(("sleep", "63")))


async def until(holds: Callable[[], bool]) -> None:
    """Look again until true: processes of others give no event. The test's own time limit ends it."""
    while not holds():  # noqa: ASYNC110 (no event to wait for)
        await asyncio.sleep(0.02)


async def gone(sshd: Sshd, words: str) -> None:
    await until(lambda: not any(words in each for each in commands(sshd)))


def commands(sshd: Sshd) -> list[str]:
    return [command(pid) for pid in sshd.sessions()]


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def running(words: str) -> bool:
    return any(words in command(pid) for pid in descendants(1))
