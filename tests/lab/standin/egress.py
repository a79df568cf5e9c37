"""How the API server reaches a node: through the konnectivity server of its own host, by its Unix socket."""

from __future__ import annotations

import http.client
import json
import socket
import ssl

from standin.settings import PKI, RUN

SOCKET = RUN / "konnectivity-server/konnectivity-server.sock"
BACKSTOP = 30.0
"""Seconds; the limit of kube-apiserver's konnectivity client ("dial timeout, backstop")."""


class DialFailed(Exception):
    """The text as kube-apiserver passes it on."""


def dial(address: str, times: int = 1) -> socket.socket:
    """A socket that leads to `address` (host:port) through an agent.

    `times` stands for that many parallel dials of which only the last one is used: it keeps a flood affordable.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(BACKSTOP)
    try:
        connection.connect(str(SOCKET))
        connection.sendall(json.dumps({"dial": address, "times": times}).encode() + b"\n")
        answer = json.loads(_line(connection) or b'{"error": "tunnel closed"}')
    except TimeoutError as error:
        connection.close()
        raise DialFailed("dial timeout, backstop") from error
    except OSError as error:
        connection.close()
        raise DialFailed(
            f"failed to create connection to uds name {SOCKET}, error: dial unix: {error.strerror}"
        ) from error
    if answer.get("error"):
        connection.close()
        raise DialFailed(answer["error"])
    return connection


def _line(connection: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            return b""
        line += byte
    return line


def get_from_kubelet(address: str, path: str) -> tuple[int, bytes]:
    """GET from a kubelet (TLS on 10250) through the tunnel; raises DialFailed."""
    context = ssl.create_default_context(cafile=PKI / "ca.crt")
    context.check_hostname = False
    context.load_cert_chain(PKI / "apiserver-kubelet-client.crt", PKI / "apiserver-kubelet-client.key")
    with dial(f"{address}:10250") as raw:
        try:
            connection = http.client.HTTPConnection(address)
            connection.sock = context.wrap_socket(raw)
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise DialFailed(f"tunnel closed: {error}") from error
