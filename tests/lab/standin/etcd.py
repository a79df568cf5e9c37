"""etcd by its JSON gateway on the local member, with k0s' client certificate; and etcd's command line by k0s."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from base64 import b64decode, b64encode

from standin.settings import NODE, PKI, address

TIMEOUT = 5.0
"""Of one request; kube-apiserver gives up after about as long ("etcdserver: request timed out")."""


class EtcdError(Exception):
    """The member did not answer, or refused: no quorum, no leader, not running."""


_local = threading.local()


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=PKI / "etcd/ca.crt")
    context.load_cert_chain(PKI / "apiserver-etcd-client.crt", PKI / "apiserver-etcd-client.key")
    return context


def ask(path: str, body: dict | None = None) -> dict:
    """POST `body` (GET without one); raises EtcdError. One connection per thread is kept."""
    try:
        connection = getattr(_local, "connection", None)
        if connection is None:
            connection = http.client.HTTPSConnection("127.0.0.1", 2379, timeout=TIMEOUT, context=_context())
            _local.connection = connection
        if body is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, json.dumps(body))
        answer = connection.getresponse()
        content = json.loads(answer.read() or b"{}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        if getattr(_local, "connection", None):
            _local.connection.close()
        _local.connection = None
        raise EtcdError("etcdserver: request timed out") from error
    if answer.status != 200:
        raise EtcdError(content.get("message") or content.get("error") or content.get("reason") or f"{answer.status}")
    return content


def _b64(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


def get(key: str) -> tuple[dict | None, int]:
    """The object at `key` and the revision that last changed it; (None, 0) when there is none. Linearizable."""
    found = ask("/v3/kv/range", {"key": _b64(key)}).get("kvs")
    if not found:
        return None, 0
    return json.loads(b64decode(found[0]["value"])), int(found[0]["mod_revision"])


def list_prefix(prefix: str) -> tuple[list[tuple[str, dict, int]], int]:
    """(key, object, revision) of all below `prefix`, and the store's revision."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    answer = ask("/v3/kv/range", {"key": _b64(prefix), "range_end": _b64(end)})
    rows = [
        (b64decode(each["key"]).decode(), json.loads(b64decode(each["value"])), int(each["mod_revision"]))
        for each in answer.get("kvs", ())
    ]
    return rows, int(answer["header"]["revision"])


def put_if(key: str, value: dict, revision: int, lease: int = 0) -> int | None:
    """Write if the key is still at `revision` (0: not there); the new revision, or None when someone was faster."""
    request = {"request_put": {"key": _b64(key), "value": _b64(json.dumps(value)), "lease": str(lease)}}
    return _transact(key, revision, request)


def delete_if(key: str, revision: int) -> int | None:
    return _transact(key, revision, {"request_delete_range": {"key": _b64(key)}})


def _transact(key: str, revision: int, request: dict) -> int | None:
    compare = {"key": _b64(key), "target": "MOD", "mod_revision": str(revision)}
    answer = ask("/v3/kv/txn", {"compare": [compare], "success": [request]})
    return int(answer["header"]["revision"]) if answer.get("succeeded") else None


def lease(seconds: int) -> int:
    return int(ask("/v3/lease/grant", {"TTL": str(seconds)})["ID"])


def members() -> list[dict]:
    """As `member list` gives them; ids are strings of decimal digits."""
    return ask("/v3/cluster/member/list", {"linearizable": True}).get("members", [])


def healthy() -> bool:
    try:
        return ask("/health").get("health") == "true"
    except EtcdError:
        return False


CIPHERS = ",".join(
    f"TLS_ECDHE_{kind}_WITH_{cipher}"
    for kind in ("ECDSA", "RSA")
    for cipher in ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256")
)


def command_line(first_members: dict[str, str] | None) -> list[str]:
    """etcd's argv as k0s v1.32.1 writes it; `first_members` (name → peer URL) only where there is no data yet."""
    own, pki = address(), PKI / "etcd"
    arguments = [
        "--listen-client-urls=https://127.0.0.1:2379",
        "--advertise-client-urls=https://127.0.0.1:2379",
        f"--cert-file={pki}/server.crt",
        f"--key-file={pki}/server.key",
        "--tls-min-version=TLS1.2",
        "--enable-pprof=false",
        f"--peer-cert-file={pki}/peer.crt",
        f"--cipher-suites={CIPHERS}",
        "--client-cert-auth=true",
        "--peer-client-cert-auth=true",
        "--data-dir=/var/lib/k0s/etcd",
        f"--listen-peer-urls=https://{own}:2380",
        f"--name={NODE}",
        f"--peer-key-file={pki}/peer.key",
        "--log-level=info",
        f"--auth-token=jwt,pub-key={pki}/jwt.pub,priv-key={pki}/jwt.key,sign-method=RS512,ttl=10m",
        f"--initial-advertise-peer-urls=https://{own}:2380",
        f"--trusted-ca-file={pki}/ca.crt",
        f"--peer-trusted-ca-file={pki}/ca.crt",
    ]
    if first_members:
        arguments.append("--initial-cluster=" + ",".join(f"{name}={url}" for name, url in first_members.items()))
        arguments.append("--initial-cluster-state=new")
    return ["/var/lib/k0s/bin/etcd", *arguments]
