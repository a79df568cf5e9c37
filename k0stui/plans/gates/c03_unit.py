"""C-03: systemd runs the unit, steadily, with nothing pending, and would start it again by itself."""

from __future__ import annotations

from collections.abc import Iterator

from k0stui.errors import NotObserved
from k0stui.model.observed import Known
from k0stui.model.operation import HostInPlan
from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, each_controller, fresh, those


def check(situation: Situation) -> str:
    hosts = [host for host, _ in each_controller(situation)]
    if situation.host is not None and not situation.helping and situation.target not in hosts:
        hosts.append(situation.target)
    wrong = [f"{host.name}: {problem}" for host in hosts for problem in _problems(situation, host)]
    if wrong:
        raise Fail(those(wrong), "mend the unit first")
    return f"{len(hosts)} units active, no job, no restart by themselves"


def _problems(situation: Situation, host: HostInPlan) -> Iterator[str]:
    seen = situation.seen(host.name)
    service = fresh(situation, seen.service, f"{host.name}: unit")
    status = fresh(situation, seen.status, f"{host.name}: k0s status", SLOW)
    identity = fresh(situation, seen.identity, f"{host.name}: init system", SLOW)
    if identity.init != "systemd":
        yield f"{identity.init} is only looked at, never acted on"
        return
    if not service.is_running or service.load != "loaded":
        yield f"{service.load}, {service.active}/{service.sub}"
    if service.enabled != "enabled":
        yield f"unit is {service.enabled}"
    if service.needs_reload:
        yield "systemctl daemon-reload is due"
    if service.job:
        yield f"job {service.job} is queued"
    if service.main_pid != status.pid:
        yield f"systemd runs pid {service.main_pid}, k0s says {status.pid}"
    if (service.kill_mode, service.restart) != ("process", "always"):
        yield f"KillMode={service.kill_mode}, Restart={service.restart}"
    if service.restarts > _restarts_before(situation, host):
        yield f"restarted by itself, {service.restarts} times in all"


def _restarts_before(situation: Situation, host: HostInPlan) -> int:
    """As the look before saw it; a new start of the unit begins at 0 again."""
    before = situation.snapshot.earlier.find(host.name) if situation.snapshot.earlier else None
    if before is None or not isinstance(before.service, Known):
        raise NotObserved(f"{host.name}: restarts were seen only once")
    return before.service.value.restarts


GATE = Gate("C-03", "the unit runs", check)
