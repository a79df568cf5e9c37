"""A list of 500 pods from the wire to rows; beside it the same bytes through the Kubernetes client's typed models.

Bar: at most 1/30 of the time. Each runs in a process of its own (the typed models alone take a second and 40 MiB to
load, which is not counted); the figure is the median of several lists, after one that warms up.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

PODS = 500
TURNS = 7


def main() -> None:
    from bench.result import report

    ours, typed = (measured(kind) for kind in ("ours", "typed"))
    report(
        "pods",
        pods=PODS,
        bytes=len(wire()),
        ours_ms=round(ours["ms"], 2),
        typed_ms=round(typed["ms"], 1),
        rows_equal=ours["rows"] == typed["rows"],
        ratio=round(typed["ms"] / ours["ms"], 1),
        bar_ratio=30,
        met=typed["ms"] / ours["ms"] >= 30 and ours["rows"] == typed["rows"],
    )


def measured(kind: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.pods", kind], stdout=subprocess.PIPE, check=True, cwd=Path(__file__).parents[1]
    )
    return json.loads(done.stdout)


def child(kind: str) -> None:
    rows_of = {"ours": ours, "typed": typed}[kind]()
    body = wire()
    rows = rows_of(body)
    took = []
    for _ in range(TURNS):
        started = time.process_time()
        rows_of(body)
        took.append(time.process_time() - started)
    print(json.dumps({"ms": statistics.median(took) * 1000, "rows": rows}))


Rows = list[list[Any]]


def ours() -> Callable[[bytes], Rows]:
    from k0stui.probes.api.agent_pods import PROBE

    def rows(body: bytes) -> Rows:
        return [
            [pod.metadata.name, pod.spec.node_name, pod.status.phase, pod.status.pod_ip, pod.spec.host_network]
            for pod in PROBE.read(body)
        ]

    return rows


def typed() -> Callable[[bytes], Rows]:
    """`CoreV1Api.list_namespaced_pod` without the network: what it makes of the response's bytes."""
    import kubernetes.client

    client = kubernetes.client.ApiClient()

    def rows(body: bytes) -> Rows:
        pods = client.deserialize(body.decode(), "V1PodList", "application/json")
        return [
            [
                pod.metadata.name,
                pod.spec.node_name or "",
                pod.status.phase,
                pod.status.pod_ip or "",
                bool(pod.spec.host_network),
            ]
            for pod in pods.items
        ]

    return rows


def wire() -> bytes:
    """What an API server sends for so many pods of a DaemonSet, `managedFields` included: some 7 kB each."""
    pod = json.loads(Path(__file__).with_name("pod.json").read_text())
    pods = [{**pod, "metadata": {**pod["metadata"], "name": f"pod-{number:04}"}} for number in range(PODS)]
    listed = {"apiVersion": "v1", "kind": "PodList", "metadata": {"resourceVersion": "1"}, "items": pods}
    return json.dumps(listed, separators=(",", ":")).encode()


if __name__ == "__main__":
    child(sys.argv[1]) if len(sys.argv) > 1 else main()
