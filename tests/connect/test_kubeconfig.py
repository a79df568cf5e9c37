"""Kubeconfigs that a host made to break whoever reads them."""

from __future__ import annotations

import base64

import pytest

from k0stui.connect.kubeconfig import read_kubeconfig
from k0stui.errors import UsageError

PEM = base64.b64encode(b"pem").decode()
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12)
)


def config(server: str = "https://localhost:6443", token: str = "t0ken") -> bytes:
    return (
        f"current-context: x\ncontexts: [{{name: x, context: {{cluster: x, user: x}}}}]\n"
        f"clusters: [{{name: x, cluster: {{server: {server}, certificate-authority-data: {PEM}}}}}]\n"
        f"users: [{{name: x, user: {{token: {token}}}}}]\n"
    ).encode()


def test_the_current_context_is_read() -> None:
    """Server, port and token of it."""
    found = read_kubeconfig(config(), "the-file")

    assert (found.server, found.port, found.token, found.on_loopback) == ("https://localhost:6443", 6443, "t0ken", True)


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        config(server="https://localhost:99999999"),
        BOMB.encode() + config(server="*m"),
        BOMB.encode() + config(token="*m"),
        b"<<: {a: 1}\n" + config(),
    ],
    ids=["deep", "port", "bomb in the server", "bomb in the token", "merge keys"],
)
def test_what_would_end_the_program_is_no_kubeconfig(text: bytes) -> None:
    """Nesting beyond any stack, a port that is none, aliases that unfold without end: one sentence, as all others."""
    with pytest.raises(UsageError, match=r"^the-file: no kubeconfig"):
        read_kubeconfig(text, "the-file")
