"""proxy-agent's place: finds its servers by reference/konnectivity.md §2.2, over real connections.

One loop. It knows how many servers there are from what a server told it, dials its one address again while it has
fewer, drops a connection that leads to a server that it already has, and stops looking when it has enough: duplicates,
the count trap and ghosts come of these rules and of nothing else.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import ssl
import sys
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

from standin import frames, http_small, log
from standin.availability import SERVICE
from standin.metrics import Metrics
from standin.process import flag, hide_interpreter
from standin.settings import version

DECLARED = {
    "endpoint_dial_failure_total": ("counter", "Number of failures dialing endpoints"),
    "known_server_count": ("gauge", "Number of servers that the agent knows of"),
    "open_endpoint_connections": ("gauge", "Current number of open endpoint connections."),
    "open_server_connections": ("gauge", "Current number of open server connections."),
    "server_connection_failure_count": ("counter", "Count of failures to send to or receive from the proxy server"),
    "stream_packets_total": ("counter", "Count of packets processed, by segment and packet type"),
}
CONNECT_LIMIT = 20.0
"""gRPC's, for TCP and TLS together; the wait for the server's answer has none."""


class Duplicate(Exception):
    """The address led to a server that we already have."""


class ProxyAgent:
    """One agent: its servers by id, and what it believes of their number."""

    def __init__(self) -> None:
        self.version = version()
        self.host, self.port = flag("proxy-server-host"), int(flag("proxy-server-port"))
        self.agent_id, self.identifiers = flag("agent-id"), flag("agent-identifiers")
        self.servers: dict[str, asyncio.StreamWriter] = {}
        self.known = self.version.fresh_known
        self.draining = False
        self.tasks: set[asyncio.Task] = set()
        self.metrics = Metrics("konnectivity_network_proxy_agent_", DECLARED)
        self.metrics.set("known_server_count", self.known)
        self.context = ssl.create_default_context(cafile=flag("ca-cert"))

    async def run(self) -> None:
        sleep = 1.0
        while True:
            if self.version.is_new:
                _log(
                    "I",
                    "server_counter.go:57",
                    f'"Determined server count" serverCount={max(1, self.known)} source="KNP server response headers"',
                )
            try:
                if len(self.servers) < max(1, self.known) and not (self.draining and self.version.is_new):
                    await self._sync_once()
                sleep = 1.0
            except Duplicate as error:
                self._say_duplicate(str(error))
                sleep = 1.0
            except (OSError, TimeoutError, ssl.SSLError, ValueError) as error:
                _log("E", "clientset.go:186", f'"cannot connect once" err="{_grpc_error(error, self.host, self.port)}"')
                sleep = min(sleep * 1.5, 10.0)
            await asyncio.sleep(sleep * random.uniform(1.0, 1.1))

    async def _sync_once(self) -> None:
        async with asyncio.timeout(CONNECT_LIMIT):
            name = "localhost" if self.host == "localhost" else self.host
            reader, writer = await asyncio.open_connection(
                "127.0.0.1" if name == "localhost" else name,
                self.port,
                ssl=self.context,
                server_hostname=name,
                limit=frames.LIMIT,
            )
        try:
            token = Path(flag("service-account-token-path")).read_text().strip()
            frames.send(writer, agentID=self.agent_id, agentIdentifiers=self.identifiers, token=token)
            answer = await frames.receive(reader)
            if answer is None:
                raise ValueError("expected one server ID in the context, got []")
            self._meet(answer, reader, writer)
        except BaseException:
            writer.close()
            raise

    def _meet(self, answer: dict, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_id, count = answer["serverID"], answer["serverCount"]
        _log("I", "client.go:246", f'"Connect to server" serverID="{server_id}"')
        if self.version.known_follows_duplicates:
            # Up to 0.33 the last server contacted counts, duplicates included; later the last one added.
            self._believe(count)
        if server_id in self.servers:
            frames.send(writer, cancel=True)
            raise Duplicate(server_id)
        self._believe(count)
        self.servers[server_id] = writer
        self.metrics.set("open_server_connections", len(self.servers))
        if not self.version.is_new:
            _log("I", "clientset.go:279", f'"sync added client connecting to proxy server" serverID="{server_id}"')
        else:
            text = f'"successfully connected to new proxy server" serverID="{server_id}" newServerCount={count}'
            _log("I", "clientset.go:279", text)
        _log("I", "client.go:354", f'"Start serving" serverID="{server_id}" agentID="{self.agent_id}"')
        self._spawn(self._serve(server_id, reader, writer))

    def _believe(self, count: int) -> None:
        if not self.version.is_new and count != self.known:
            _log("W", "clientset.go:255", f"change detected in proxy server count (was: {self.known}, now: {count})")
        self.known = count
        self.metrics.set("known_server_count", count)

    def _say_duplicate(self, server_id: str) -> None:
        if not self.version.is_new:
            counts = f"serverCount={self.known} clientsCount={len(self.servers)}"
            _log("I", "clientset.go:190", f'"duplicate server" serverID="{server_id}" {counts}')
        else:
            _log("I", "clientset.go:190", f'"duplicate server connection attempt" serverID="{server_id}"')

    def _spawn(self, body) -> None:  # type: ignore[no-untyped-def]
        task = asyncio.get_running_loop().create_task(body)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, server_id: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the stream ends; a peer that falls silent is not noticed (§2.4)."""
        tunnels: dict[int, asyncio.StreamWriter] = {}
        while frame := await frames.receive(reader):
            if "dial" in frame:
                self._spawn(self._dial(frame["dial"], frame["address"], writer, tunnels))
            elif (number := frame.get("data")) in tunnels:
                tunnels[number].write(b64decode(frame["bytes"]))
            elif (number := frame.get("close")) in tunnels:
                tunnels.pop(number).close()
        error = "rpc error: code = Unavailable desc = error reading from server: EOF"
        _log(
            "E",
            "client.go:401",
            f'"could not read stream" err="{error}" serverID="{server_id}" agentID="{self.agent_id}"',
        )
        for tunnel in tunnels.values():
            tunnel.close()
        writer.close()
        if self.servers.get(server_id) is writer:
            del self.servers[server_id]
        self.metrics.add("server_connection_failure_count", direction="from_server")
        self.metrics.set("open_server_connections", len(self.servers))

    async def _dial(self, number: int, address: str, server: asyncio.StreamWriter, tunnels: dict) -> None:
        self.metrics.add("stream_packets_total", packet_type="DIAL_REQ", segment="to_agent")
        host, _, port = (f"{self.agent_id}:10250" if address == SERVICE else address).rpartition(":")
        try:
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection(host, int(port))
        except (OSError, TimeoutError) as error:
            reason = (
                "i/o timeout"
                if isinstance(error, TimeoutError)
                else f"connect: {os.strerror(error.errno or 111).lower()}"
            )
            self.metrics.add(
                "endpoint_dial_failure_total", reason="timeout" if isinstance(error, TimeoutError) else "unknown"
            )
            frames.send(server, dialed=number, error=f"dial tcp {address}: {reason}")
            return
        tunnels[number] = writer
        frames.send(server, dialed=number, error="")
        try:
            while data := await reader.read(32768):
                frames.send(server, data=number, bytes=frames.encoded(data))
        except OSError:
            pass
        frames.send(server, close=number)
        tunnels.pop(number, None)
        writer.close()

    def answer(self, path: str) -> tuple[int, str]:
        match path.partition("?")[0]:
            case "/metrics":
                return 200, self.metrics.text()
            case "/healthz":
                return 200, "ok"
            case "/readyz" | "/ready":
                if self.servers:
                    return 200, "ok"
                text = "[+]ping ok\n[-]server-connected failed: no servers connected\n"
                _log("I", "server.go:210", f"server-connected check failed: \n{text}")
                return 503, f"{text}readyz check failed\n"
        return 404, "404 page not found\n"

    def terminate(self) -> None:
        """From 0.31 the first SIGTERM only drains; kubelet's SIGKILL ends it, 30 s later."""
        self.draining = True
        _log("I", "main.go:61", '"Received first signal" signal="terminated"')


