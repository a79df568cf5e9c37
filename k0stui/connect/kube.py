"""Asking one controller's own API server, through the SSH connection to that controller.

So "the API on controller 2 is down" is a fact about controller 2, not an average behind a load balancer. Where its sshd
forbids forwarding, `k0s kubectl get --raw` there answers the questions (not the acts).
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import socket
import ssl
from typing import TYPE_CHECKING, Any, Protocol

from k0stui.connect.kubeconfig import Credentials, read_kubeconfig
from k0stui.errors import ApiRefused, NotPermitted, ProbeFailed, Unreachable, UsageError
from k0stui.model.host import HostName
from k0stui.ports import LIMIT, Command, Reply, Shell, script

if TYPE_CHECKING:
    from k0stui.connect.kube_client import KubeClient

UNIT = script(
    "{ systemctl show -p ExecStart --value k0scontroller | grep . || cat /etc/init.d/k0scontroller; } 2>/dev/null"
)
"""How k0s is started: where its binary and its data are. systemd, else OpenRC."""

ANSWER_CAP = 64 * 1024 * 1024
"""Bytes of one answer; 500 pods are 2.5 MB. What is longer is not read."""


class ForwardingShell(Shell, Protocol):
    """A shell that also reaches its host's loopback."""

    async def loopback(self, port: int) -> socket.socket:
        """Connected to 127.0.0.1:`port` of the host.

        Raises:
            Unreachable: no connection to the host, or nobody listens there.
            PermissionError: the host forbids forwarding.
        """
        ...


class KubernetesApi:
    """`ports.KubeApi` of one controller."""

    def __init__(self, shell: ForwardingShell, kubeconfig: bytes | None = None) -> None:
        """`kubeconfig` (of `--kubeconfig`) stands for the admin.conf; the server is still the controller."""
        self._shell = shell
        self._given = kubeconfig
        self._opening = asyncio.Lock()
        self._client: KubeClient | None = None
        self._credentials: Credentials | None = None
        self._unit: Unit | None = None
        self._by_kubectl = False
        self._closed = False

    @property
    def host(self) -> HostName:
        return self._shell.host

    async def get(self, path: str, *, timeout: float = LIMIT) -> bytes:
        return await self._request("GET", path, None, None, timeout)

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = LIMIT) -> bytes:
        return await self._request("PATCH", path, json.loads(body), content_type, timeout)

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = LIMIT) -> bytes:
        return await self._request("DELETE", path, json.loads(body) if body else None, None, timeout)

    async def close(self) -> None:
        self._closed = True
        await self._forget()

    async def _request(self, method: str, path: str, body: Any, content_type: str | None, limit: float) -> bytes:
        if not path.startswith("/"):
            raise ValueError(f"{path!r} is no path of an API server")
        client = await self._ready()
        if client is None:
            return await self._get_by_kubectl(method, path, limit)
        try:
            status, answer = await client.request(method, path, body, content_type, limit)
        except PermissionError:
            self._by_kubectl = True
            return await self._get_by_kubectl(method, path, limit)
        except OSError as error:
            raise await self._failed(error, limit) from error
        return await self._judged(method, path, status, answer)

    async def _ready(self) -> KubeClient | None:
        """The client; None: only kubectl on the host is left."""
        async with self._opening:
            if self._closed:
                raise Unreachable(f"{self.host}: its API connection was closed by k0stui")
            if self._client is None and not self._by_kubectl:
                self._credentials = await self._read_credentials()
                # With onlyBindToAddress the API server is not on loopback, and we forward to nowhere else.
                self._by_kubectl = not self._credentials.on_loopback
            if self._client is None and self._credentials and not self._by_kubectl:
                module = await asyncio.to_thread(importlib.import_module, "k0stui.connect.kube_client")
                port = self._credentials.port
                try:
                    self._client = module.KubeClient(self._credentials, lambda: self._shell.loopback(port))
                except (ssl.SSLError, ValueError) as error:
                    raise NotPermitted(f"{self.host}: the certificates or the key for its API are none") from error
        return self._client if not self._by_kubectl else None

    async def _read_credentials(self) -> Credentials:
        if self._given is not None:
            given = read_kubeconfig(self._given, "--kubeconfig")
            return Credentials("https://localhost:6443", given.authority, given.certificate, given.key, given.token)
        unit = await self._read_unit()
        path = f"{unit.data_dir}/pki/admin.conf"
        reply = await self._shell.run(Command(("cat", path), sudo=True))
        if reply.exit_status != 0:
            raise NotPermitted(f"{self.host}: no credentials for its API: {reply.error_text or 'an empty ' + path}")
        try:
            return read_kubeconfig(reply.stdout, f"{self.host}:{path}")
        except UsageError as error:
            raise NotPermitted(str(error)) from error

    async def _read_unit(self) -> Unit:
        if self._unit is None:
            self._unit = unit_of((await self._shell.run(UNIT)).text)
        return self._unit

    async def _forget(self) -> None:
        """Credentials change when k0s starts: read them anew next time."""
        client, self._client, self._credentials = self._client, None, None
        if client is not None:
            await client.close()

    async def _failed(self, error: OSError, limit: float) -> Unreachable:
        if isinstance(error, TimeoutError):
            return Unreachable(f"{self.host}: its API server did not answer within {limit:g} s")
        if isinstance(error, ssl.SSLError):
            await self._forget()
            why = getattr(error, "verify_message", "") or error.reason
            return Unreachable(f"{self.host}: its API server is not the one that its kubeconfig knows ({why})")
        return Unreachable(f"{self.host}: no connection to its API server: {error or type(error).__name__}")

    async def _judged(self, method: str, path: str, status: int, answer: bytes) -> bytes:
        if len(answer) > ANSWER_CAP:
            size = f"{ANSWER_CAP >> 20} MiB"
            raise ProbeFailed(f"{self.host}: its API server answers more than {size} to {method} {path}: not read")
        if status < 400:
            return answer
        said = answer[:2000].decode("utf-8", "replace")
        where = f"{self.host}: its API server answers {status} to {method} {path}"
        if status in (401, 403):
            if status == 401:
                await self._forget()
            raise NotPermitted(where)
        raise ApiRefused(f"{where}: {_message(said)}", status, said)

    async def _get_by_kubectl(self, method: str, path: str, limit: float) -> bytes:
        if method != "GET":
            raise NotPermitted(f"{self.host}: its sshd forbids forwarding; acts need `AllowTcpForwarding local` there")
        unit = await self._read_unit()
        command = Command((unit.k0s, "kubectl", "get", "--raw", path), sudo=True, timeout=limit, cap=ANSWER_CAP)
        return kubectl_answer(self.host, path, await self._shell.run(command))


