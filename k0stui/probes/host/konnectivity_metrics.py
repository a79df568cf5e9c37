"""How many agents this controller's server has, and how often it had none to send a request to.

Answer: Prometheus text of 127.0.0.1:8133, only the lines that are read. No root. `ready_backends` counts the same
agents once per strategy: only `default` is R, never the sum; before k0s 1.35 it is `ready_backend_connections`.
Source: KNP pkg/server/metrics/metrics.go.
"""

from __future__ import annotations

from datetime import UTC, datetime

from k0stui.errors import ProbeFailed
from k0stui.model.konnectivity import KonnectivityMetrics
from k0stui.ports import Reply
from k0stui.probes.answer import failed, heard, reads
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.prometheus import Metrics
from k0stui.probes.sh import question

NAMES = "ready_backend|grpc_connections|dial_failure_count|stream_errors_total|stream_packets_total|established"
PREFIX = "konnectivity_network_proxy_server_"

TEXT = f"""
m=$(curl -sS --max-time 3 "http://127.0.0.1:$1/metrics") || exit
printf '%s\\n' "$m" | grep -E '^({PREFIX}({NAMES})|process_start_time_seconds)'
exit 0
"""


@reads("konnectivity-server's metrics")
def read(reply: Reply) -> KonnectivityMetrics:
    text = heard(reply, "konnectivity-server's metrics")
    if reply.exit_status == 7:
        raise ProbeFailed("konnectivity-server does not answer on its admin port: it does not run")
    if reply.exit_status:
        failed(reply, "konnectivity-server's metrics")
    metrics = Metrics.of(text)
    agents = metrics.find(f"{PREFIX}ready_backends", proxy_strategy="default")
    if agents is None:
        agents = metrics.find(f"{PREFIX}ready_backend_connections")
    if agents is None:
        raise ProbeFailed("konnectivity-server's metrics do not tell how many agents it has")
    connects = metrics.find(f"{PREFIX}grpc_connections", service_method="Connect")
    started = metrics.find("process_start_time_seconds")
    return KonnectivityMetrics(
        agents=int(agents),
        connects=None if connects is None else int(connects),
        no_agent=metrics.sum(f"{PREFIX}dial_failure_count", reason="no_agent"),
        cancelled=metrics.sum(f"{PREFIX}stream_errors_total", segment="from_agent", code="Canceled"),
        dials=metrics.sum(f"{PREFIX}stream_packets_total", segment="from_client", packet_type="DIAL_REQ"),
        established=int(metrics.sum(f"{PREFIX}established_connections")),
        started_at=None if started is None else datetime.fromtimestamp(started, UTC),
    )


def probe(subject: Subject) -> HostProbe[KonnectivityMetrics]:
    return HostProbe("konnectivity_metrics", question(TEXT, subject.admin_port), read)
