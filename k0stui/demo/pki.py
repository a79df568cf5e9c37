"""Keys and certificates of a simulated cluster, made anew for each run: a CA, API servers, one admin."""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, as PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Pki:
    """Everything that the API servers and `admin.conf` need."""

    ca: bytes
    server: Pair
    admin: Pair

    def admin_conf(self) -> bytes:
        """`/var/lib/k0s/pki/admin.conf` of any controller: it leads to the local API server."""
        return f"""apiVersion: v1
clusters:
- cluster:
    server: https://localhost:6443
    certificate-authority-data: {_base64(self.ca)}
  name: local
contexts:
- context:
    cluster: local
    namespace: default
    user: user
  name: Default
current-context: Default
kind: Config
preferences: {{}}
users:
- name: user
  user:
    client-certificate-data: {_base64(self.admin.certificate)}
    client-key-data: {_base64(self.admin.key)}
""".encode()


def make_pki(addresses: list[str]) -> Pki:
    """A CA, a server certificate for localhost and `addresses`, an admin of group system:masters."""
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("kubernetes-ca")
    ca = _certificate(ca_name, ca_name, ca_key, ca_key, [x509.BasicConstraints(ca=True, path_length=None)])
    return Pki(
        ca.public_bytes(serialization.Encoding.PEM),
        _pair("kubernetes", "kubernetes", ca_key, ca_name, [_names(addresses), _use(ExtendedKeyUsageOID.SERVER_AUTH)]),
        _pair("kubernetes-admin", "system:masters", ca_key, ca_name, [_use(ExtendedKeyUsageOID.CLIENT_AUTH)]),
    )


def _pair(
    common: str, group: str, ca_key: ec.EllipticCurvePrivateKey, issuer: x509.Name, extensions: list[x509.ExtensionType]
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(_name(common, group), issuer, key, ca_key, extensions)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return Pair(certificate.public_bytes(serialization.Encoding.PEM), private)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    ca_key: ec.EllipticCurvePrivateKey,
    extensions: list[x509.ExtensionType],
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return builder.sign(ca_key, hashes.SHA256())


def _name(common: str, group: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _names(addresses: list[str]) -> x509.SubjectAlternativeName:
    found: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName("kubernetes")]
    found += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", *addresses)]
    return x509.SubjectAlternativeName(found)


def _use(purpose: x509.ObjectIdentifier) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([purpose])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