class Unit:
    """What the init system's unit says of k0s."""

    __slots__ = ("data_dir", "k0s")

    def __init__(self, k0s: str = "/usr/local/bin/k0s", data_dir: str = "/var/lib/k0s") -> None:
        self.k0s = k0s
        self.data_dir = data_dir


def unit_of(text: str) -> Unit:
    """From systemd's ExecStart or an OpenRC script; k0s' defaults for what is not said."""
    found = Unit()
    if binary := re.search(r"(?:path=|command=['\"]?|^)(/[^\s;'\"]*k0s[^\s;'\"]*)", text, re.MULTILINE):
        found.k0s = binary[1]
    if folder := re.search(r"--data-dir[= ]['\"]?(/[^\s;'\"]+)", text):
        found.data_dir = folder[1].rstrip("/")
    return found


_STATUS = {"NotFound": 404, "Forbidden": 403, "Unauthorized": 401, "ServiceUnavailable": 503, "TooManyRequests": 429}


def kubectl_answer(host: HostName, path: str, reply: Reply) -> bytes:
    """stdout of `kubectl get --raw`, or the error that its stderr tells.

    Raises:
        Unreachable, NotPermitted, ApiRefused: as `KubeApi.get`.
    """
    if reply.exit_status == 0 and not reply.cut:
        return reply.stdout
    said = reply.error_text[-300:]
    named = re.search(r"\((\w+)\)", said)
    status = _STATUS.get(named[1], 500) if named and "from server" in said else 0
    if status in (401, 403):
        raise NotPermitted(f"{host}: its API server answers {status} to GET {path}")
    if status:
        raise ApiRefused(f"{host}: its API server answers {status} to GET {path}: {said}", status, said)
    raise Unreachable(f"{host}: no answer from its API server by way of k0s kubectl: {said}")


def _message(body: str) -> str:
    """The sentence of a Kubernetes `Status`, or what was said instead."""
    try:
        return str(json.loads(body)["message"])[:300]
    except (ValueError, KeyError, TypeError, RecursionError):
        return body.strip()[:300]
