"""What a simulated worker prints of its agent, its balancer, its kubelet and its kube-proxy."""

from __future__ import annotations

import re

from k0stui.demo.controller import Controller
from k0stui.demo.host_answers import counted
from k0stui.demo.konnectivity import Agent
from k0stui.demo.said import REFUSED, Answer, Asked, Said, say
from k0stui.demo.worker import AGENT_PORT, API_PORT, KubeProxy, Worker
from k0stui.probes.host import agent_signs

AGENT = "konnectivity_network_proxy_agent_"


def agent_metrics(asked: Asked) -> Said:
    """`open` is there once a server was reached; dead connections count."""
    agent = asked.worker.agent
    if agent is None:
        return REFUSED
    rows = [f"{AGENT}known_server_count {agent.known}"]
    if agent.reached:
        rows.append(f"{AGENT}open_server_connections {len(agent.links)}")
    started = asked.wall(agent.started).timestamp()
    return say("".join(f"{row}\n" for row in [*rows, f"process_start_time_seconds {started:.2f}"]))


def agent_process(asked: Asked) -> Said:
    agent = asked.worker.agent
    if agent is None:
        return say()
    started = int(asked.wall(agent.started).timestamp())
    arguments = "\n".join(agent_arguments(agent))
    return say(f"pid={agent.pid}\nstarted={started}\n{arguments}\n")


def agent_arguments(agent: Agent) -> list[str]:
    return [
        "/proxy-agent",
        "--logtostderr=true",
        "--ca-cert=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
        f"--proxy-server-host={agent.host}",
        f"--proxy-server-port={agent.port}",
        "--service-account-token-path=/var/run/secrets/tokens/konnectivity-agent-token",
        f"--agent-identifiers=host={agent.worker.address}",
        f"--agent-id={agent.worker.address}",
    ]


def agent_signs_said(asked: Asked) -> Said:
    agent = asked.worker.agent
    if agent is None:
        return say("@@ absent\n")
    lines = agent_log(asked, agent)
    return say(counted(lines, lines[0].split(" ", 1)[0] if lines else "", agent_signs.SIGNS))


def agent_log(asked: Asked, agent: Agent) -> list[str]:
    """The end of the pod's log: a line per second while it hunts, one per try while nothing answers."""
    duplicate = "duplicate server connection attempt" if asked.fleet.release.is_new else "duplicate server"
    lines = [
        f'I client.go:371] "Start serving" serverID="{link.server.id}" agentID="{agent.worker.address}"'
        for link in agent.links
    ]
    if agent.in_vain:
        lines += [f'I clientset.go:196] "{duplicate}" serverID="{server.id}"' for server in agent.in_vain] * 40
    if not agent.links and agent.host == "localhost" and asked.worker.envoy is None:
        lines += [_REFUSED] * 40
    begin = max(agent.started, asked.now - len(lines))
    stamps = [asked.wall(begin + index).strftime("%Y-%m-%dT%H:%M:%S.%fZ") for index in range(len(lines))]
    return [f"{stamp} stderr F {line}" for stamp, line in zip(stamps, lines, strict=True)]


_REFUSED = (
    'E clientset.go:223] "cannot connect once" err="rpc error: code = Unavailable desc = connection error: desc ='
    ' \\"transport: Error while dialing: dial tcp 127.0.0.1:7132: connect: connection refused\\""'
)


def balancer(asked: Asked) -> Said:
    """Two rows per port: Envoy has a thread per core."""
    worker = asked.worker
    if worker.envoy is None:
        return say("@@ readyz\n000\n")
    row = "LISTEN 0      4096   127.0.0.1:{port} 0.0.0.0:*\n"
    rows = "".join(row.format(port=port) * 2 for port in (AGENT_PORT, API_PORT))
    up = any(controller.api_listens for controller in asked.fleet.controllers)
    return say(f"{rows}@@ readyz\n{'401' if up else '000'}\n")


def upstreams(asked: Asked) -> Said:
    worker = asked.worker
    if worker.files_since is None:
        return say("@@ absent\n")
    addresses = [address.partition(":")[0] for address in worker.upstream_addresses]
    clusters = "".join(_cluster(name, port, addresses) for name, port in (("apiserver", 6443), ("konnectivity", 8132)))
    return say(f"resources:\n{clusters}")


