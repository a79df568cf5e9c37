"""A stand-in for an API server: HTTPS on loopback that wants a client certificate, and an admin.conf for it."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(slots=True)
class ApiServer:
    """What it was asked, and how to reach it."""

    port: int
    admin_conf: bytes
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path with query, and body."""
    connections: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)
    """Of the client certificates shown."""


@asynccontextmanager
async def an_api_server(folder: Path, name: str = "localhost") -> AsyncIterator[ApiServer]:
    """Serves until left; `name` is what its certificate names."""
    authority = Authority("kubernetes-ca")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=authority.pem.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    certificate, key = authority.sign("kube-apiserver", name)
    (folder / "server.pem").write_bytes(certificate + key)
    context.load_cert_chain(folder / "server.pem")
    server = ApiServer(0, b"")
    app = web.Application(client_max_size=10**8)

    async def answer(request: web.Request) -> web.Response:
        return await _answer(server, request)

    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    server.port = runner.addresses[0][1]
    server.admin_conf = admin_conf(authority, server.port)
    try:
        yield server
    finally:
        await runner.cleanup()


async def _answer(server: ApiServer, request: web.Request) -> web.Response:
    server.asked.append((request.method, request.path_qs, (await request.read()).decode()))
    assert request.transport is not None
    server.connections.add(str(request.transport.get_extra_info("peername")))
    subject = request.transport.get_extra_info("peercert")["subject"]
    server.subjects |= {value for part in subject for key, value in part if key == "commonName"}
    match request.path:
        case "/forbidden":
            return web.Response(status=403, text="no")
        case "/unauthorized":
            return web.Response(status=401, text="who?")
        case "/missing":
            return web.json_response({"kind": "Status", "message": 'nodes "x" not found'}, status=404)
        case "/dialled":
            return web.Response(status=503, text="error trying to reach service: No agent available")
        case "/big":
            return web.Response(body=b"x" * 5_000_000)
        case "/hang":
            await asyncio.sleep(30)
    return web.Response(text=f'{{"path": "{request.path_qs}", "type": "{request.content_type}"}}')


class Authority:
    """A certificate authority."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = _certificate(self._name, self._name, self._key, self._key, None)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, subject: str, name: str = "") -> tuple[bytes, bytes]:
        """Certificate and key, both PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
        certificate = _certificate(names, self._name, key, self._key, name)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return certificate.public_bytes(serialization.Encoding.PEM), private


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    name: str | None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=name is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if name is None:
        usage = x509.KeyUsage(*(flag in (5, 6) for flag in range(9)))
        builder = builder.add_extension(usage, critical=True)
    elif name:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def admin_conf(authority: Authority, port: int) -> bytes:
    """As k0s writes it."""
    certificate, key = (base64.b64encode(part).decode() for part in authority.sign("kubernetes-admin"))
    return f"""apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {base64.b64encode(authority.pem).decode()}
    server: https://localhost:{port}
  name: local
contexts:
- context: {{cluster: local, user: user}}
  name: Default
current-context: Default
kind: Config
users:
- name: user
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
""".encode()
