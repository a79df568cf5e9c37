"""The simulated API servers: what acts change there, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

from k0stui.demo.fleet import Fleet
from k0stui.demo.kube import ApiServer
from k0stui.demo.scenarios import healthy, incident, incident_dynamic

AGENTS = "/apis/apps/v1/namespaces/kube-system/daemonsets/konnectivity-agent"
PODS = "/api/v1/namespaces/kube-system/pods"
CONFIG = "/apis/k0s.k0sproject.io/v1beta1/namespaces/kube-system/clusterconfigs/k0s"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"


def api(fleet: Fleet, number: int = 1) -> ApiServer:
    return ApiServer(fleet, fleet.controller(f"k0s-master-{number}"))


def got(server: ApiServer, path: str) -> Any:
    answered = server.request("GET", path)
    assert answered.status == 200, answered
    return json.loads(answered.body)


def hold(server: ApiServer, version: str) -> int:
    body = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": version},
        {"op": "replace", "path": "/spec/updateStrategy", "value": {"type": "OnDelete"}},
    ]
    return server.request("PATCH", AGENTS, json.dumps(body).encode(), JSON_PATCH).status


def test_a_hold_is_kept_and_the_generation_rises() -> None:
    """A JSON patch with the right version sets OnDelete; the object says so afterwards."""
    server = api(incident())
    before = got(server, AGENTS)
    status = hold(server, before["metadata"]["resourceVersion"])
    after = got(server, AGENTS)

    assert status == 200
    assert after["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1


def test_an_old_version_is_refused() -> None:
    """A failed `test` of the resourceVersion is 422, an old one in a merge patch 409; nothing changes."""
    server = api(incident())
    merge = {"metadata": {"resourceVersion": "1"}, "spec": {"updateStrategy": {"type": "OnDelete"}}}

    assert hold(server, "1") == 422
    assert server.request("PATCH", AGENTS, json.dumps(merge).encode(), MERGE_PATCH).status == 409
    assert got(server, AGENTS)["spec"]["updateStrategy"]["type"] == "RollingUpdate"


def test_a_dry_run_changes_nothing() -> None:
    """dryRun=All answers with the result and keeps the object as it was."""
    server = api(incident_dynamic())
    body = json.dumps({"spec": {"network": {"nodeLocalLoadBalancing": {"enabled": True}}}}).encode()
    answered = server.request("PATCH", f"{CONFIG}?dryRun=All", body, MERGE_PATCH)

    assert json.loads(answered.body)["spec"]["network"]["nodeLocalLoadBalancing"]["enabled"] is True
    assert got(server, CONFIG)["spec"]["network"]["nodeLocalLoadBalancing"]["enabled"] is False


def test_static_mode_has_no_cluster_config() -> None:
    """The kind does not exist there: 404."""
    assert api(incident()).request("GET", CONFIG).status == 404


def test_each_controller_says_that_it_reconciled_a_patch() -> None:
    """A patch of the ClusterConfig leads to one SuccessfulReconcile event per controller, with its new version."""
    fleet = incident_dynamic()
    body = json.dumps({"spec": {"network": {"nodeLocalLoadBalancing": {"enabled": True}}}}).encode()
    version = json.loads(api(fleet).request("PATCH", CONFIG, body, MERGE_PATCH).body)["metadata"]["resourceVersion"]
    fleet.advance(fleet.now + 10)
    path = "/api/v1/namespaces/kube-system/events?fieldSelector=involvedObject.kind%3DClusterConfig"
    events = got(api(fleet), path)["items"]

    assert {event["reportingInstance"] for event in events} == {f"k0s-master-{n}" for n in (1, 2, 3)}
    assert {event["involvedObject"]["resourceVersion"] for event in events} == {version}


def test_a_pod_is_deleted_only_with_its_own_uid() -> None:
    """A wrong uid as precondition is 409; with the right one the pod is replaced within seconds."""
    fleet = healthy()
    server = api(fleet)
    pod = got(server, f"{PODS}?labelSelector=k8s-app%3Dkonnectivity-agent")["items"][0]
    path = f"{PODS}/{pod['metadata']['name']}"

    def delete(uid: str) -> int:
        options = {"gracePeriodSeconds": 1, "preconditions": {"uid": uid}}
        return server.request("DELETE", path, json.dumps(options).encode()).status

    assert delete("another") == 409
    assert delete(pod["metadata"]["uid"]) == 200
    fleet.advance(fleet.now + 8)
    assert server.request("GET", path).status == 404
    assert fleet.counts() == [4, 4, 4]


def test_pods_are_selected_by_label_and_by_node() -> None:
    """labelSelector and fieldSelector narrow the list as the real API does."""
    server = api(healthy())
    balancers = got(server, f"{PODS}?labelSelector=app.kubernetes.io%2Fcomponent%3Dnllb")["items"]
    on_one = got(server, f"{PODS}?fieldSelector=spec.nodeName%3Dk0s-worker-2")["items"]

    assert len(balancers) == 4
    assert {pod["spec"]["nodeName"] for pod in on_one} == {"k0s-worker-2"}


def test_the_tunnel_answers_by_controller() -> None:
    """In the incident nodes are reached through the controller that has agents, and through no other."""
    fleet = incident()
    path = "/api/v1/nodes/k0s-worker-1/proxy/healthz"
    refused = api(fleet, 2).request("GET", path)

    assert (api(fleet, 1).request("GET", path).status, refused.status) == (200, 503)
    assert b"No agent available" in refused.body


def test_the_metrics_api_flaps_only_while_servers_disagree() -> None:
    """In the incident its resourceVersion moves between reads; on a healthy fleet it stands still."""
    path = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
    moved = {}
    for name, fleet in (("incident", incident()), ("healthy", healthy())):
        first = got(api(fleet), path)["metadata"]["resourceVersion"]
        fleet.advance(fleet.now + 5)
        moved[name] = got(api(fleet), path)["metadata"]["resourceVersion"] != first

    assert moved == {"incident": True, "healthy": False}


def test_a_stopped_controller_refuses_and_a_lost_quorum_times_out() -> None:
    """Its port is closed after the stop; without quorum another one's /readyz is 500 and reads end in 504."""
    fleet = healthy()
    fleet.controller("k0s-master-3").stop()
    fleet.advance(fleet.now + 10)
    assert not api(fleet, 3).listens
    fleet.controller("k0s-master-2").power_off()

    assert api(fleet).request("GET", "/readyz?verbose").status == 500
    assert api(fleet).request("GET", "/api/v1/nodes").status == 504


def test_nothing_else_can_be_changed() -> None:
    """Nodes, Secrets and the like are not for us: no verb but the acts' own does anything."""
    server = api(healthy())

    assert server.request("DELETE", "/api/v1/nodes/k0s-worker-1").status == 403
    assert server.request("PATCH", "/api/v1/nodes/k0s-worker-1", b"{}", MERGE_PATCH).status == 403
    assert server.request("POST", PODS, b"{}").status == 405
