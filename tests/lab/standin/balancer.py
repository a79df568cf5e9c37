"""Envoy's place on a worker: TCP on loopback 7443 and 7132, to the upstreams that cds.yaml names.

By reference/k0s.md §4.3: random for the API, round robin for konnectivity, 0.25 s to connect, TCP checks every 5 s
(five failures take an upstream out, three successes put it back), all of them when fewer than half are healthy.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import signal
import sys
from pathlib import Path

from standin.process import hide_interpreter

CONNECT = 0.25
INTERVAL, DOWN, UP = 5.0, 5, 3


class Cluster:
    """The upstreams of one listener."""

    def __init__(self, choose_at_random: bool) -> None:
        self.upstreams: list[tuple[str, int]] = []
        self.streaks: dict[tuple[str, int], int] = {}
        """Checks in a row: below zero failed ones. An unhealthy upstream is one that reached -DOWN and not yet UP."""
        self.unhealthy: set[tuple[str, int]] = set()
        self.choose_at_random = choose_at_random
        self._turn = itertools.count(random.randrange(100))

    def pick(self) -> tuple[str, int] | None:
        healthy = [each for each in self.upstreams if each not in self.unhealthy]
        pool = healthy if len(healthy) * 2 >= len(self.upstreams) else self.upstreams
        if not pool:
            return None
        return random.choice(pool) if self.choose_at_random else pool[next(self._turn) % len(pool)]

    async def check(self) -> None:
        while True:
            await asyncio.gather(*(self._check_one(each) for each in self.upstreams))
            await asyncio.sleep(INTERVAL)

    async def _check_one(self, upstream: tuple[str, int]) -> None:
        try:
            async with asyncio.timeout(1):
                _, writer = await asyncio.open_connection(*upstream)
            writer.close()
            self.streaks[upstream] = max(0, self.streaks.get(upstream, 0)) + 1
        except (OSError, TimeoutError):
            self.streaks[upstream] = min(0, self.streaks.get(upstream, 0)) - 1
        if self.streaks[upstream] <= -DOWN:
            self.unhealthy.add(upstream)
        elif self.streaks[upstream] >= UP:
            self.unhealthy.discard(upstream)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            upstream = self.pick()
            if upstream is None:
                break
            try:
                async with asyncio.timeout(CONNECT):
                    far_reader, far_writer = await asyncio.open_connection(*upstream)
            except (OSError, TimeoutError):
                continue
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            return
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def _follow(path: Path, clusters: dict[str, Cluster]) -> None:
    """Take over the upstream list whenever k0s writes it anew."""
    seen = ""
    while True:
        text = path.read_text() if path.exists() else seen
        if text != seen:
            seen = text
            for section in re.split(r'^- "@type"', text, flags=re.M)[1:]:
                name = re.search(r"^  name: (\w+)", section, re.M)[1]  # type: ignore[index]
                found = re.findall(r'address: "([^"]+)"\s+port_value: (\d+)', section)
                clusters[name].upstreams = [(host, int(port)) for host, port in found]
        await asyncio.sleep(0.5)


async def _serve(directory: Path) -> None:
    clusters = {"apiserver": Cluster(True), "konnectivity": Cluster(False)}
    listeners = (directory / "envoy.yaml").read_text()
    ports = dict(re.findall(r"name: (\w+)\n\s+address: [^\n]*\n\s+port_value: (\d+)", listeners))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: sys.exit(0))
    async with asyncio.TaskGroup() as group:
        group.create_task(_follow(directory / "cds.yaml", clusters))
        await asyncio.sleep(0.1)
        for name, cluster in clusters.items():
            group.create_task(cluster.check())
            for _ in range(2):  # one socket per thread in Envoy: `ss` shows two rows on two cores
                await asyncio.start_server(cluster.handle, "127.0.0.1", int(ports[name]), reuse_port=True)


def main() -> None:
    hide_interpreter()
    asyncio.run(_serve(Path(sys.argv[sys.argv.index("-c") + 1]).parent))
