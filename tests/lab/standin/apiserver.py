"""kube-apiserver's place: TLS on 6443, client certificates, the catalogue's objects in etcd, the tunnel to nodes."""

from __future__ import annotations

import json
import os
import signal
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from standin import availability, egress, etcd, log, store
from standin.catalogue import RESOURCES, Target, target
from standin.process import flag, hide_interpreter
from standin.settings import PKI, address, version

from k0stui.demo.json_patch import PatchRefused, patched

CHECKS = (
    "ping",
    "log",
    "etcd",
    "etcd-readiness",
    "informer-sync",
    "poststarthook/start-kube-aggregator-informers",
    "shutdown",
)
TOKEN_USER = "system:serviceaccount:kube-system:konnectivity-agent"
GOOD_TOKEN = "standin-konnectivity-agent"
"""What the projected token of an agent holds here; any other is refused."""
STARTED = time.time()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def do_PATCH(self) -> None:
        self._answer("PATCH")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        try:
            code, content = self._respond(method, body)
        except store.Refused as error:
            code, content = error.code, _status(error.code, error.reason, str(error))
        except etcd.EtcdError as error:
            code, content = 500, _status(500, "InternalError", str(error))
        except (PatchRefused, ValueError) as error:
            code, content = 422, _status(422, "Invalid", str(error))
        self._send(code, content)

    def _send(self, code: int, content: dict | str | bytes) -> None:
        kind = "text/plain; charset=utf-8"
        if isinstance(content, dict):
            content, kind = json.dumps(content) + "\n", "application/json"
        data = content.encode() if isinstance(content, str) else content
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _respond(self, method: str, body: bytes) -> tuple[int, dict | str | bytes]:
        if not self.connection.getpeercert():
            return 401, _status(401, "Unauthorized", "Unauthorized")
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        path = unquote(url.path)
        if plain := _plain(path, query):
            return plain
        if path.startswith("/apis/metrics.k8s.io/"):
            return _metrics_api()
        if path == "/apis/authentication.k8s.io/v1/tokenreviews" and method == "POST":
            return 201, _token_review(json.loads(body))
        found = target(path)
        if found is None:
            raise store.Refused(404, "NotFound", "the server could not find the requested resource")
        if found.rest.startswith("proxy/") or found.rest == "log":
            return _through_tunnel(found)
        return self._object(method, found, query, body)

    def _object(self, method: str, found: Target, query: dict[str, str], body: bytes) -> tuple[int, dict]:
        dry = query.get("dryRun") == "All"
        value = json.loads(body) if body else {}
        match method:
            case "GET":
                return 200, store.read(found) if found.name else store.read_list(found, query)
            case "POST":
                return 201, store.create(found, value, dry)
            case "PUT":
                return 200, store.change(found, lambda old: _replaced(old, value, found), dry)
            case "PATCH":
                kind = self.headers.get("Content-Type", "")
                return 200, store.change(found, lambda old: patched(old, body, kind), dry)
            case _:
                options = value | (
                    {"gracePeriodSeconds": query["gracePeriodSeconds"]} if "gracePeriodSeconds" in query else {}
                )
                return 200, store.delete(found, options)


def _replaced(old: dict, new: dict, found: Target) -> dict:
    meta = {**new["metadata"], "uid": old["metadata"]["uid"], "creationTimestamp": old["metadata"]["creationTimestamp"]}
    if found.resource.namespaced:
        meta["namespace"] = old["metadata"]["namespace"]
    if "generation" in old["metadata"]:
        meta["generation"] = old["metadata"]["generation"]
    if found.rest == "status":
        return {**old, "status": new.get("status")}
    return {"apiVersion": old["apiVersion"], "kind": old["kind"], **new, "metadata": meta}


def _status(code: int, reason: str, message: str) -> dict:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }


def _plain(path: str, query: dict[str, str]) -> tuple[int, dict | str] | None:
    if path in ("/readyz", "/livez", "/healthz"):
        return _health(path.strip("/"), "verbose" in query)
    if path == "/version":
        kubernetes = version().kubernetes
        minor = kubernetes.split(".")[1]
        return 200, {"major": "1", "minor": minor, "gitVersion": f"v{kubernetes}+k0s", "platform": "linux/amd64"}
    if path == "/metrics":
        return 200, _metrics()
    if path in ("/api", "/apis"):
        return 200, _groups(path)
    return None


def _health(what: str, verbose: bool) -> tuple[int, str]:
    failed = {"etcd", "etcd-readiness"} if what != "livez" and not etcd.healthy() else set()
    lines = [f"[-]{each} failed: reason withheld" if each in failed else f"[+]{each} ok" for each in CHECKS]
    if failed:
        return 500, "\n".join([*lines, f"{what} check failed", ""])
    return 200, "\n".join([*lines, f"{what} check passed", ""]) if verbose else "ok"


def _metrics() -> str:
    unavailable = 0 if availability._last.get("verdict") == "True" else 1
    return (
        "# TYPE aggregator_unavailable_apiservice gauge\n"
        f'aggregator_unavailable_apiservice{{name="{availability.NAME}"}} {unavailable}\n'
        "# TYPE process_start_time_seconds gauge\n"
        f"process_start_time_seconds {STARTED:.2f}\n"
    )


