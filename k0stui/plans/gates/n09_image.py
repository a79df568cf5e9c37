"""N-09: the balancer's image is on each worker: without it a restarted worker never comes back."""

from __future__ import annotations

from k0stui.errors import NotObserved
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh
from k0stui.plans.gates.n06_ports_free import workers


def check(situation: Situation) -> str:
    image = situation.plan.setting("image")
    if not image:
        raise NotObserved("the balancer's image is not known")
    hosts = workers(situation)
    missing = [
        host.name
        for host in hosts
        if image not in fresh(situation, situation.seen(host.name).images, f"{host.name}: images", SLOW)
    ]
    if missing:
        raise Fail(f"{image} is not on {', '.join(sorted(missing))}", "pull it there, or bring it by hand (air-gapped)")
    return f"{image} on {len(hosts)} workers"


GATE = Gate("N-09", "balancer image there", check)
