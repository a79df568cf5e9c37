"""kube-proxy's place: keeps a connection to the API server that its kubeconfig named at its start."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standin import log
from standin.process import hide_interpreter
from standin.settings import version


def main() -> None:
    hide_interpreter()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    text = Path("/var/lib/kube-proxy/kubeconfig.conf").read_text()
    host, port = re.search(r"server: https://([^:\s]+):(\d+)", text).groups()  # type: ignore[union-attr]
    told = False
    while True:
        try:
            with socket.create_connection((host.replace("localhost", "127.0.0.1"), int(port)), 5) as connection:
                connection.settimeout(None)
                _listen()
                connection.recv(1)
        except OSError as error:
            if not version().is_new:
                reason = os.strerror(error.errno or 111).lower()
                url = f"https://{host}:{port}/api/v1/nodes"
                refused = f"dial tcp 127.0.0.1:{port}: connect: {reason}"
                _say("E", f'"Failed to retrieve node info" err="Get \\"{url}\\": {refused}"')
            elif not told:
                _say("I", '"Waiting for caches to sync"')
            told = True
        time.sleep(2)


_listening: list[ThreadingHTTPServer] = []


def _listen() -> None:
    """10249 and 10256 only once the API was reached."""
    if _listening:
        return
    for host, port in (("0.0.0.0", 10249), ("0.0.0.0", 10256)):
        server = ThreadingHTTPServer((host, port), Handler)
        _listening.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        data = b"ok"
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def _say(level: str, text: str) -> None:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
    with open(os.environ["STANDIN_LOG"], "a") as file:
        file.write(f"{stamp} stderr F {log.klog(level, 'server.go:1', text)}\n")
