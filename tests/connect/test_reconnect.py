"""`R`: a connection is made anew at once, whatever became of the one before. Against a real OpenSSH server."""

from __future__ import annotations

from pathlib import Path

import pytest

from k0stui.connect.connector import SshConnector
from k0stui.connect.ssh import Phase, SshShell
from k0stui.errors import Unreachable
from k0stui.ports import Command
from tests.connect.conftest import a_host
from tests.connect.test_ssh import Knows
from tests.sshd import Sshd, an_sshd

pytestmark = pytest.mark.sshd

TRUE = Command(("true",))


async def test_a_working_connection(connector: SshConnector, shared_sshd: Sshd, knows: Knows) -> None:
    """The next question goes over a new connection, from another port of ours."""
    knows(shared_sshd)
    shell = connector.shell(a_host(shared_sshd))
    assert isinstance(shell, SshShell)
    port = Command(("sh", "-c", "echo $SSH_CONNECTION"))
    before = (await shell.run(port)).text
    shell.reconnect()
    assert (await shell.run(port)).text != before


async def test_no_pause(connector: SshConnector, tmp_path: Path, knows: Knows) -> None:
    """A host that was down a moment ago is dialled at once, not when its pause is over."""
    with an_sshd(tmp_path) as sshd:
        knows(sshd)
        shell = connector.shell(a_host(sshd))
        assert isinstance(shell, SshShell)
        sshd.stop()
        with pytest.raises(Unreachable):
            await shell.run(TRUE)
        sshd.start()
        shell.reconnect()
        assert shell.state.phase is not Phase.UNREACHABLE
        assert (await shell.run(TRUE)).exit_status == 0
