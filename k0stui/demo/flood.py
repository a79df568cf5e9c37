"""The flood: API servers that disagree about the metrics API, the lines it costs, and the disk that it fills.

One agent somewhere and none here: ping-pong. None anywhere: peace.
Source: reference/konnectivity.md §3.2; recordings/flood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from k0stui.demo.journal import Line, digits

if TYPE_CHECKING:
    from k0stui.demo.controller import Controller
    from k0stui.demo.fleet import Fleet

QUIET_RATE = 2.5
"""no_agent per second on each controller while no server has an agent."""

BYTES_PER_LINE = 490
"""Of journal files: 33.6 MB for 374 lines/s in 181 s."""

FLIP = 0.9
"""Seconds between two writes of the APIService's condition while API servers disagree."""

WRITES_PER_FLIP = 9
"""By how much its resourceVersion rises meanwhile, others' writes included."""


@dataclass
class MetricsApi:
    """Condition Available of v1beta1.metrics.k8s.io."""

    mood: str = "true"
    """`true`, `false` (steady), or `flaps`."""
    since: float = 0.0
    resource: int = 30000

    def flips(self, now: float) -> int:
        return int((now - self.since) / FLIP) if self.mood == "flaps" else 0

    def is_available(self, now: float) -> bool:
        if self.mood != "flaps":
            return self.mood == "true"
        return digits("metrics", self.flips(now)) % 2 == 0

    def changed_at(self, now: float) -> float:
        return self.since + self.flips(now) * FLIP

    def resource_at(self, now: float) -> int:
        return self.resource + self.flips(now) * WRITES_PER_FLIP


class Flooding:
    """Keeps every server's rate of failed dials, its journal's growth, and the APIService in step with the agents."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.metrics = MetricsApi()

    def update(self) -> None:
        """Something connected or went away."""
        judging = [controller for controller in self.fleet.controllers if controller.serves_api]
        agents = {c.name: c.server.agents if c.server else 0 for c in judging}
        for controller in self.fleet.controllers:
            self._set_rate(controller, self._rate(controller, agents))
        served = [count > 0 for count in agents.values()]
        self._set_mood("true" if all(served) else "flaps" if any(served) else "false")

    def _rate(self, controller: Controller, agents: dict[str, int]) -> float:
        if agents.get(controller.name, 1) > 0:
            return 0.0
        return self.fleet.release.flood_rate if any(agents.values()) else QUIET_RATE

    def _set_rate(self, controller: Controller, rate: float) -> None:
        server, now = controller.server, self.fleet.now
        if server is None:
            rate = 0.0
        else:
            server.settle(now)
            if server.flood_rate == rate:
                return
            server.flood_rate = rate
        lines = 2 * rate
        controller.journal.flood(lines, self._line(controller))
        controller.journal_grows(lines * BYTES_PER_LINE)

    def _set_mood(self, mood: str) -> None:
        metrics, now = self.metrics, self.fleet.now
        if metrics.mood == mood:
            return
        self.fleet.resource += metrics.flips(now) * WRITES_PER_FLIP
        self.metrics = MetricsApi(mood, now, self.fleet.changed())

    def _line(self, controller: Controller) -> Line:
        line = self.fleet.release.flood_line
        name = controller.name

        def text(number: int) -> tuple[str, str]:
            """Five failed dials, then what the API server says to it: half and half, as recorded."""
            if number % 10 < 5:
                dial = digits(name, number, modulo=9 * 10**18)
                return (
                    "konnectivity",
                    f'E server.go:{line}] "Failed to get a backend" err="No agent available" dialID={dial}',
                )
            return "kube-apiserver", OTHERS[number % 10 - 5]

        return text


_URL = "https://10.99.244.107:443/apis/metrics.k8s.io/v1beta1"
OTHERS = (
    'E remote_available_controller.go:448] "Unhandled Error" err="v1beta1.metrics.k8s.io failed with: failing or'
    f' missing response from {_URL}: Get \\"{_URL}\\": No agent available" logger="UnhandledError"',
    'E controller.go:146] "Unhandled Error" err=<',
    '\tError updating APIService "v1beta1.metrics.k8s.io" with err: failed to download v1beta1.metrics.k8s.io: failed'
    " to retrieve openAPI spec, http error: ResponseCode: 503, Body: error trying to reach service: No agent available",
    "\t, Header: map[Content-Type:[text/plain; charset=utf-8] X-Content-Type-Options:[nosniff]]",
    ' > logger="UnhandledError"',
)
