"""k0s v1.36.3 differs from v1.32.1 where the recordings say so; and dynamic configuration, which needs no restart."""

from __future__ import annotations

import json

import pytest

from tests.lab import boot, lab, view
from tests.lab.fill import Knobs
from tests.lab.hosts import CONTROLLERS, WORKERS

NEW = Knobs(version="v1.36.3+k0s.2", flood=60, dynamic=True)
MASTER_1, MASTER_2, _ = CONTROLLERS
CONFIG = "/apis/k0s.k0sproject.io/v1beta1/namespaces/kube-system/clusterconfigs/k0s"
AGENTS = "/apis/apps/v1/namespaces/kube-system/daemonsets/konnectivity-agent"


@pytest.fixture(scope="module", autouse=True)
def _new_version(_lab_ends: None) -> None:
    lab.up(NEW)
    lab.wait_settled(NEW)


def _get(path: str) -> dict[str, object]:
    return dict(json.loads(boot.run(MASTER_2, "k0s", "kubectl", "get", "--raw", path)))


def _patch(path: str, patch: object) -> None:
    pki = "/var/lib/k0s/pki"
    command = f"curl -sf --cacert {pki}/ca.crt --cert {pki}/admin.crt --key {pki}/admin.key -X PATCH -d @- "
    command += f"-H 'Content-Type: application/merge-patch+json' https://localhost:6443{path}"
    boot.run(MASTER_2, "sh", "-c", command, stdin=json.dumps(patch))


def test_metrics_of_the_newer_server() -> None:
    """`ready_backends` by strategy stands beside the old gauge, and 8092 has metrics too."""
    text = boot.run(MASTER_1, "curl", "-s", "http://127.0.0.1:8133/metrics")
    for strategy, count in (("default", 4), ("destHost", 4), ("defaultRoute", 0)):
        assert f'ready_backends{{proxy_strategy="{strategy}"}} {count}\n' in text
    assert "ready_backends" in boot.run(MASTER_1, "curl", "-s", "http://localhost:8092/metrics")


def test_a_changed_object_moves_the_target() -> None:
    """NLLB by the ClusterConfig object: target and worker-config follow without a restart; held, no agent moves."""
    pids = [boot.run(each, "pgrep", "-x", "proxy-agent") for each in WORKERS]
    _patch(AGENTS, {"spec": {"updateStrategy": {"type": "OnDelete"}}})
    _patch(CONFIG, {"spec": {"network": {"nodeLocalLoadBalancing": {"enabled": True}}}})

    lab.wait_until(lambda: "--proxy-server-host=localhost" in json.dumps(_get(AGENTS)), 30)
    worker_config = "/api/v1/namespaces/kube-system/configmaps/worker-config-default-1.36"
    lab.wait_until(lambda: '\\"enabled\\":true' in json.dumps(_get(worker_config)).replace("konnectivity", ""), 30)
    events = json.dumps(_get("/api/v1/namespaces/kube-system/events"))
    assert events.count("SuccessfulReconcile") >= 3
    assert [boot.run(each, "pgrep", "-x", "proxy-agent") for each in WORKERS] == pids
    assert view.columns() == [4, 0, 0]


def test_an_agent_that_is_ready_has_a_server() -> None:
    """From 1.33.1 a new agent that reaches no server stays unready, and the rollout stops at its node."""
    _patch(AGENTS, {"spec": {"updateStrategy": {"type": "RollingUpdate"}}})

    lab.wait_until(lambda: _status("updatedNumberScheduled") == 1, 60)
    lab.wait_until(lambda: [view.agent_counts(each)[0] for each in WORKERS].count(1) == 3, 60)
    lab.wait_until(lambda: _status("numberReady") == 3, 60)
    assert view.columns() == [3, 0, 0]


def _status(name: str) -> int:
    status = _get(AGENTS)["status"]
    return int(status.get(name, 0)) if isinstance(status, dict) else 0