def _groups(path: str) -> dict:
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    versions = {(each.group, each.version) for each in RESOURCES if each.group}
    groups = [
        {"name": group, "versions": [{"groupVersion": f"{group}/{v}", "version": v}]} for group, v in sorted(versions)
    ]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def _token_review(review: dict) -> dict:
    good = review["spec"].get("token") == GOOD_TOKEN
    status: dict = {"error": "[invalid bearer token, service account jwt not valid]", "user": {}}
    if good:
        audiences = review["spec"].get("audiences")
        status = {"authenticated": True, "audiences": audiences, "user": {"username": TOKEN_USER}}
    return {"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "spec": review["spec"], "status": status}


def _metrics_api() -> tuple[int, dict]:
    try:
        egress.dial(availability.SERVICE).close()
        return 200, {"kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": []}
    except egress.DialFailed as error:
        return 503, _status(503, "ServiceUnavailable", f"error trying to reach service: {error}")


def _through_tunnel(found: Target) -> tuple[int, dict | bytes]:
    """/api/v1/nodes/N/proxy/… and …/pods/P/log: by the local konnectivity server, then TLS to the kubelet."""
    if found.rest == "log":
        pod = store.read(found)
        node, path = (
            pod["spec"]["nodeName"],
            f"/containerLogs/{found.namespace}/{found.name}/{pod['spec']['containers'][0]['name']}",
        )
    else:
        node, path = found.name, found.rest.removeprefix("proxy")
    object_ = store.read(target(f"/api/v1/nodes/{node}"))  # type: ignore[arg-type]
    kubelet = next(each["address"] for each in object_["status"]["addresses"] if each["type"] == "InternalIP")
    try:
        return egress.get_from_kubelet(kubelet, path)
    except egress.DialFailed as error:
        if found.rest == "log":
            return 500, _status(500, "InternalError", f'Get "https://{kubelet}:10250{path}": {error}')
        return 503, _status(503, "ServiceUnavailable", f"error trying to reach service: {error}")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        super().__init__(("", 6443), Handler)

    def get_request(self):  # type: ignore[no-untyped-def]
        raw, peer = super().get_request()
        raw.settimeout(600)
        # The handshake is left to the request's own thread: one slow client must not hold up the others.
        return self.context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False), peer

    def handle_error(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        error = sys.exception()
        log.emit(
            "I", "server.go:3212", f"http: TLS handshake error from {client_address[0]}:{client_address[1]}: {error}"
        )


class EndpointsReconciler:
    """default/kubernetes: each API server keeps a key with a lease of 15 s, and writes down all it finds."""

    def __init__(self) -> None:
        self.lease = 0
        self.key = f"/registry/masterleases/{address()}"

    def run(self) -> None:
        while True:
            try:
                self._renew()
                self.write()
            except (etcd.EtcdError, store.Refused):
                pass
            time.sleep(3)

    def _renew(self) -> None:
        self.lease = etcd.lease(15)
        _, revision = etcd.get(self.key)
        etcd.put_if(self.key, {"ip": address()}, revision, self.lease)

    def write(self) -> None:
        alive = [value["ip"] for _, value, _ in etcd.list_prefix("/registry/masterleases/")[0]]
        ports = [{"name": "https", "port": 6443, "protocol": "TCP"}]
        subsets = [{"addresses": [{"ip": each} for each in sorted(alive)], "ports": ports}] if alive else []
        where = target("/api/v1/namespaces/default/endpoints/kubernetes")
        store.change(where, lambda old: {**old, "subsets": subsets})  # type: ignore[arg-type]

    def leave(self) -> None:
        try:
            _, revision = etcd.get(self.key)
            etcd.delete_if(self.key, revision)
            self.write()
        except (etcd.EtcdError, store.Refused):
            pass


def _first_objects() -> None:
    """What is there before anyone writes: namespaces, the service's endpoints, the aggregated metrics API."""
    spec = {
        "group": "metrics.k8s.io",
        "version": "v1beta1",
        "service": {"name": "metrics-server", "namespace": "kube-system"},
    }
    for path, value in (
        *(
            (f"/api/v1/namespaces/{name}", {"status": {"phase": "Active"}})
            for name in ("default", "kube-system", "kube-node-lease")
        ),
        ("/api/v1/namespaces/default/endpoints/kubernetes", {"subsets": []}),
        (availability.PATH, {"spec": spec, "status": {"conditions": []}}),
    ):
        where = target(path)
        try:
            store.create(where, {"metadata": {"name": where.name}, **value}, False)  # type: ignore[arg-type, union-attr]
        except store.Refused:
            continue


def main() -> None:
    hide_interpreter()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(
        flag("tls-cert-file", str(PKI / "server.crt")), flag("tls-private-key-file", str(PKI / "server.key"))
    )
    context.load_verify_locations(flag("client-ca-file", str(PKI / "ca.crt")))
    context.verify_mode = ssl.CERT_OPTIONAL
    while True:
        try:
            _first_objects()
            break
        except etcd.EtcdError:
            time.sleep(0.5)
    server = Server(context)
    endpoints = EndpointsReconciler()
    for body in (endpoints.run, availability.run):
        threading.Thread(target=body, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=_leave, args=(endpoints,)).start())
    log.emit("I", "secure_serving.go:213", "Serving securely on [::]:6443")
    server.serve_forever()


def _leave(endpoints: EndpointsReconciler) -> None:
    endpoints.leave()
    os._exit(0)