def _grpc_error(error: Exception, host: str, port: int) -> str:
    if isinstance(error, ValueError):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"x509: certificate is not valid for {host}"
        detail = f"authentication handshake failed: tls: failed to verify certificate: {reason}"
    elif isinstance(error, ssl.SSLError | ConnectionResetError | asyncio.IncompleteReadError):
        detail = "authentication handshake failed: EOF"
    elif isinstance(error, TimeoutError):
        detail = "authentication handshake failed: context deadline exceeded"
    else:
        reason = (
            os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else "connection refused"
        )
        target = "127.0.0.1" if host == "localhost" else host
        detail = f"Error while dialing: dial tcp {target}:{port}: connect: {reason}"
    return f'rpc error: code = Unavailable desc = connection error: desc = \\"transport: {detail}\\"'


_LOG = os.environ.get("STANDIN_LOG")


def _log(level: str, place: str, text: str) -> None:
    """To the pod's log file, in CRI form."""
    if _LOG:
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        with open(_LOG, "a") as file:
            for line in log.klog(level, place, text).splitlines():
                file.write(f"{stamp} stderr F {line}\n")
    else:
        log.emit(level, place, text)


async def _serve() -> None:
    agent = ProxyAgent()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, agent.terminate)
    for text in (
        f"AgentID set to {agent.agent_id}.",
        f'ProxyServerHost set to "{agent.host}".',
        f"ProxyServerPort set to {agent.port}.",
    ):
        _log("I", "options.go:155", text)
    await http_small.serve(None, 8093, agent.answer)
    await agent.run()


def main() -> None:
    hide_interpreter()
    try:
        asyncio.run(_serve())
    except OSError as error:
        sys.exit(str(error))
