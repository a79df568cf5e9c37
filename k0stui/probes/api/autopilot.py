"""Whether k0s' own updater is at work; without a plan, or without its kind, there is None."""

from __future__ import annotations

from k0stui.model.kubernetes import AutopilotPlan
from k0stui.probes.answer import reads
from k0stui.probes.api.body import one
from k0stui.probes.probe import ApiProbe


@reads("the autopilot plan")
def read(body: bytes) -> AutopilotPlan | None:
    return one(body, AutopilotPlan)


def none() -> AutopilotPlan | None:
    return None


PROBE = ApiProbe("autopilot", "/apis/autopilot.k0sproject.io/v1beta2/plans/autopilot", read, absent=none)
