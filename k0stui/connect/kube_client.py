"""`kubernetes.aio`'s ApiClient on a socket of ours, with credentials that never touch a disk.

Loading this module loads the kubernetes package (0.6 s and more): import it late, in a thread. The typed models are not
loaded: since 37, `kubernetes.aio.client` is lazy, and only naming a model would load it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration

from k0stui.connect.kube import ANSWER_CAP
from k0stui.connect.kubeconfig import Credentials

CONNECTIONS = 4
"""To one API server. One is reused while answers are quick; a question that hangs must not hold up the others."""

KEPT = 75.0
"""Seconds that an idle connection is kept: longer than any pace, shorter than the API server's own 90."""


class KubeClient:
    """HTTP to one API server. The only place that knows `kubernetes` and `aiohttp`."""

    def __init__(self, credentials: Credentials, dial: Callable[[], Awaitable[socket.socket]]) -> None:
        configuration = Configuration(host=credentials.server, ca_cert_data=credentials.authority)
        with _as_files(credentials) as (certificate, key):
            configuration.cert_file, configuration.key_file = certificate, key
            self._api = ApiClient(configuration)
        configuration.cert_file = configuration.key_file = None
        self._connector = _Connector(dial, self._api.rest_client.ssl_context, credentials.name)
        # trust_env: a proxy of this machine's environment has no business on the way to a host's loopback.
        configuration.client_session_kwargs = {"connector": self._connector, "trust_env": False}
        self._server = credentials.server.rstrip("/")
        self._token = credentials.token

    async def request(
        self, method: str, path: str, body: Any, content_type: str | None, limit: float
    ) -> tuple[int, bytes]:
        """Status and raw body, of which no more is read than shows that it is longer than `ANSWER_CAP`.

        Raises:
            OSError: TimeoutError after `limit` seconds; ssl.SSLError; what `dial` raises.
        """
        headers = {"Accept": "application/json, */*", "User-Agent": "k0stui"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if content_type:
            headers["Content-Type"] = content_type
        async with asyncio.timeout(limit):
            try:
                response = await self._api.call_api(method, self._server + path, headers, body, _request_timeout=limit)
                return int(response.status), await read_up_to(ANSWER_CAP + 1, response.response)
            except aiohttp.ClientError as error:
                # What our own dialling and TLS raised is inside.
                cause = error.__cause__
                raise cause if isinstance(cause, OSError) else ConnectionError(str(error)) from error

    async def close(self) -> None:
        await self._api.close()  # type: ignore[no-untyped-call]
        await self._connector.close()


async def read_up_to(most: int, response: aiohttp.ClientResponse) -> bytes:
    """The body, or its first `most` bytes: then the connection is given up instead of reading on for ever."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) >= most:
            response.close()
            break
    return bytes(body[:most])


class _Connector(aiohttp.BaseConnector):
    """Connections by `dial` instead of by name and port; the hook is the one that aiohttp's own UnixConnector uses."""

    def __init__(self, dial: Callable[[], Awaitable[socket.socket]], context: ssl.SSLContext, name: str) -> None:
        super().__init__(limit=CONNECTIONS, keepalive_timeout=KEPT)
        self._dial = dial
        self._context = context
        self._name = name

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> ResponseHandler:
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(
            self._factory, sock=await self._dial(), ssl=self._context, server_hostname=self._name
        )
        return protocol


@contextmanager
def _as_files(credentials: Credentials) -> Iterator[tuple[str | None, str | None]]:
    """Certificate and key as paths, since OpenSSL takes nothing else, for as long as it reads them.

    Memory files (memfd) where there are: they have no name, are on no disk, and vanish with their descriptor, also when
    we are killed. Elsewhere (macOS) a temporary file, 0600, unlinked before the first byte is written.
    """
    if not credentials.certificate:
        yield None, None
        return
    descriptors: list[int] = []
    try:
        for content in (credentials.certificate, credentials.key):
            descriptors.append(_nameless_file())
            os.write(descriptors[-1], content)
            os.lseek(descriptors[-1], 0, os.SEEK_SET)
        yield f"/dev/fd/{descriptors[0]}", f"/dev/fd/{descriptors[1]}"
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _nameless_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("k0stui", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:  # 0600, unlinked at birth
        return os.dup(file.fileno())
