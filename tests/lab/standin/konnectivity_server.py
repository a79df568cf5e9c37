"""konnectivity-server's place: agents on 8132, the API server on a Unix socket, metrics on 8133, health on 8092.

Behaviour by reference/konnectivity.md §1 and §3.1: agents are let in by a TokenReview of the local API server, asked
without a time limit; a dial takes the agent of that host, else any, else fails with "No agent available".
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import socket
import ssl
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

from standin import frames, http_small, log
from standin.client import Api, ApiError
from standin.metrics import Metrics
from standin.process import flag, hide_interpreter
from standin.settings import knobs, version

DECLARED = {
    "culled_leases_count": (
        "counter",
        "Count of expired leases that the lease garbage collection controller has culled.",
    ),
    "dial_failure_count": (
        "counter",
        "Number of dial failures observed. Multiple failures can occur for a single dial request.",
    ),
    "established_connections": ("gauge", "Current number of established end-to-end connections (post-dial)."),
    "grpc_connections": ("gauge", "Number of current grpc connections, partitioned by service method."),
    "http_connections": ("gauge", "Number of current HTTP CONNECT connections"),
    "pending_backend_dials": ("gauge", "Current number of pending backend dial requests"),
    "ready_backend_connections": ("gauge", "Number of konnectivity agent connected to the proxy server"),
    "ready_backends": ("gauge", "Number of konnectivity agent connected to the proxy server"),
    "stream_errors_total": (
        "counter",
        "Count of gRPC stream errors, by segment, grpc Code, packet type. (example: from_agent, Code.Unavailable)",
    ),
    "stream_packets_total": (
        "counter",
        "Count of packets processed, by segment and packet type (example: from_client, DIAL_REQ)",
    ),
}


class Agent:
    """One stream of one agent."""

    def __init__(self, agent_id: str, host: str, writer: asyncio.StreamWriter) -> None:
        self.agent_id, self.host, self.writer = agent_id, host, writer
        self.dials: dict[int, asyncio.Future] = {}
        self.tunnels: dict[int, asyncio.StreamWriter] = {}


class KonnectivityServer:
    """All of one server's state."""

    def __init__(self) -> None:
        self.server_id, self.server_count = flag("server-id"), int(flag("server-count", "1"))
        self.server_count = knobs().get("announce", self.server_count)  # the lab's count trap
        self.version = version()
        self.agents: list[Agent] = []
        self.numbers = itertools.count(1)
        self.metrics = Metrics("konnectivity_network_proxy_server_", DECLARED)
        for gauge in ("culled_leases_count", "established_connections", "http_connections", "pending_backend_dials"):
            self.metrics.set(gauge, 0)
        self._count_agents()

    def _count_agents(self) -> None:
        ready = len({each.agent_id for each in self.agents})
        self.metrics.set("ready_backend_connections", ready)
        if self.version.is_new:
            for strategy, count in (("default", ready), ("destHost", ready), ("defaultRoute", 0)):
                self.metrics.set("ready_backends", count, proxy_strategy=strategy)

    async def handle_agent(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.metrics.add("grpc_connections", 1, service_method="Connect")
        try:
            _watch_for_dead_peers(writer.get_extra_info("socket"))
            hello = await frames.receive(reader)
            if hello and await self._let_in(hello, writer):
                await self._serve_agent(hello, reader, writer)
        finally:
            self.metrics.add("grpc_connections", -1, service_method="Connect")
            writer.close()

    async def _let_in(self, hello: dict, writer: asyncio.StreamWriter) -> bool:
        refused = await asyncio.get_running_loop().run_in_executor(None, _review, hello.get("token", ""))
        if refused:
            log.emit(
                "E", "server.go:902", f'"Client authentication failed" err="{refused}" agentID="{hello.get("agentID")}"'
            )
            return False
        frames.send(writer, serverID=self.server_id, serverCount=self.server_count)
        return True

    async def _serve_agent(self, hello: dict, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        agent = Agent(hello["agentID"], hello["agentIdentifiers"].removeprefix("host="), writer)
        self.agents.append(agent)
        self._count_agents()
        code = "Unavailable"
        while frame := await frames.receive(reader):
            if "cancel" in frame:
                code = "Canceled"
                break
            self._from_agent(agent, frame)
        self.agents.remove(agent)
        self._count_agents()
        self.metrics.add("stream_errors_total", code=code, packet_type="Unknown", segment="from_agent")
        if code != "Canceled":
            text = "rpc error: code = Unavailable desc = error reading from agent"
            log.emit(
                "E",
                "server.go:810",
                f'"Receive stream from agent read failure" err="{text}" agentID="{agent.agent_id}"',
            )
        for waiting in agent.dials.values():
            if not waiting.done():
                waiting.set_result("tunnel closed")
        for tunnel in agent.tunnels.values():
            tunnel.close()

    def _from_agent(self, agent: Agent, frame: dict) -> None:
        if (number := frame.get("dialed")) is not None:
            self._packet("DIAL_RSP", "from_agent")
            waiting = agent.dials.pop(number, None)
            if waiting and not waiting.done():
                waiting.set_result(frame.get("error") or "")
        elif (number := frame.get("data")) in agent.tunnels:
            self._packet("DATA", "from_agent")
            agent.tunnels[number].write(b64decode(frame["bytes"]))
        elif (number := frame.get("close")) in agent.tunnels:
            self._packet("CLOSE_RSP", "from_agent")
            agent.tunnels.pop(number).close()

    def _packet(self, kind: str, segment: str, times: int = 1) -> None:
        self.metrics.add("stream_packets_total", times, packet_type=kind, segment=segment)

    async def handle_frontend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One dial of the API server, and then its bytes."""
        self.metrics.add("grpc_connections", 1, service_method="Proxy")
        try:
            request = await frames.receive(reader)
            if request:
                self._packet("DIAL_REQ", "from_client", request.get("times", 1))
                await self._dial(request, reader, writer)
        finally:
            self.metrics.add("grpc_connections", -1, service_method="Proxy")
            writer.close()

    async def _dial(self, request: dict, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        agent = self._backend(request["dial"].rpartition(":")[0])
        if agent is None:
            self._no_agent(request.get("times", 1))
            frames.send(writer, error="No agent available")
            await writer.drain()
            return
        number = next(self.numbers)
        waiting = agent.dials[number] = asyncio.get_running_loop().create_future()
        self._packet("DIAL_REQ", "to_agent")
        self.metrics.add("pending_backend_dials", 1)
        frames.send(agent.writer, dial=number, address=request["dial"])
        gone = asyncio.get_running_loop().create_task(
            reader.read(1)
        )  # the caller sends nothing before its answer; an end means that it left
        await asyncio.wait((waiting, gone), return_when=asyncio.FIRST_COMPLETED)
        self.metrics.add("pending_backend_dials", -1)
        if not waiting.done():
            agent.dials.pop(number, None)
            return
        error = waiting.result()
        if error:
            gone.cancel()
            self.metrics.add("dial_failure_count", reason="error_response")
            line = f'"DIAL_RSP contains failure" err="{error}" dialID={number} agentID="{agent.agent_id}"'
            log.emit("E", "server.go:862", line)
            frames.send(writer, error=error)
            await writer.drain()
            return
        agent.tunnels[number] = writer
        frames.send(writer, error="")
        await self._tunnel(agent, number, gone, reader)

    async def _tunnel(self, agent: Agent, number: int, first: asyncio.Future, reader: asyncio.StreamReader) -> None:
        self.metrics.add("established_connections", 1)
        data = await first
        while data and number in agent.tunnels:
            self._packet("DATA", "to_agent")
            frames.send(agent.writer, data=number, bytes=frames.encoded(data))
            data = await reader.read(32768)
        agent.tunnels.pop(number, None)
        frames.send(agent.writer, close=number)
        self.metrics.add("established_connections", -1)

    def _backend(self, host: str) -> Agent | None:
        """destHost first, its oldest stream; else the first stream of a random agent."""
        for agent in self.agents:
            if agent.host == host:
                return agent
        ids = sorted({each.agent_id for each in self.agents})
        chosen = random.choice(ids) if ids else None
        return next((each for each in self.agents if each.agent_id == chosen), None)

    def _no_agent(self, times: int) -> None:
        self.metrics.add("dial_failure_count", times, reason="no_agent")
        place = f"server.go:{self.version.flood_line}"
        lines = [
            log.klog("E", place, f'"Failed to get a backend" err="No agent available" dialID={random.getrandbits(63)}')
            for _ in range(times)
        ]
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()

    def answer_admin(self, path: str) -> tuple[int, str]:
        return (200, self.metrics.text()) if path == "/metrics" else (404, "404 page not found\n")

    def answer_health(self, path: str) -> tuple[int, str]:
        match path:
            case "/healthz":
                return 200, "ok"
            case "/readyz" | "/ready":
                return (200, "ok") if self.agents else (500, "no connection to any proxy agent")
            case "/metrics" if self.version.is_new:
                return 200, self.metrics.text()
        return 404, "404 page not found\n"


def _watch_for_dead_peers(connection: socket.socket) -> None:
    """As Go's listener and gRPC do: a worker that vanished is forgotten after about 26 s (§2.4)."""
    for level, option, value in (
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 20000),
    ):
        connection.setsockopt(level, option, value)


def _review(token: str) -> str:
    """Why the token is refused; empty when it is good. No limit: while the API hangs, so does the agent."""
    try:
        api = Api(Path(flag("kubeconfig")), timeout=3600)
        spec = {"token": token, "audiences": [flag("authentication-audience")]}
        review = api.post("/apis/authentication.k8s.io/v1/tokenreviews", {"spec": spec})
        return "" if review["status"].get("authenticated") else "service account jwt not valid"
    except ApiError as error:
        return str(error).replace('"', "'")


async def _serve() -> None:
    server = KonnectivityServer()
    _dump_options()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(flag("cluster-cert"), flag("cluster-key"))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    unix = Path(flag("uds-name"))
    unix.parent.mkdir(parents=True, exist_ok=True)
    unix.unlink(missing_ok=True)
    log.emit("I", "server.go:152", "Starting frontend server for client connections.")
    await asyncio.start_unix_server(_quietly(server.handle_frontend), str(unix), limit=frames.LIMIT)
    log.emit("I", "server.go:166", "Starting agent server for tunnel connections.")
    listener = _dual_stack(int(flag("agent-port")))
    await asyncio.start_server(_quietly(server.handle_agent), sock=listener, ssl=context, limit=frames.LIMIT)
    log.emit("I", "server.go:175", "Starting admin server for debug connections.")
    await http_small.serve("127.0.0.1", int(flag("admin-port")), server.answer_admin)
    log.emit("I", "server.go:184", "Starting health server for healthchecks.")
    await http_small.serve("127.0.0.1", int(flag("health-port")), server.answer_health)
    await stop.wait()
    log.emit("I", "server.go:218", "Shutting down server.")
    os._exit(0)


def _quietly(handle: Callable) -> Callable:
    """A peer that leaves in the middle is no event here."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError):
            writer.close()

    return handler


def _dual_stack(port: int) -> socket.socket:
    """One socket for both families, so that `ss` prints `*:8132` and peers as [::ffff:…], as it does with Go."""
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        listener.bind(("::", port))
    except OSError as error:
        message = f"listen tcp :{port}: bind: address already in use"
        log.emit("E", "main.go:56", f'"failed to run the agent server" err="failed to listen on :{port}: {message}"')
        raise SystemExit(1) from error
    listener.listen(128)
    return listener


def _dump_options() -> None:
    """V(1), visible in k0s: a history of counts and ids."""
    for name, text in (
        ("ServerCount", flag("server-count")),
        ("ServerID", flag("server-id")),
        ("AgentPort", flag("agent-port")),
    ):
        log.emit("I", "options.go:187", f"{name} set to {text}.")


def main() -> None:
    hide_interpreter()
    asyncio.run(_serve())