def _cluster(name: str, port: int, addresses: list[str]) -> str:
    policy = "RANDOM" if name == "apiserver" else "ROUND_ROBIN"
    endpoints = "".join(
        "      - endpoint:\n          address:\n            socket_address:\n"
        f'              address: "{address}"\n              port_value: {port}\n'
        for address in addresses
    )
    return (
        '- "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster\n'
        f"  name: {name}\n  connect_timeout: 0.25s\n  type: STATIC\n  lb_policy: {policy}\n  load_assignment:\n"
        f"    cluster_name: {name}\n    endpoints:\n    - lb_endpoints:\n{endpoints}"
        "  health_checks:\n  - tcp_health_check: {}\n    timeout: 1s\n    interval: 5s\n    healthy_threshold: 3\n"
        "    unhealthy_threshold: 5\n"
    )


def kubelet(asked: Asked) -> Said:
    worker = asked.worker
    if worker.kubelet_since is None:
        return say("kubeconfig=\nserver=\n", error="cat: /run/k0s/kubelet.pid: No such file or directory\n")
    if worker.kubelet_nllb:
        return say("kubeconfig=/run/k0s/nllb/kubeconfig.yaml\nserver=https://127.0.0.1:7443\n")
    return say(f"kubeconfig=/var/lib/k0s/kubelet.conf\nserver=https://{asked.fleet.join_address}:6443\n")


def kube_proxy(asked: Asked) -> Said:
    worker = asked.worker
    rows = []
    if worker.kubelet_since is not None and worker.reaches_api:
        to = "127.0.0.1:7443" if worker.kubelet_nllb else f"{asked.fleet.join_address}:6443"
        rows += [
            _established(worker, to, "kubelet", worker.kubelet_pid),
            _established(worker, to, "k0s", worker.unit.main_pid),
        ]
    proxy = worker.kube_proxy
    peer = proxy_peer(asked, proxy) if proxy is not None else ""
    if proxy is not None and peer:
        rows.append(_established(worker, peer, "kube-proxy", proxy.pid))
    return say("".join(rows))


def proxy_peer(asked: Asked, proxy: KubeProxy) -> str:
    """Where its connection goes; empty while nothing answers there."""
    host, port = re.match(r"https://([^:]+):(\d+)", proxy.server).groups()  # type: ignore[union-attr]
    if host == "localhost":
        return f"127.0.0.1:{port}" if asked.worker.envoy is not None else ""
    controller = asked.fleet.at_address(host)
    return f"{host}:{port}" if controller is not None and controller.api_listens else ""


def _established(worker: Worker, to: str, name: str, pid: int) -> str:
    local = "127.0.0.1" if to.startswith("127.") else worker.address
    return f'ESTAB 0      0      {local}:{40000 + pid % 20000} {to} users:(("{name}",pid={pid},fd=9))\n'


def reach(asked: Asked) -> Said:
    """Each controller's two ports; dropped packets cost 2 s and end in 124."""
    api, agent, *controllers = asked.arguments
    rows = [_dial(asked, address, int(port)) for address in controllers for port in (api, agent)]
    return say("".join(f"{row}\n" for row in rows))


def _dial(asked: Asked, address: str, port: int) -> str:
    controller = asked.fleet.at_address(address)
    if controller is None or not controller.powered or asked.fleet.is_blocked(asked.worker, controller, port):
        return f"{address}:{port} rc=124 "
    if _is_open(controller, port):
        return f"{address}:{port} rc=0 "
    return f"{address}:{port} rc=1 bash: connect: Connection refused"


def _is_open(controller: Controller, port: int) -> bool:
    return controller.server is not None if port == 8132 else controller.api_listens


def images(asked: Asked) -> Said:
    return say("".join(f"{name}\n" for name in sorted(asked.worker.images)))


ANSWERS: dict[str, Answer] = {
    "agent_metrics": agent_metrics,
    "agent_process": agent_process,
    "agent_signs": agent_signs_said,
    "balancer": balancer,
    "upstreams": upstreams,
    "kubelet": kubelet,
    "kube_proxy": kube_proxy,
    "reach": reach,
    "images": images,
}
