"""`KubernetesApi` through a real sshd, in front of a real TLS server."""

from __future__ import annotations

import asyncio
import base64
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from k0stui.connect.connector import SshConnector
from k0stui.connect.kube import KubernetesApi, kubectl_answer, unit_of
from k0stui.connect.kubeconfig import read_kubeconfig
from k0stui.errors import ApiRefused, NotPermitted, Unreachable, UsageError
from k0stui.model.host import HostName
from k0stui.ports import Command, KubeApi, Reply
from tests.connect.api_server import ApiServer, Authority, admin_conf, an_api_server
from tests.connect.conftest import a_host
from tests.sshd import Sshd, an_sshd

pytestmark = pytest.mark.sshd
Knows = Callable[[Sshd], None]


@dataclass
class Controller:
    """A shell that answers for the unit and the admin.conf, and is real for all else."""

    shell: KubernetesApi
    asked: list[tuple[str, ...]]


class _WithAdminConf:
    """The real shell, but for the files of k0s, which are not on this machine."""

    def __init__(self, shell: object, admin_conf: bytes) -> None:
        self._shell = shell
        self.admin_conf = admin_conf
        self.asked: list[Command] = []
        self.kubectl: Reply | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._shell, name)

    async def run(self, command: Command) -> Reply:
        self.asked.append(command)
        reply = await self._shell.run(Command(("true",)))  # type: ignore[attr-defined]
        if command.argv[:1] == ("cat",):
            return replace(reply, stdout=self.admin_conf)
        if "kubectl" in command.argv:
            assert self.kubectl is not None
            return self.kubectl
        return replace(reply, stdout=b"{ path=/opt/k0s ; argv[]=/opt/k0s controller --data-dir=/srv/k0s ; }")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ApiServer]:
    async with an_api_server(tmp_path) as server:
        yield server


@pytest.fixture
def shell(connector: SshConnector, shared_sshd: Sshd, knows: Knows, server: ApiServer) -> _WithAdminConf:
    knows(shared_sshd)
    return _WithAdminConf(connector.shell(a_host(shared_sshd)), server.admin_conf)


@pytest.fixture
async def api(shell: _WithAdminConf) -> AsyncIterator[KubernetesApi]:
    api = KubernetesApi(shell)  # type: ignore[arg-type]
    yield api
    await api.close()


async def test_get(api: KubernetesApi, server: ApiServer, shell: _WithAdminConf) -> None:
    """A raw body comes back through the host, asked for with the certificate of its own admin.conf, read by root."""
    body = await api.get("/api/v1/nodes?limit=1")

    assert body == b'{"path": "/api/v1/nodes?limit=1", "type": "application/json"}'
    assert server.subjects == {"kubernetes-admin"}
    assert Command(("cat", "/srv/k0s/pki/admin.conf"), sudo=True) in shell.asked
    assert isinstance(api, KubeApi)


async def test_one_connection(api: KubernetesApi, server: ApiServer, shell: _WithAdminConf) -> None:
    """Questions one after another use one connection, and the credentials are read once."""
    for _ in range(5):
        await api.get("/healthz")

    assert len(server.connections) == 1
    assert sum(command.argv[0] == "cat" for command in shell.asked) == 1


async def test_big_answer(api: KubernetesApi) -> None:
    """Five megabytes come whole."""
    assert len(await api.get("/big")) == 5_000_000


async def test_hanging_question_holds_up_no_other(api: KubernetesApi) -> None:
    """An aggregated API that hangs costs its own limit; others are answered meanwhile."""
    async with asyncio.TaskGroup() as group:
        hanging = group.create_task(expect(api.get("/hang", timeout=1), Unreachable, "within 1 s"))
        for _ in range(5):
            await api.get("/healthz")
        assert not hanging.done()


async def test_refusals(api: KubernetesApi) -> None:
    """403 and 401 are `NotPermitted`; other statuses keep their number and what was said."""
    await expect(api.get("/forbidden"), NotPermitted, "c1: its API server answers 403 to GET /forbidden")
    await expect(api.get("/unauthorized"), NotPermitted, "401")
    await expect(api.get("/missing"), ApiRefused, 'nodes "x" not found')
    with pytest.raises(ApiRefused) as caught:
        await api.get("/dialled")
    assert (caught.value.status, "No agent available" in caught.value.body) == (503, True)


async def test_patch_and_delete(api: KubernetesApi, server: ApiServer) -> None:
    """Acts arrive with the content type that was given, as the same JSON."""
    await api.patch("/apis/x", b'[{"op": "test"}]', content_type="application/json-patch+json")
    await api.patch("/apis/x", b'{"a": 1}', content_type="application/merge-patch+json")
    await api.delete("/api/v1/pods/x", b'{"kind": "DeleteOptions"}')

    assert [asked[0::2] for asked in server.asked] == [
        ("PATCH", '[{"op": "test"}]'),
        ("PATCH", '{"a": 1}'),
        ("DELETE", '{"kind": "DeleteOptions"}'),
    ]


async def test_new_credentials_after_a_restart(api: KubernetesApi, shell: _WithAdminConf) -> None:
    """Credentials that are not taken any more are read again for the next question."""
    await expect(api.get("/unauthorized"), NotPermitted, "401")
    await api.get("/healthz")

    assert sum(command.argv[0] == "cat" for command in shell.asked) == 2


async def test_other_authority(api: KubernetesApi, shell: _WithAdminConf, server: ApiServer) -> None:
    """A server that the kubeconfig's authority did not sign is told nothing."""
    shell.admin_conf = admin_conf(Authority("another"), server.port)

    await expect(api.get("/healthz"), Unreachable, "not the one that its kubeconfig knows")
    assert server.asked == []


