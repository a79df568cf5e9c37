"""What is needed of a kubeconfig to talk to an API server. Held in memory, never written, never shown."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import yaml

from k0stui.errors import UsageError
from k0stui.probes.yaml_text import load, scalar

LOOPBACK = ("localhost", "127.0.0.1", "::1")

API_PORT = 6443


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of the current context."""

    server: str
    """`https://localhost:6443` in a controller's admin.conf; with `onlyBindToAddress` another address of it."""
    authority: str = field(repr=False)
    """PEM; what the server's certificate must be signed by."""
    certificate: bytes = field(repr=False, default=b"")
    """PEM; empty with a token."""
    key: bytes = field(repr=False, default=b"")
    token: str = field(repr=False, default="")

    @property
    def port(self) -> int:
        return urlsplit(self.server).port or API_PORT

    @property
    def name(self) -> str:
        """What the server's certificate must name."""
        return urlsplit(self.server).hostname or "localhost"

    @property
    def on_loopback(self) -> bool:
        return self.name in LOOPBACK


def read_kubeconfig(text: bytes, source: str) -> Credentials:
    """The current context's cluster and user. Programs named by `exec` and files named by path are not used.

    Raises:
        UsageError: it is none, or has no inline credentials; `source` names it, its content is never quoted.
    """
    try:
        document = load(text)
        context = _named(document["contexts"], document["current-context"])["context"]
        cluster = _named(document["clusters"], context["cluster"])["cluster"]
        user = _named(document["users"], context["user"])["user"]
        credentials = Credentials(
            server=scalar(cluster["server"]),
            authority=_decoded(cluster, "certificate-authority-data").decode(),
            certificate=_decoded(user, "client-certificate-data"),
            key=_decoded(user, "client-key-data"),
            token=scalar(user.get("token", "")),
        )
        _ = credentials.port  # urlsplit finds a bad one only now
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error, yaml.YAMLError) as error:
        # Not the error's text: it quotes the line.
        raise UsageError(f"{source}: no kubeconfig with a current context, inline certificates and keys") from error
    if not credentials.authority or not (credentials.token or (credentials.certificate and credentials.key)):
        raise UsageError(f"{source}: it has no inline certificate-authority-data and client key or token")
    return credentials


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next((entry for entry in entries if scalar(entry["name"]) == scalar(name)), {})


def _decoded(section: dict[str, Any], name: str) -> bytes:
    return base64.b64decode(section.get(name, ""), validate=True)
