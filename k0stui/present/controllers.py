"""Controllers: one row each, problems first, and the story of one, every part asked on the host itself."""

from __future__ import annotations

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.etcd import EtcdMetrics, quorum, voters
from k0stui.model.host import Filesystem
from k0stui.model.konnectivity import KonnectivityMetrics, KonnectivityServer
from k0stui.model.observed import Known, Unknown, value_or
from k0stui.model.service import K0sService
from k0stui.present.cells import Cell, Line, Tone, bytes_, percent, rate, span
from k0stui.present.look import Look
from k0stui.present.states import age_cell, cell, oldest, rank, silence
from k0stui.present.story import common_lines, fact, told
from k0stui.present.table import Column, Row
from k0stui.rules.facts import mesh

FULL = 0.8
"""Share of a file system from which it is worth a look; kubelet and etcd suffer from 0.85 on."""

COLUMNS = (
    Column("name", "2 CONTROLLERS", 13, grow=True, cut="middle"),
    Column("k0s", "k0s", 4),
    Column("api", "api", 3),
    Column("etcd", "etcd", 6),
    Column("konn", "konn", 5),
    Column("agents", "agents", 7),
    Column("no-agent", "no-agent/s", 10),
    Column("disk", "disk", 4, priority=2),
    Column("up", "up", 4, priority=3),
    Column("age", "age", 4, priority=1),
)


def controller_rows(look: Look) -> tuple[Row, ...]:
    """One row a controller, problems first, else in the order of the inventory."""
    rows = [_row(host, look) for host in look.snapshot.controllers]
    return tuple(sorted(rows, key=lambda row: rank(row.tone)))


def _row(host: HostObservation, look: Look) -> Row:
    if note := silence(host, look):
        return Row(host.name, (Cell(host.name), *(Cell("") for _ in COLUMNS[1:])), note.tone, note=note)
    cells = (
        Cell(host.name),
        cell(host.service, k0s_cell),
        cell(host.api_ready, lambda ready: Cell("ok", Tone.OK) if ready.is_up else Cell("down", Tone.CRIT)),
        etcd_cell(host),
        konnectivity_cell(host),
        agents_cell(host, look),
        flood_cell(host, look.snapshot),
        cell(host.disks, disk_cell),
        cell(host.service, lambda service: up_cell(service, look)),
        age_cell(_oldest(host, look), look),
    )
    return Row(host.name, cells, row_tone(host, cells, look))


def row_tone(host: HostObservation, cells: tuple[Cell, ...], look: Look) -> Tone:
    """The worst of the cells; a host that a finding names is at least a warning."""
    worst = min((rank(one.tone) for one in cells[1:]), default=rank(Tone.OK))
    tones = [one.tone for one in cells[1:] if rank(one.tone) == worst]
    tone = tones[0] if tones else Tone.PLAIN
    if rank(tone) >= rank(Tone.INFO):
        tone = Tone.OK
    named = any(finding.severity.rank < 2 for finding in look.about(host.name))
    return Tone.WARN if named and rank(tone) > rank(Tone.WARN) else tone


def _oldest(host: HostObservation, look: Look) -> Known[object] | Unknown:
    paced = (host.service, host.konnectivity_metrics, host.api_ready, host.etcd_health)
    return oldest(paced, look.now) or host.connection


def k0s_cell(service: K0sService) -> Cell:
    """`run`, or the word of the init system."""
    if service.is_running:
        return Cell("run", Tone.OK)
    if service.is_restarting:
        return Cell("loop", Tone.CRIT)
    return Cell({"inactive": "stop", "failed": "fail", "activating": "wait"}.get(service.active, "down"), Tone.CRIT)


def up_cell(service: K0sService, look: Look) -> Cell:
    started = service.started_at if service.is_running else None
    return Cell(span((look.now - started).total_seconds()) if started else "-", Tone.DIM)


def disk_cell(disks: tuple[Filesystem, ...]) -> Cell:
    """The fullest of the file systems that k0s needs."""
    share = max((disk.used_share for disk in disks), default=0.0)
    return Cell(percent(share), Tone.CRIT if share >= 0.95 else Tone.WARN if share >= FULL else Tone.PLAIN)


def etcd_cell(host: HostObservation) -> Cell:
    """`ok`, `leader` or `down`; `-` where the storage is not etcd."""
    status = value_or(host.status, None)
    if status and status.config and status.config.storage != "etcd":
        return Cell("-", Tone.DIM)
    metrics = value_or(host.etcd_metrics, None)

    def word(healthy: bool) -> Cell:
        if not healthy:
            return Cell("down", Tone.CRIT)
        return Cell("leader" if _leads(metrics) else "ok", Tone.OK)

    return cell(host.etcd_health, lambda health: word(health.healthy))


def _leads(metrics: EtcdMetrics | None) -> bool:
    return bool(metrics and metrics.is_leader)


