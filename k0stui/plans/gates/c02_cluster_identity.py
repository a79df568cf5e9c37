"""C-02: each API server that answers serves the cluster that the plan was made for (uid of kube-system)."""

from __future__ import annotations

from k0stui.errors import NotObserved
from k0stui.model.observed import Known
from k0stui.plans.gates.gate import Fail, Gate, Situation


def check(situation: Situation) -> str:
    known = [(api.host, api.cluster_uid.value) for api in situation.snapshot.apis if isinstance(api.cluster_uid, Known)]
    if not known:
        raise NotObserved("no API server told the cluster's uid")
    others = [host for host, uid in known if uid != situation.plan.cluster_uid]
    if others:
        raise Fail(f"{', '.join(others)}: another cluster", "check the inventory")
    return f"uid {situation.plan.cluster_uid[:8]} on {len(known)} API servers"


GATE = Gate("C-02", "the right cluster", check)
