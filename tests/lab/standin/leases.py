"""Leases as client-go's leader election holds them; another's time counts from when we saw it change."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from standin import log
from standin.client import Api, ApiError


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Elector:
    """One lease that this process tries to hold. `held` says whether it does."""

    def __init__(
        self,
        api: Api,
        name: str,
        holder: str,
        namespace: str = "kube-node-lease",
        duration: int = 60,
        retry: float = 5.0,
    ) -> None:
        self.api, self.name, self.holder, self.duration, self.retry = api, name, holder, duration, retry
        self.path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self.held = False
        self.modesty = 0.0
        """Seconds for which a lease that nobody ever held is left to others."""
        self._created = time.monotonic()
        self.stopping = threading.Event()
        self._seen: tuple[object, float] = (None, 0.0)
        self._renewed = 0.0

    def run(self) -> None:
        """Try and renew until stopped; a thread's body."""
        while not self.stopping.is_set():
            try:
                self._try()
            except ApiError as error:
                if self.held and time.monotonic() - self._renewed > 15:
                    self.held = False
                    log.emit(
                        "E", "leaderelection.go:429", f"failed to renew lease kube-node-lease/{self.name}: {error}"
                    )
            self.stopping.wait(self.retry if self.held else min(self.retry, 2.0))

    def _try(self) -> None:
        lease = self.api.find(f"{self.path}/{self.name}")
        if lease is None and time.monotonic() < self._created + self.modesty:
            return
        if lease is None:
            self._take({"metadata": {"name": self.name}, "spec": {"leaseTransitions": 0}}, create=True)
            return
        spec = lease["spec"]
        record = (spec.get("holderIdentity"), spec.get("renewTime"))
        if record != self._seen[0]:
            self._seen = (record, time.monotonic())
        expired = time.monotonic() - self._seen[1] > spec.get("leaseDurationSeconds", self.duration)
        if not record[0] or record[0] == self.holder or expired:
            self._take(lease, create=False)
        elif self.held:
            self.held = False

    def _take(self, lease: dict, create: bool) -> None:
        spec = lease["spec"]
        if spec.get("holderIdentity") != self.holder:
            spec["acquireTime"] = now()
            spec["leaseTransitions"] = spec.get("leaseTransitions", 0) + (not create)
        spec |= {"holderIdentity": self.holder, "leaseDurationSeconds": self.duration, "renewTime": now()}
        try:
            if create:
                self.api.post(self.path, lease)
            else:
                self.api.put(f"{self.path}/{self.name}", lease)
        except ApiError as error:
            if error.status == 409:
                return
            raise
        self.held, self._renewed = True, time.monotonic()

    def release(self) -> None:
        """On a graceful stop: no holder, one second, as the recordings show it."""
        self.stopping.set()
        if not self.held:
            return
        self.held = False
        try:
            lease = self.api.get(f"{self.path}/{self.name}")
            if lease["spec"].get("holderIdentity") == self.holder:
                lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": now()}
                self.api.put(f"{self.path}/{self.name}", lease)
        except ApiError as error:
            log.emit("E", "leaderelection.go:322", f"Failed to release lock: {error}")