async def test_other_name(shell: _WithAdminConf, tmp_path: Path) -> None:
    """A server with a certificate for another name is told nothing."""
    (tmp_path / "other").mkdir()
    async with an_api_server(tmp_path / "other", name="elsewhere") as server:
        shell.admin_conf = server.admin_conf
        api = KubernetesApi(shell)  # type: ignore[arg-type]
        await expect(api.get("/healthz"), Unreachable, "not the one that its kubeconfig knows")
        await api.close()
        assert server.asked == []


async def test_certificates_that_are_none(api: KubernetesApi, shell: _WithAdminConf) -> None:
    """An admin.conf whose certificates are noise is a refusal, and no bug."""
    noise = base64.b64encode(b"noise")
    shell.admin_conf = re.sub(rb"(-data: ?)\S+", rb"\1" + noise, shell.admin_conf)
    with pytest.raises(NotPermitted, match="are none"):
        await api.get("/api/v1/nodes")


async def test_nobody_listens(api: KubernetesApi, shell: _WithAdminConf) -> None:
    """An API server that is down is said to be down, on that controller."""
    shell.admin_conf = admin_conf(Authority("any"), 1)

    await expect(api.get("/healthz"), Unreachable, r"c1: nothing answers on its 127\.0\.0\.1:1 ")


async def test_forwarding_forbidden(connector: SshConnector, tmp_path: Path, knows: Knows, server: ApiServer) -> None:
    """Where sshd forbids forwarding, questions go by way of kubectl on the host; acts are refused with the reason."""
    with an_sshd(tmp_path, extra=["AllowTcpForwarding no"]) as sshd:
        knows(sshd)
        shell = _WithAdminConf(connector.shell(a_host(sshd)), server.admin_conf)
        api = KubernetesApi(shell)  # type: ignore[arg-type]
        shell.kubectl = replace(await shell.run(Command(("true",))), stdout=b"ok")

        assert await api.get("/healthz", timeout=3) == b"ok"
        assert shell.asked[-1].argv == ("/opt/k0s", "kubectl", "get", "--raw", "/healthz")
        assert shell.asked[-1].sudo
        await expect(api.delete("/x"), NotPermitted, "AllowTcpForwarding local")
        assert server.asked == []


async def test_no_secret_on_disk_or_in_sight(api: KubernetesApi, server: ApiServer, tmp_path: Path) -> None:
    """The client key is in no file of ours, in no open descriptor, and in no representation."""
    await api.get("/healthz")
    key = read_kubeconfig(server.admin_conf, "x").key

    assert key
    assert not any("memfd:k0stui" in str(fd.readlink()) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink())
    assert "PRIVATE" not in repr(vars(api)) + repr(read_kubeconfig(server.admin_conf, "x"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and key in path.read_bytes()]


def test_models_are_never_loaded() -> None:
    """Loading the API client loads no typed model of kubernetes and no API class: they cost seconds and 40 MiB."""
    code = """
import k0stui.connect.kube, sys
assert not [name for name in sys.modules if name.startswith(("kubernetes", "aiohttp"))]
import k0stui.connect.kube_client
heavy = ("client.models.", "client.api.")
print([name for name in sys.modules if name.startswith("kubernetes") and any(part in name for part in heavy)])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("text", "k0s", "data_dir"),
    [
        ("", "/usr/local/bin/k0s", "/var/lib/k0s"),
        (
            "{ path=/usr/bin/k0s ; argv[]=/usr/bin/k0s controller --data-dir=/data/k0s --enable-worker ; pid=1 }",
            "/usr/bin/k0s",
            "/data/k0s",
        ),
        ("{ path=/usr/bin/k0s ; argv[]=/usr/bin/k0s controller --data-dir /a/b/ ; }", "/usr/bin/k0s", "/a/b"),
        ("command=/opt/k0s\ncommand_args=\"'controller' '--data-dir=/d' \"", "/opt/k0s", "/d"),
    ],
)
def test_unit(text: str, k0s: str, data_dir: str) -> None:
    """Binary and data directory are read from systemd's ExecStart and from OpenRC's script; defaults otherwise."""
    unit = unit_of(text)

    assert (unit.k0s, unit.data_dir) == (k0s, data_dir)


@pytest.mark.parametrize(
    "text", [b"", b"\xff", b"a: [", b"[]", b"apiVersion: v1\nkind: Config\n", b"current-context: x\ncontexts: 3\n"]
)
def test_no_kubeconfig(text: bytes) -> None:
    """What is no kubeconfig is a sentence that names the file and quotes nothing of it."""
    with pytest.raises(UsageError, match=r"^the-file: no kubeconfig"):
        read_kubeconfig(text, "the-file")


@pytest.mark.parametrize(
    ("stderr", "kind"),
    [
        ('Error from server (NotFound): nodes "x" not found', ApiRefused),
        ("Error from server (Forbidden): nodes is forbidden", NotPermitted),
        ("Error from server (ServiceUnavailable): the server is currently unable", ApiRefused),
        ("The connection to the server localhost:6443 was refused", Unreachable),
        ("", Unreachable),
    ],
)
async def test_kubectl_errors(stderr: str, kind: type[Exception], shell: _WithAdminConf) -> None:
    """What kubectl prints on failure becomes the same errors as over HTTP."""
    reply = replace(await shell.run(Command(("true",))), exit_status=1, stdout=b"", stderr=stderr.encode())

    with pytest.raises(kind):
        kubectl_answer(HostName("c1"), "/x", reply)


async def expect(asking: object, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        await asking  # type: ignore[misc]
