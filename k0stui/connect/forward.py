"""A socket whose other end is a port on a host's own loopback, over the SSH connection that is there anyway.

A socket pair, so that whoever talks HTTP and TLS over it sees nothing but a socket. Not a listening port on this
machine: everybody logged in here could use that.
"""

from __future__ import annotations

import asyncio
import socket

import asyncssh


async def forwarded_socket(connection: asyncssh.SSHClientConnection, port: int) -> socket.socket:
    """Connected to 127.0.0.1:`port` as the host sees it. Closing it closes the channel, and the other way round.

    Raises:
        asyncssh.ChannelOpenError: nobody listens there, or sshd forbids forwarding.
    """
    ours, theirs = socket.socketpair()
    try:
        channel, session = await connection.create_connection(_FromHost, "127.0.0.1", port, encoding=None)
        await asyncio.get_running_loop().create_connection(lambda: _ToHost(channel, session), sock=theirs)
    except BaseException:
        ours.close()
        theirs.close()
        raise
    ours.setblocking(False)
    return ours


class _FromHost(asyncssh.SSHTCPSession[bytes]):
    """The SSH end: what comes from the host goes into the pair."""

    def __init__(self) -> None:
        self.pair: asyncio.Transport | None = None
        self._early = bytearray()
        self._lost = False

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if self.pair is None:
            self._early += data
        else:
            self.pair.write(data)

    def begin(self, pair: asyncio.Transport) -> None:
        """The pair is there: what came before it goes first."""
        self.pair = pair
        pair.write(bytes(self._early))
        if self._lost:
            pair.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        if self.pair is not None:
            self.pair.close()

    def pause_writing(self) -> None:
        if self.pair is not None:
            self.pair.pause_reading()

    def resume_writing(self) -> None:
        if self.pair is not None:
            self.pair.resume_reading()


class _ToHost(asyncio.Protocol):
    """The pair's end: what is written into it goes to the host."""

    def __init__(self, channel: asyncssh.SSHTCPChannel[bytes], session: asyncssh.SSHTCPSession[bytes]) -> None:
        assert isinstance(session, _FromHost)
        self._channel = channel
        self._session = session

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._session.begin(transport)

    def data_received(self, data: bytes) -> None:
        if not self._channel.is_closing():
            self._channel.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._channel.close()

    def pause_writing(self) -> None:
        self._channel.pause_reading()

    def resume_writing(self) -> None:
        self._channel.resume_reading()
