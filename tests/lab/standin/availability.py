"""The check of the metrics API that every API server makes, and the flood that comes of their disagreement.

Each API server tests the API with five dials through its own konnectivity server and writes the verdict into one shared
object; a verdict of another that differs makes it test again at once (reference/konnectivity.md §3.2). So a controller
without agents floods only while another one has some; with none anywhere two or three errors a second remain.
"""

from __future__ import annotations

import time

from standin import egress, etcd, log, store
from standin.catalogue import target
from standin.settings import knobs

NAME = "v1beta1.metrics.k8s.io"
PATH = f"/apis/apiregistration.k8s.io/v1/apiservices/{NAME}"
SERVICE = "10.97.131.110:443"
"""metrics-server's cluster address; agents take it for the kubelet of their own node."""
URL = f"https://{SERVICE}/apis/metrics.k8s.io/v1beta1"
ROUNDS = 5
"""Rounds a second, at most, while verdicts fight; a real one goes faster with fewer lines in each."""
DIALS = 5
"""Of one check."""


def run() -> None:
    """A thread's body."""
    while True:
        try:
            time.sleep(_once())
        except (etcd.EtcdError, store.Refused):
            time.sleep(2)


def _once() -> float:
    """One test and one verdict; how long to wait for the next."""
    disagree = _verdict(store.read(target(PATH))) != _last.get("verdict")  # type: ignore[arg-type]
    dials = _owed() if disagree else DIALS
    error = _test(dials)
    if error:
        _complain(error, dials)
    verdict = "False" if error else "True"
    _last["verdict"] = verdict
    changed = _write(verdict, error)
    if changed or disagree:
        return 1 / ROUNDS
    return _calm_wait(bool(error))


_last: dict[str, str] = {}
_flooded = [0.0]
"""When the last round of a fight began (monotonic)."""


def _owed() -> int:
    """Dials that a fight of this length makes: half of a flood's lines are konnectivity's, half the API server's.

    By time, not by rounds: how long a round takes is up to etcd and to the other API server.
    """
    now = time.monotonic()
    since, _flooded[0] = min(1.0, now - _flooded[0]), now
    return max(DIALS, round(knobs()["flood"] / 2 * since))


def _calm_wait(failing: bool) -> float:
    """Until the next test, or until another API server has written something else; polled as an informer would tell."""
    limit = 2.0 if failing else 30.0
    waited = 0.0
    while waited < limit:
        time.sleep(0.3)
        waited += 0.3
        if _verdict(store.read(target(PATH))) != _last["verdict"]:  # type: ignore[arg-type]
            return 0.0
    return 0.0


def _test(dials: int) -> str:
    try:
        egress.dial(SERVICE, dials).close()
        return ""
    except egress.DialFailed as error:
        return str(error)


def _complain(error: str, dials: int) -> None:
    text = f'\\"{URL}\\": {error}'
    failed = f"{NAME} failed with: failing or missing response from {URL}: Get {text}"
    line = f'"Unhandled Error" err="{failed}" logger="UnhandledError"'
    for _ in range(dials):
        log.emit("E", "remote_available_controller.go:448", line)


def _verdict(service: dict) -> str:
    conditions = service.get("status", {}).get("conditions", [])
    return next((each["status"] for each in conditions if each["type"] == "Available"), "")


def _write(verdict: str, error: str) -> bool:
    """Whether the object had to be changed."""
    reason = "FailedDiscoveryCheck" if error else "Passed"
    message = f'failing or missing response from {URL}: Get "{URL}": {error}' if error else "all checks passed"

    def edit(service: dict) -> dict:
        if _verdict(service) != verdict:
            condition = {
                "lastTransitionTime": store.stamp(),
                "message": message,
                "reason": reason,
                "status": verdict,
                "type": "Available",
            }
            return {**service, "status": {"conditions": [condition]}}
        return service

    before = store.read(target(PATH))["metadata"]["resourceVersion"]  # type: ignore[arg-type]
    return store.change(target(PATH), edit)["metadata"]["resourceVersion"] != before  # type: ignore[arg-type]