def konnectivity_cell(host: HostObservation) -> Cell:
    """`ready` with agents, `empty` when the process runs and no agent is connected."""
    return cell(
        host.konnectivity_metrics,
        lambda metrics: Cell("ready", Tone.OK) if metrics.agents else Cell("empty", Tone.WARN),
    )


def agents_cell(host: HostObservation, look: Look) -> Cell:
    """`0/4`: agents that this server has, of those that there are."""
    wanted = len(look.matrix.agents)

    def told_by(metrics: KonnectivityMetrics) -> Cell:
        tone = Tone.OK if metrics.agents >= wanted else Tone.WARN
        return Cell(f"{metrics.agents}/{wanted}", tone)

    return cell(host.konnectivity_metrics, told_by)


def flood_cell(host: HostObservation, snapshot: ClusterSnapshot) -> Cell:
    """How often a second a request found no agent, by the server's own counter; `-` until two looks told it."""
    often = mesh.rate(snapshot, host, "no_agent")
    if often is None:
        return Cell("-", Tone.DIM)
    return Cell(rate(often), Tone.WARN if often >= 1 else Tone.PLAIN)


# The story of one


def controller_story(look: Look, name: str) -> tuple[Line, ...]:
    """What is known of one controller, with how it was asked; empty for a name that is none."""
    host = look.snapshot.find(name)
    if host is None:
        return ()
    lines = [
        *common_lines(host, look),
        fact("api", _api(host)),
        fact("etcd", _etcd(host, look)),
        *(fact(label, text) for label, text in zip(("konn", "", ""), _konnectivity(host, look), strict=False)),
        fact("leader", _leaders(host, look)),
        *(fact(label, text) for label, text in zip(("config", ""), _config(host), strict=False)),
        fact("disk", _disk(host)),
    ]
    return tuple(lines)


def _api(host: HostObservation) -> Cell:
    return told(
        host.api_ready,
        lambda ready: (
            f"its own /readyz {'ok' if ready.is_up else 'does not answer'}"
            + (f" (HTTP {ready.status})" if ready.status else "")
            + (f"; fails: {', '.join(ready.failed)}" if ready.failed else "")
            + ", asked on the host itself"
        ),
    )


def _etcd(host: HostObservation, look: Look) -> Cell:
    role = "leader" if _leads(value_or(host.etcd_metrics, None)) else "follower"
    margin = _margin(host)
    return told(
        host.etcd_health,
        lambda health: f"healthy, {role}{margin}" if health.healthy else f"not healthy: {health.reason or 'no reason'}",
    )


def _margin(host: HostObservation) -> str:
    """What the loss of this one member would leave, by etcd's own list."""
    members = value_or(host.etcd_members, None)
    if not members:
        return ""
    size = len(voters(members))
    left = size - 1
    holds = "quorum holds" if left >= quorum(size) else "quorum is lost"
    return f", {size} voters; without this one {left} of {size}: {holds}"


def _konnectivity(host: HostObservation, look: Look) -> tuple[Cell, ...]:
    wanted = len(look.matrix.agents)
    process = told(host.konnectivity_server, _server_words)
    sockets = value_or(host.agent_sockets, None)
    peers = f"; sockets of {len(sockets.peers)} hosts on its agent port" if sockets else ""
    held = told(host.konnectivity_metrics, lambda metrics: f"{metrics.agents} of {wanted} agents (its metrics){peers}")
    often = mesh.rate(look.snapshot, host, "no_agent")
    flood = Cell(f"no agent for a request: {rate(often)}/s (its own counter)" if often is not None else "")
    return (process, held, flood) if flood.text else (process, held)


def _server_words(server: KonnectivityServer) -> str:
    if not server.server_id:
        return f"the one of k0s does not run; pid {', '.join(map(str, server.pids))} does"
    return f"process up, server id {server.server_id[:8]}, announces server-count {server.server_count}"


def _leaders(host: HostObservation, look: Look) -> Cell:
    leader = look.snapshot.leader
    if isinstance(leader, Unknown):
        return Cell(f"of k0s unknown: {leader.why}", Tone.UNKNOWN)
    return Cell("this one leads k0s" if leader.value == host.name else f"not this one; k0s is led by {leader.value}")


def _config(host: HostObservation) -> tuple[Cell, ...]:
    status = value_or(host.status, None)
    running = status.config if status else None
    if running is None:
        return (told(host.status, lambda _: "the running process does not tell it"),)
    how = "dynamic" if status and status.is_dynamic else "static"
    balancing = f"NLLB {'on' if running.nllb.enabled else 'off'}"
    external = running.external_address or "empty"
    file = told(host.config_file, lambda found: f"{found.path}, {how}, sha256 {found.sha256[:12]}")
    return (file, Cell(f"{balancing}, externalAddress {external}"))


def _disk(host: HostObservation) -> Cell:
    usage = value_or(host.log_usage, None)
    log = f"; log {bytes_(usage.growth)}/s" if usage and usage.growth >= 1024 else ""
    return told(host.disks, lambda disks: ", ".join(f"{disk.mount} {percent(disk.used_share)}" for disk in disks) + log)
