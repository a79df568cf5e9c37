"""What servers and agents of the tunnel say to each other: JSON lines over TLS (the real ones speak gRPC).

agent → server, once   {"agentID", "agentIdentifiers", "token"}
server → agent, once   {"serverID", "serverCount"} or {"error"}
server → agent         {"dial": n, "address"} · {"data": n, "bytes"} · {"close": n}
agent → server         {"dialed": n, "error"} · {"data": n, "bytes"} · {"close": n} · {"cancel": true}
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode

LIMIT = 1 << 20


async def receive(reader: asyncio.StreamReader) -> dict | None:
    """The next frame; None at the end of the stream."""
    try:
        line = await reader.readline()
    except (OSError, ValueError):
        return None
    try:
        return json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None


def send(writer: asyncio.StreamWriter, **frame: object) -> None:
    writer.write(json.dumps(frame).encode() + b"\n")


def encoded(data: bytes) -> str:
    return b64encode(data).decode()
