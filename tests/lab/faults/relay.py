"""A cable with a delay: copies packets between two interfaces, each after the same wait; run as a process of its own.

A share of them may skip the wait, and so overtake the others: as netem does it.

Packets carry their virtio header (PACKET_VNET_HDR): checksums and segments that the kernel left for later stay so.
"""

from __future__ import annotations

import selectors
import socket
import sys
import time
from collections import deque
from contextlib import suppress
from random import random

SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING, ETH_P_ALL = 263, 15, 23, 3


def packets(interface: str) -> socket.socket:
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    opened.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    opened.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    opened.bind((interface, 0))
    opened.setblocking(False)
    return opened


def main() -> None:
    one, other = packets(sys.argv[1]), packets(sys.argv[2])
    wait, overtaking = float(sys.argv[3]) / 1000, float(sys.argv[4]) / 100
    waiting: deque[tuple[float, socket.socket, bytes]] = deque()
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        print("ready", flush=True)
        while True:
            limit = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            for key, _ in selector.select(limit):
                packet = key.fileobj.recv(1 << 17)  # type: ignore[union-attr]
                if random() < overtaking:
                    send(key.data, packet)
                else:
                    waiting.append((time.monotonic() + wait, key.data, packet))
            while waiting and waiting[0][0] <= time.monotonic():
                send(*waiting.popleft()[1:])


def send(to: socket.socket, packet: bytes) -> None:
    with suppress(OSError):
        to.send(packet)


main()
