"""The simulated API servers over TLS: HTTP/1.1 with a client certificate, one loopback port for each controller."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from k0stui.demo.kube import Answered, ApiServer
from k0stui.demo.pace import Pace
from k0stui.demo.pki import Pki

LARGEST_BODY = 4 * 1024 * 1024
UNAUTHORIZED = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "Unauthorized"}


def tls(pki: Pki, folder: Path) -> ssl.SSLContext:
    """Our server certificate; a client certificate of our CA is checked, none at all is an anonymous request."""
    for name, pem in (("ca.pem", pki.ca), ("api.crt", pki.server.certificate), ("api.key", pki.server.key)):
        (folder / name).write_bytes(pem)
        (folder / name).chmod(0o600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "api.crt", folder / "api.key")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


class ApiFront:
    """One controller's port: requests are answered from the model."""

    def __init__(self, pace: Pace, name: str, before: Callable[[], Awaitable[None]]) -> None:
        self._before = before
        """Awaited before each answer."""
        self._pace = pace
        self._name = name
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, context: ssl.SSLContext) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    def api(self) -> ApiServer:
        """As it is now."""
        fleet = self._pace.catch_up()
        return ApiServer(fleet, fleet.controller(self._name))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        known = bool(writer.get_extra_info("peercert") or {})
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, ValueError):
            while await self._one(reader, writer, known):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, known: bool) -> bool:
        """One request; whether another may follow."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in head[1:])}
        length = min(int(headers.get("content-length", "0")), LARGEST_BODY)
        body = await reader.readexactly(length) if length else b""
        await self._before()
        api = self.api()
        if not api.listens:
            return False
        answered = self._answer(api, known, method, target, body, headers.get("content-type", ""))
        writer.write(_http(answered))
        await writer.drain()
        return headers.get("connection", "").lower() != "close"

    def _answer(self, api: ApiServer, known: bool, method: str, target: str, body: bytes, kind: str) -> Answered:
        if not known:
            return Answered(401, json.dumps({**UNAUTHORIZED, "reason": "Unauthorized", "code": 401}).encode())
        return api.request(method, target, body, kind)


def _http(answered: Answered) -> bytes:
    kind = b"application/json" if answered.body.startswith(b"{") else b"text/plain; charset=utf-8"
    return b"HTTP/1.1 %d x\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (
        answered.status,
        kind,
        len(answered.body),
        answered.body,
    )
