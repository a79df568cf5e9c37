"""What a simulated controller prints of its konnectivity-server, its sockets, its API server and its etcd."""

from __future__ import annotations

import json
import re
from typing import Any

from k0stui.demo.controller import Controller
from k0stui.demo.etcd import Member
from k0stui.demo.fleet import Fleet
from k0stui.demo.journal import digits
from k0stui.demo.konnectivity import Server
from k0stui.demo.said import REFUSED, Answer, Asked, Said, say

SERVER = "konnectivity_network_proxy_server_"

READYZ = [
    "ping",
    "log",
    "etcd",
    "etcd-readiness",
    "informer-sync",
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/priority-and-fairness-config-consumer",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/bootstrap-controller",
    "poststarthook/apiservice-registration-controller",
    "autoregister-completion",
    "poststarthook/apiservice-openapi-controller",
    "shutdown",
]


def konnectivity_server(asked: Asked) -> Said:
    server = asked.controller.server
    if server is None:
        return say(f"pid=\npids={' '.join(map(str, asked.controller.orphans))}\n")
    pids = [server.pid, *asked.controller.orphans]
    started = int(asked.wall(server.started).timestamp())
    arguments = "\n".join(server_arguments(asked.fleet, server))
    return say(f"pid={server.pid}\npids={' '.join(map(str, pids))} \nstarted={started}\n{arguments}\n")


def server_arguments(fleet: Fleet, server: Server) -> list[str]:
    new = ["--graceful-shutdown-timeout=1ns"] if fleet.release.is_new else []
    return [
        "/var/lib/k0s/bin/konnectivity-server",
        "--cluster-key=/var/lib/k0s/pki/server.key",
        "--kubeconfig=/var/lib/k0s/pki/konnectivity.conf",
        f"--server-count={server.count}",
        f"--server-id={server.id}",
        "--mode=grpc",
        "--agent-service-account=konnectivity-agent",
        "--stderrthreshold=1",
        "--delete-existing-uds-file=true",
        "--admin-port=8133",
        "--logtostderr=true",
        f"--proxy-strategies={fleet.release.strategies}",
        "--agent-port=8132",
        "--server-port=0",
        "--health-port=8092",
        "--authentication-audience=system:konnectivity-server",
        "--cluster-cert=/var/lib/k0s/pki/server.crt",
        "--v=1",
        "--health-bind-address=localhost",
        "--agent-namespace=kube-system",
        "--enable-profiling=false",
        "--uds-name=/run/k0s/konnectivity-server/konnectivity-server.sock",
        *new,
    ]


def konnectivity_metrics(asked: Asked) -> Said:
    server = asked.controller.server
    if server is None:
        return REFUSED
    server.settle(asked.now)
    return say(_grepped(asked, server_metrics(asked, server)))


def server_metrics(asked: Asked, server: Server) -> list[str]:
    """8133/metrics, without histograms and Go's own."""
    agents, connects = server.agents, len(server.links)
    canceled = f'{SERVER}stream_errors_total{{code="Canceled",packet_type="Unknown",segment="from_agent"}}'
    no_agent, served = int(server.no_agent), int((asked.now - server.started) * 0.9) if server.agents else 0
    rows = [
        f"{SERVER}established_connections {6 if agents else 0}",
        f'{SERVER}grpc_connections{{service_method="Connect"}} {connects}',
        f'{SERVER}grpc_connections{{service_method="Proxy"}} {6 if agents else 0}',
        f"{SERVER}pending_backend_dials 0",
        f"{SERVER}ready_backend_connections {agents}",
        f"{canceled} {int(server.cancelled)}",
        f'{SERVER}stream_packets_total{{packet_type="DIAL_REQ",segment="from_client"}} {no_agent + served}',
        f"process_start_time_seconds {asked.wall(server.started).timestamp():.2f}",
    ]
    if no_agent:
        rows.append(f'{SERVER}dial_failure_count{{reason="no_agent"}} {no_agent}')
    if asked.fleet.release.is_new:
        counts = {"default": agents, "defaultRoute": 0, "destHost": agents}
        rows += [f'{SERVER}ready_backends{{proxy_strategy="{name}"}} {count}' for name, count in counts.items()]
    return sorted(rows)


def _grepped(asked: Asked, rows: list[str]) -> str:
    """The lines that the question's own `grep -E` lets through."""
    pattern = re.search(r"grep -E '([^']+)'", asked.command.argv[2])
    kept = [row for row in rows if pattern is None or re.search(pattern[1], row)]
    return "".join(f"{row}\n" for row in kept)


def konnectivity_ready(asked: Asked) -> Said:
    server = asked.controller.server
    if server is None:
        return say("healthz 000\nreadyz 000\n")
    return say(f"healthz 200\nreadyz {200 if server.agents else 500}\n")


def agent_sockets(asked: Asked) -> Said:
    """Both looks at once; a hunting agent's dial shows in the first one now and then."""
    server = asked.controller.server
    if server is None:
        return say("@@ again\n")
    rows = [_socket(link.local, link.agent.worker.address, link.port) for link in server.links]
    churning = server.churn_rate > 0 and digits(server.pid, int(asked.now)) % 4 == 0
    passing = [_socket(server.links[0].local, server.links[0].agent.worker.address, 65000)] if churning and rows else []
    return say("".join([*rows, *passing, "@@ again\n", *rows]))


