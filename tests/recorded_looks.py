"""The second look at a recorded state: counters of the same minute, from the timelines and the flood files."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from k0stui.errors import ProbeFailed, Unreachable
from k0stui.model.cluster import ApiObservation, ClusterSnapshot, HostObservation
from k0stui.model.host import HostName
from k0stui.model.observed import Known
from k0stui.ports import Reply
from k0stui.probes.api import metrics_api
from k0stui.probes.catalogue import host_probes
from k0stui.probes.probe import HostProbe
from tests.recorded_api import RecordedApi, first_metrics_api
from tests.recordings import FOLDER, subject

APART = 10.0
"""Seconds between two looks."""

TIMELINES = {
    "held-after-controllers": "static-hold",
    "incident-leader-addr-dynamic": "dynamic-hold",
    "dynamic-healthy-nllb": "dynamic-hold",
    "v1.36-incident": "v1.36-hold",
    "v1.36-healthy-nllb": "v1.36-hold",
    "v1.36-known-count-trap": "v1.36-restart-in-mesh",
} | dict.fromkeys(
    ("transition-1", "transition-2-dark", "transition-3-w1", "healthy-nllb", "one-controller-down", "power-loss-m2"),
    "static-rolling",
)
FLOODS = {"incident": "incident-60s", "incident-vip": "incident-vip-180s"}


@dataclass(frozen=True, slots=True)
class Look:
    """One moment outside a state's folder."""

    at: float
    answers: dict[tuple[str, str], str]
    """By host and probe: what our command would have printed."""


async def second_look(state: str, snapshot: ClusterSnapshot) -> ClusterSnapshot | None:
    look = _flood(FLOODS[state]) if state in FLOODS else _timeline(state, snapshot)
    if look is None:
        return None
    at = datetime.fromtimestamp(look.at, UTC)
    hosts = tuple(_from_look(host, look, at) for host in snapshot.hosts)
    apis = tuple([await _first_api(state, api.host) for api in snapshot.apis])
    return ClusterSnapshot(snapshot.cluster, at, hosts, apis)


def _from_look(host: HostObservation, look: Look, at: datetime) -> HostObservation:
    """Only hosts of the state's folder: one that was not asked stays unknown in both looks."""
    bare = HostObservation(host.name, host.address, host.role, identity=host.identity, addresses=host.addresses)
    probes: dict[str, HostProbe[Any]] = {probe.name: probe for probe in host_probes(subject(host.name))}
    told = {name: text for (whose, name), text in look.answers.items() if whose == host.name}
    if not isinstance(host.connection, Known) or not told:
        return replace(bare, connection=host.connection)
    read = {name: Known(probes[name].read(Reply(0, text.encode(), b"", at, at)), at) for name, text in told.items()}
    return replace(bare, connection=host.connection, **read)


async def _first_api(state: str, host: str) -> ApiObservation:
    """The metrics APIService as it was read 10 to 20 s before the five quick reads."""
    api = RecordedApi(state, host)
    try:
        body = json.dumps(first_metrics_api(api)).encode()
    except (Unreachable, ProbeFailed):
        return ApiObservation(HostName(host))
    return ApiObservation(HostName(host), metrics_api=Known(metrics_api.PROBE.read(body), api.clock.now()))


def with_second_look(state: str, snapshot: ClusterSnapshot, look: ClusterSnapshot | None) -> ClusterSnapshot:
    if look is None or look.taken_at.timestamp() < min(_measured(snapshot)):
        return replace(snapshot, earlier=look)
    # The timeline began after the state was recorded: there the state is the earlier look.
    hosts = tuple(_updated(host, look.host(host.name)) for host in snapshot.hosts)
    earlier = replace(snapshot, taken_at=datetime.fromtimestamp(max(_measured(snapshot)), UTC))
    return replace(snapshot, taken_at=look.taken_at, hosts=hosts, earlier=earlier)


def _updated(host: HostObservation, later: HostObservation) -> HostObservation:
    """With the later counters; timelines do not tell when a server started, and it is the same process."""
    metrics, agent = later.konnectivity_metrics, later.agent_metrics
    if isinstance(metrics, Known) and isinstance(host.konnectivity_metrics, Known):
        started = host.konnectivity_metrics.value.started_at
        host = replace(host, konnectivity_metrics=replace(metrics, value=replace(metrics.value, started_at=started)))
    return replace(host, agent_metrics=agent) if isinstance(agent, Known) else host


def _timeline(state: str, snapshot: ClusterSnapshot) -> Look | None:
    measured = _measured(snapshot)
    rows = timeline(TIMELINES[state])
    before = [row for row in rows if row["t"] <= min(measured) - APART]
    after = [row for row in rows if row["t"] >= max(measured) + APART]
    row = before[-1] if before else after[0] if after else None
    return Look(row["t"], dict(_row_answers(row))) if row else None


def _measured(snapshot: ClusterSnapshot) -> list[float]:
    """When the counters were read that a second look is compared with."""
    return [
        value.at.timestamp()
        for host in snapshot.hosts
        for value in (host.konnectivity_metrics, host.agent_metrics)
        if isinstance(value, Known)
    ]


@cache
def timeline(name: str) -> list[dict[str, Any]]:
    text = gzip.decompress((FOLDER / "timelines" / f"{name}.jsonl.gz").read_bytes()).decode()
    return [json.loads(line) for line in text.splitlines()]


def _row_answers(row: dict[str, Any]) -> Iterable[tuple[tuple[str, str], str]]:
    for key, said in row.items():
        if not isinstance(said, dict) or not re.fullmatch(r"[mw]\d", key):
            continue
        host = f"k0s-{'master' if key[0] == 'm' else 'worker'}-{key[1]}"
        if said.get("met"):
            lines = "".join(f"konnectivity_network_proxy_server_{line}\n" for line in said["met"])
            yield (host, "konnectivity_metrics"), lines
        if said.get("arg"):
            arguments = "".join(f"--{word}\n" for word in said["arg"])
            yield (host, "konnectivity_server"), f"pid={said.get('kpid', '')}\n{arguments}"
        if said.get("agent"):
            yield (host, "agent_metrics"), _agent_words(said["agent"][-1])


def _agent_words(words: str) -> str:
    counts = dict(word.split("=") for word in words.split()[2:])
    lines = [f"konnectivity_network_proxy_agent_{name} {count}\n" for name, count in counts.items()]
    return "process_start_time_seconds 1\n" + "".join(lines)


def _flood(name: str) -> Look:
    """The counters at the end of the measurement, a minute or less before the state was recorded."""
    text = (FOLDER / "flood" / f"{name}.txt").read_text()
    answers: dict[tuple[str, str], str] = {}
    times: list[float] = []
    for host, at, rest in re.findall(r"^end m(\d) t=([\d.]+) (.*)$", text, re.MULTILINE):
        series = re.findall(r"((?:ready_backend_connections|\w+\{[^}]*\}))=(\d+)", rest)
        lines = "".join(f"konnectivity_network_proxy_server_{key} {value}\n" for key, value in series)
        answers[f"k0s-master-{host}", "konnectivity_metrics"] = lines
        times.append(float(at))
    return Look(max(times), answers)
