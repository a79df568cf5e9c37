"""An old konnectivity server did not die and keeps port 8132: the new one cannot start.

Source: k0s#7901, k0s#7850 (1.36.1, mitigated in 1.36.2); k0s.md F11. It survives even a restart of k0scontroller.
Between two attempts of the new one there is no pid file: what runs then in two looks is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.model.konnectivity import KonnectivityServer
from k0stui.model.observed import Known, require
from k0stui.rules.facts.evidence import said, second_look
from k0stui.rules.facts.wording import names
from k0stui.rules.rule import HostRule


def check(host: HostObservation, snapshot: ClusterSnapshot) -> Iterator[Finding]:
    if not host.is_controller or not _k0s_runs(host):
        return
    server = require(host.konnectivity_server, "konnectivity's processes")
    orphans = _orphans(server)
    if orphans and not server.pid:
        second_look(snapshot, "whether k0s' own konnectivity server stays away")
    if orphans and _was_so(host, orphans, snapshot):
        yield _finding(host, server, orphans)


def _orphans(server: KonnectivityServer) -> tuple[int, ...]:
    """Processes that are not the one of k0s' pid file."""
    return tuple(pid for pid in server.pids if pid != server.pid)


def _was_so(host: HostObservation, orphans: tuple[int, ...], snapshot: ClusterSnapshot) -> bool:
    """While a server restarts, both live for some seconds."""
    before = snapshot.earlier.find(host.name) if snapshot.earlier else None
    if before is None or not isinstance(before.konnectivity_server, Known):
        return True
    return bool(set(orphans) & set(_orphans(before.konnectivity_server.value)))


def _finding(host: HostObservation, server: KonnectivityServer, orphans: tuple[int, ...]) -> Finding:
    pids = names(str(pid) for pid in orphans)
    bound = host.log_signs.value.count("address-in-use") if isinstance(host.log_signs, Known) else 0
    own = f"k0s started pid {server.pid}" if server.pid else "the one of k0s does not stay up"
    loop = f"; the new one failed {bound} times: address already in use" if bound else ""
    return Finding(
        "konnectivity-orphan",
        Severity.CRITICAL,
        f"an old konnectivity server (pid {pids}) still runs on {host.name}, {own}{loop}",
        subjects=(host.name,),
        evidence=said(
            host, "konnectivity_server", f"pids {names(str(pid) for pid in server.pids)}, file {server.pid or 'gone'}"
        ),
        remedy=f"on {host.name}: kill {' '.join(str(pid) for pid in orphans)}; then upgrade to k0s 1.36.2 or newer",
    )


def _k0s_runs(host: HostObservation) -> bool:
    """As far as is known; what does not run refuses nobody: k0s-service-down tells."""
    return not isinstance(host.service, Known) or host.service.value.is_running


RULE = HostRule("konnectivity-orphan", check)
