"""A client of the Kubernetes API, as k0s and kubelet use one: by kubeconfig, one connection per thread."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import tempfile
import threading
from base64 import b64decode
from pathlib import Path
from urllib.parse import urlsplit

import yaml


class ApiError(Exception):
    """The API answered with an error (`status` is its code), or not at all (`status` 0)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """All requests raise ApiError. `path` is as in `kubectl get --raw`."""

    def __init__(self, kubeconfig: Path, timeout: float = 8.0, server: str | None = None) -> None:
        document = yaml.load(kubeconfig.read_text(), yaml.CSafeLoader)
        self.url = urlsplit(server or document["clusters"][0]["cluster"]["server"])
        self.timeout = timeout
        self._context = _context(document["clusters"][0]["cluster"], document["users"][0]["user"])
        self._local = threading.local()

    def get(self, path: str) -> dict:
        return json.loads(self.request("GET", path))

    def raw(self, path: str) -> str:
        return self.request("GET", path).decode()

    def post(self, path: str, body: dict) -> dict:
        return json.loads(self.request("POST", path, body))

    def put(self, path: str, body: dict) -> dict:
        return json.loads(self.request("PUT", path, body))

    def merge(self, path: str, patch: dict) -> dict:
        return json.loads(self.request("PATCH", path, patch, "application/merge-patch+json"))

    def delete(self, path: str, grace: int | None = None) -> None:
        self.request("DELETE", path, {} if grace is None else {"gracePeriodSeconds": grace})

    def find(self, path: str) -> dict | None:
        """The object, or None where the API says that there is none."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def request(self, method: str, path: str, body: dict | None = None, kind: str = "application/json") -> bytes:
        content = None if body is None else json.dumps(body)
        reused = getattr(self._local, "connection", None) is not None
        try:
            connection = self._connection()
            connection.request(method, path, content, {"Content-Type": kind} if content else {})
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            if reused and not isinstance(error, TimeoutError):
                return self.request(method, path, body, kind)
            raise ApiError(0, f"{method} {self.url.geturl()}{path}: {error}") from error
        if answer.status >= 400:
            raise ApiError(answer.status, _message(data))
        return data

    def _connection(self) -> http.client.HTTPSConnection:
        found = getattr(self._local, "connection", None)
        if found is None:
            host, port = self.url.hostname or "localhost", self.url.port or 6443
            found = http.client.HTTPSConnection(host, port, timeout=self.timeout, context=self._context)
            self._local.connection = found
        return found

    def _drop(self) -> None:
        if found := getattr(self._local, "connection", None):
            found.close()
        self._local.connection = None


def _message(data: bytes) -> str:
    try:
        return str(json.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        return data.decode(errors="replace")


def _context(cluster: dict, user: dict) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
    with tempfile.TemporaryDirectory() as place:
        certificate, key = os.path.join(place, "crt"), os.path.join(place, "key")
        for path, content in ((certificate, user["client-certificate-data"]), (key, user["client-key-data"])):
            Path(path).write_bytes(b64decode(content))
        context.load_cert_chain(certificate, key)
    return context
