"""The cluster's certificates, under the names and paths that k0s gives them; made anew for each lab."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.lab.hosts import CONTROLLERS, LabHost

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
BOTH_USES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])

SIGNS_CERTIFICATES = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
"""Signatures, certificates and revocation lists; nothing else."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def crt(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return private_pem(self.key)


def private_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def authority(name: str) -> Pair:
    """A certificate authority of ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(name, None)
    builder = _builder(subject, subject, key, key).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    builder = builder.add_extension(SIGNS_CERTIFICATES, True)
    return Pair(builder.sign(key, hashes.SHA256()), key)


def issue(signer: Pair, name: str, organisation: str | None = None, alternative: Iterable[str] = ()) -> Pair:
    """A certificate for `name`, good for both ends of a connection; `alternative` are names and addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_subject(name, organisation), signer.certificate.subject, key, signer.key)
    builder = builder.add_extension(BOTH_USES, False)
    if names := [_alternative(each) for each in alternative]:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    return Pair(builder.sign(signer.key, hashes.SHA256()), key)


def _builder(subject: x509.Name, issuer: x509.Name, key: PrivateKey, signer: PrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    # Python from 3.13 on verifies strictly (RFC 5280): both key identifiers must be there.
    own_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(own_id, False).add_extension(signer_id, False)
    # A day early: a host whose clock steps back must not find its own certificates in the future.
    return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=3650))


def _subject(name: str, organisation: str | None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if organisation:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(attributes)


def _alternative(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


class ClusterPki:
    """All certificates of one cluster; `write_controller` and `write_worker` lay them out as k0s does."""

    def __init__(self) -> None:
        self.ca = authority("kubernetes-ca")
        self.etcd_ca = authority("etcd-ca")
        self.front_proxy_ca = authority("kubernetes-front-proxy-ca")
        self.admin = issue(self.ca, "kubernetes-admin", "system:masters")
        self.konnectivity = issue(self.ca, "kubernetes-konnectivity", "system:masters")
        self.manager = issue(self.ca, "system:kube-controller-manager")
        self.scheduler = issue(self.ca, "system:kube-scheduler")
        self.kubelet_client = issue(self.ca, "apiserver-kubelet-client", "system:masters")
        self.etcd_client = issue(self.etcd_ca, "apiserver-etcd-client")
        self.token_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def write_controller(self, root: Path, host: LabHost) -> None:
        """`/var/lib/k0s/pki` of a controller, in `root`."""
        pki = root / "var/lib/k0s/pki"
        for name, pair in self._pairs(host).items():
            _write(pki / f"{name}.crt", pair.crt, 0o644)
            _write(pki / f"{name}.key", pair.key_pem, 0o640)
        _write(pki / "etcd/ca.crt", self.etcd_ca.crt, 0o644)
        for stem in ("sa", "etcd/jwt"):
            _write(pki / f"{stem}.key", private_pem(self.token_key), 0o640)
            _write(pki / f"{stem}.pub", public_pem(self.token_key), 0o644)
        for name, pair in (("admin", self.admin), ("konnectivity", self.konnectivity), ("ccm", self.manager)):
            _write(pki / f"{name}.conf", self.kubeconfig(pair, "https://localhost:6443"), 0o600)
        _write(pki / "scheduler.conf", self.kubeconfig(self.scheduler, "https://localhost:6443"), 0o600)

    def _pairs(self, host: LabHost) -> dict[str, Pair]:
        own = ("localhost", "127.0.0.1", "::1", host.address, host.name)
        everyone = [each for other in CONTROLLERS for each in (other.address, other.name)]
        service = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.96.0.1")
        return {
            "ca": self.ca,
            "front-proxy-ca": self.front_proxy_ca,
            "server": issue(self.ca, "kubernetes", None, (*own, *service, *everyone, "10.10.10.70")),
            "admin": self.admin,
            "apiserver-etcd-client": self.etcd_client,
            "apiserver-kubelet-client": self.kubelet_client,
            "front-proxy-client": issue(self.front_proxy_ca, "front-proxy-client"),
            "etcd/server": issue(self.etcd_ca, "etcd-server", None, own),
            "etcd/peer": issue(self.etcd_ca, host.name, None, own),
        }

    def write_worker(self, root: Path, host: LabHost, join_address: str) -> None:
        """A worker's kubelet credentials, as after its bootstrap, in `root`."""
        kubelet = issue(self.ca, f"system:node:{host.name}", "system:nodes", (host.name, host.address, "127.0.0.1"))
        conf = self.kubeconfig(kubelet, f"https://{join_address}:6443")
        _write(root / "var/lib/k0s/kubelet.conf", conf, 0o600)
        _write(root / "var/lib/k0s/kubelet/pki/kubelet.crt", kubelet.crt, 0o644)
        _write(root / "var/lib/k0s/kubelet/pki/kubelet.key", kubelet.key_pem, 0o600)
        _write(root / "var/lib/k0s/pki/ca.crt", self.ca.crt, 0o644)

    def kubeconfig(self, pair: Pair, server: str) -> bytes:
        """A kubeconfig with everything in it, as k0s writes them."""
        cluster = {"server": server, "certificate-authority-data": _base64(self.ca.crt)}
        user = {"client-certificate-data": _base64(pair.crt), "client-key-data": _base64(pair.key_pem)}
        text = yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "k0s", "cluster": cluster}],
                "contexts": [{"name": "k0s", "context": {"cluster": "k0s", "user": "user"}}],
                "current-context": "k0s",
                "users": [{"name": "user", "user": user}],
            },
            sort_keys=False,
        )
        return text.encode()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _write(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