def _socket(local: str, peer: str, port: int) -> str:
    return f"0      0      [::ffff:{local}]:8132 [::ffff:{peer}]:{port}\n"


def api_ready(asked: Asked) -> Said:
    """With the admin certificate: each check and the HTTP status."""
    host = asked.controller
    if not host.api_listens and host.api_since is None:
        return say("\n000\n", status=7)
    failed = failed_checks(asked.fleet, host)
    return say(f"{readyz(failed)}\n{500 if failed else 200}\n")


def failed_checks(fleet: Fleet, host: Controller) -> tuple[str, ...]:
    if not fleet.etcd.has_quorum:
        return ("etcd", "etcd-readiness")
    return () if host.api_since is not None else ("poststarthook/rbac/bootstrap-roles",)


def readyz(failed: tuple[str, ...]) -> str:
    """The verbose body."""
    rows = [f"[-]{name} failed: reason withheld" if name in failed else f"[+]{name} ok" for name in READYZ]
    return "\n".join([*rows, "readyz check failed" if failed else "readyz check passed"])


# --- etcd ---------------------------------------------------------------------------------------------------------


def etcd_health(asked: Asked) -> Said:
    if asked.controller.etcd_up is None:
        return REFUSED
    if asked.fleet.etcd.has_quorum:
        return say('{"health":"true","reason":""}')
    return say('{"health":"false","reason":"QGET ERROR:context deadline exceeded"}')


def etcd_members(asked: Asked) -> Said:
    if asked.controller.etcd_up is None:
        return REFUSED
    return say(member_list(asked)) if asked.fleet.etcd.has_quorum else say(status=28)


def etcd_local_members(asked: Asked) -> Said:
    return REFUSED if asked.controller.etcd_up is None else say(member_list(asked))


def member_list(asked: Asked) -> str:
    members = [_member(member) for member in asked.fleet.etcd.members]
    return json.dumps({"header": _header(asked), "members": members}, separators=(",", ":"))


def _member(member: Member) -> dict[str, Any]:
    found: dict[str, Any] = {"ID": str(member.id)}
    if member.joined:
        found["name"] = member.name
    found["peerURLs"] = [f"https://{member.address}:2380"]
    if member.joined:
        found["clientURLs"] = ["https://127.0.0.1:2379"]
    return {**found, "isLearner": True} if member.learner else found


def _header(asked: Asked) -> dict[str, str]:
    etcd = asked.fleet.etcd
    own = etcd.member(asked.host.name)
    revision = etcd.revision + int(asked.now * 3)
    ids = {"cluster_id": str(etcd.cluster_id), "member_id": str(own.id)}
    return {**ids, "revision": str(revision), "raft_term": str(etcd.term)}


def etcd_status(asked: Asked) -> Said:
    etcd = asked.fleet.etcd
    if asked.controller.etcd_up is None:
        return REFUSED
    index = str(40000 + int(asked.now * 4))
    told: dict[str, Any] = {"header": _header(asked), "version": asked.fleet.release.etcd, "dbSize": "67989504"}
    told |= {"leader": str(etcd.leader), "raftIndex": index, "raftTerm": str(etcd.term), "raftAppliedIndex": index}
    told |= {"dbSizeInUse": "15159296"}
    if not etcd.leader:
        told["errors"] = ["etcdserver: no leader"]
    alarms: dict[str, Any] = {"header": _header(asked)}
    if etcd.alarms:
        own = str(etcd.member(asked.host.name).id)
        alarms["alarms"] = [{"memberID": own, "alarm": alarm} for alarm in etcd.alarms]
    return say(f"{json.dumps(told)}\n{json.dumps(alarms)}")


def etcd_metrics(asked: Asked) -> Said:
    if asked.controller.etcd_up is None:
        return REFUSED
    return say(_grepped(asked, etcd_metric_rows(asked)))


def etcd_metric_rows(asked: Asked) -> list[str]:
    etcd = asked.fleet.etcd
    own = etcd.member(asked.host.name)
    count = int((asked.now - (asked.controller.etcd_up or 0)) * 9) + 11
    peers = [peer for peer in etcd.members if peer is not own and peer.joined]
    buckets = [("0.001", 0.55), ("0.002", 0.93), ("0.004", 0.998), ("0.008", 0.9999), ("0.016", 1.0), ("+Inf", 1.0)]
    fsync = "etcd_disk_wal_fsync_duration_seconds"
    return [
        *(f'{fsync}_bucket{{le="{bound}"}} {int(count * share)}' for bound, share in buckets),
        f"{fsync}_sum {count * 0.0011:.6f}",
        f"{fsync}_count {count}",
        *(f'etcd_network_active_peers{{Local="{own.id:x}",Remote="{peer.id:x}"}} {int(peer.up)}' for peer in peers),
        f"etcd_server_has_leader {int(etcd.leader != 0)}",
        f"etcd_server_is_leader {int(etcd.leader == own.id)}",
        f"etcd_server_leader_changes_seen_total {etcd.leader_changes}",
    ]


ANSWERS: dict[str, Answer] = {
    "konnectivity_server": konnectivity_server,
    "konnectivity_metrics": konnectivity_metrics,
    "konnectivity_ready": konnectivity_ready,
    "agent_sockets": agent_sockets,
    "api_ready": api_ready,
    "etcd_health": etcd_health,
    "etcd_members": etcd_members,
    "etcd_local_members": etcd_local_members,
    "etcd_status": etcd_status,
    "etcd_metrics": etcd_metrics,
}
