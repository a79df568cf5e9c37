"""The smallest HTTP server that answers GET with text: metrics and health ports, in asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

Answer = Callable[[str], tuple[int, str]]
REASONS = {
    200: "OK",
    301: "Moved Permanently",
    404: "Not Found",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


async def serve(host: str | None, port: int, answer: Answer) -> asyncio.Server:
    """Listen; `answer` maps a path to a status and a text. Each connection serves one request."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readline()).decode(errors="replace").split()
            while (await reader.readline()).strip():
                pass
            status, text = answer(request[1] if len(request) > 1 else "/")
            kind = "text/plain; version=0.0.4; charset=utf-8"
            length = len(text.encode())
            head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n{text}".encode())
            await writer.drain()
        except (OSError, IndexError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(handle, host, port, reuse_address=True)
