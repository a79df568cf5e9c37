"""Restart k0s on one host by one job of PID 1, through the guard; and find out on the host what became of it.

The command's exit proves nothing: whether it restarted is read from systemd's InvocationID and the boot id, whether it
is ready from gates. Source: design safety.md §4.2, §4.5, §6.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from k0stui.errors import NotYet, StepFailed
from k0stui.model.event import Event, Kind
from k0stui.model.host import HostName
from k0stui.model.kubernetes import Pod
from k0stui.model.observed import Known, require
from k0stui.model.operation import Facts, StepState
from k0stui.model.rows import BOOT
from k0stui.plans.steps.step import Await, Check, Step, accepted, gates_pass, refused, unknown
from k0stui.plans.world import GuardAnswer, RestartRequest, Verdict, World

REACT = 30
"""Seconds of the host's own uptime that a request stays valid: one that was delayed longer is dead (exit 16)."""

JOB = 210.0
"""Seconds: 180 until the job has left PID 1's queue (stop alone may take 90), 30 until the unit is active anew."""

TRIES = 3
"""How often a restart that certainly never began is requested anew."""


@dataclass(frozen=True, slots=True)
class RestartService(Step):
    """What both kinds of host have in common."""

    host: HostName
    unit: str
    machine_id: str
    ca_sha256: str
    data_dir: str = "/var/lib/k0s"
    config: str = "-"
    sha_before: str = "-"
    sha_after: str = "-"
    """`-`: nothing is committed."""
    members: int = 0
    need: int = 0
    """0: there is no etcd to ask."""

    settles = JOB

    @property
    def title(self) -> str:
        with_config = ", with its new config" if self.sha_after != "-" else ""
        return f"Restart {self.unit.removesuffix('.service')} on {self.host}{with_config}"

    def preview(self) -> tuple[str, ...]:
        commit = (
            f"{self.host}: replace {self.config}, sha256 {self.sha_before[:12]} -> {self.sha_after[:12]}, just before"
        )
        quorum = f", {self.need} of {self.members} etcd members without it" if self.need else ""
        return (
            f"{self.host}: under flock: lock, identity, no pending job, config{quorum} checked once more",
            *((commit,) if self.sha_after != "-" else ()),
            f"{self.host}: sudo -n systemctl --no-block restart {self.unit}",
        )

    async def check(self, world: World) -> Check:
        return Check.NEEDED

    async def intent(self, world: World) -> Facts:
        answer = await world.guards[self.host].status(self.unit, self.config)
        return (
            ("boot", answer.boot_id),
            ("pre", answer.invocation_id),
            ("deadline", str(answer.uptime + REACT)),
            ("sha", answer.config_sha),
        )

    def request(self, world: World) -> RestartRequest:
        """What the guard will check: the plan's values and those of INTENT."""
        return RestartRequest(
            self.host, world.step, world.progress.attempt, self.unit, self.machine_id, self.ca_sha256,
            world.fact("boot"), world.fact("pre"), int(world.fact("deadline", "0")), self.data_dir, self.config,
            self.sha_before, self.sha_after, self.members, self.need or None,
            "any" if world.progress.helping else "active",
        )  # fmt: skip

    async def apply(self, world: World) -> Event:
        answer = await world.guards[self.host].restart(self.request(world))
        if answer.verdict is Verdict.LOCK:
            epoch = max(answer.epoch or 0, world.operation.epoch)
            return Event(Kind.EPOCH_LOST, world.step, f"{self.host}: {answer.why}", epoch)
        if answer.verdict.is_refusal:
            return refused(world, f"{self.host}: the guard refused: {answer.why} ({int(answer.verdict)})")
        return accepted(world) if answer.verdict is Verdict.ACCEPTED else unknown(world, answer.why)

    async def outcome(self, world: World) -> Event:
        answer = await world.guards[self.host].status(self.unit, self.config)
        if answer.epoch is not None and answer.epoch > world.operation.epoch:
            return Event(Kind.EPOCH_LOST, world.step, f"adopted by {answer.owner}", answer.epoch)
        if world.progress.state is StepState.RESTARTING:
            return await self._readiness(world)
        return self.classified(world, answer)

    def classified(self, world: World, answer: GuardAnswer) -> Event:
        """The host's word on an INTENT without result: design safety.md §6."""
        if answer.boot_id != world.fact("boot"):
            return self._rebooted(world, answer)
        if answer.invocation_id and answer.invocation_id != world.fact("pre"):
            return Event(Kind.RESTARTING, world.step)
        dead = answer.uptime > int(world.fact("deadline", "0")) and not answer.job
        helped = world.progress.helping
        if not dead or (answer.active != "active" and not helped):
            return unknown(
                world, f"job {answer.job} is queued" if answer.job else f"unit is {answer.active or 'unknown'}"
            )
        if world.progress.attempt >= TRIES:
            return Event(Kind.FAILED, world.step, f"it was asked {TRIES} times and never restarted")
        pending = self.sha_after != "-" and answer.config_sha == self.sha_after
        return Event(
            Kind.NOT_STARTED, world.step, "the new config lies there, not yet in use" if pending else "not started"
        )

    def _rebooted(self, world: World, answer: GuardAnswer) -> Event:
        """As restarted; but with its old config it is to be restarted again. The old request died with the boot."""
        if self.sha_after in ("-", answer.config_sha) or answer.config_sha != self.sha_before:
            return Event(Kind.RESTARTING, world.step, "it was rebooted")
        facts = ((f"{BOOT}{self.host}", answer.boot_id),)
        return Event(Kind.NOT_STARTED, world.step, "it was rebooted, and its old config lies there", facts=facts)

    async def _readiness(self, world: World) -> Event:
        """First sign of life of the new process: local, cheap; the whole check follows."""
        seen = (await world.observe()).find(self.host)
        ready = seen is not None and isinstance(seen.service, Known) and seen.service.value.is_running
        if ready and seen is not None and seen.is_controller:
            ready = isinstance(seen.api_ready, Known) and seen.api_ready.value.is_up
        return Event(Kind.READY, world.step) if ready else unknown(world, "starting")

    async def config_is_planned(self, world: World) -> None:
        """The file says what was agreed to, and nobody else touched it meanwhile."""
        answer = await world.guards[self.host].status(self.unit, self.config)
        wanted = self.sha_before if self.sha_after == "-" else self.sha_after
        if self.config != "-" and answer.config_sha != wanted:
            raise StepFailed(
                f"{self.host}: {self.config} is {answer.config_sha[:12]}, planned {wanted[:12]}, "
                f"before {self.sha_before[:12]}: somebody edits it; nothing is overwritten"
            )


@dataclass(frozen=True, slots=True)
class RestartController(RestartService):
    """One controller; the next only after this one is verified."""

    def awaited(self) -> tuple[Await, ...]:
        host = self.host
        last = ("A-01", "A-02", "E-01", "E-02", "E-03", "A-05", "A-04", "R-01", "R-02", "R-07")
        return (
            Await("its config is the planned one", 30, self.config_is_planned),
            Await("its API server is ready", 180, gates_pass(("A-01",), host)),
            Await("etcd is whole again", 120, gates_pass(("E-01", "E-02", "E-03"), host)),
            Await("leases: its own has its new holder", 90, gates_pass(("A-02", "A-03"), host)),
            Await("every konnectivity server announces the right count", 120, gates_pass(("A-05",), host)),
            Await("nodes and rollouts have settled", 180, gates_pass(("A-04",), host)),
            Await("three looks without a change", 120, gates_pass(last, host), greens=3, pause=10.0),
        )

    def undo(self) -> Step | None:
        """The old bytes come back and the host is restarted; a mere restart has nothing to take back."""
        if self.sha_after == "-":
            return None
        ours = {field.name: getattr(self, field.name) for field in fields(self)}
        return RestoreController(**{**ours, "sha_before": self.sha_after, "sha_after": self.sha_before})


@dataclass(frozen=True, slots=True)
class RestoreController(RestartController):
    """The way back of one."""

    @property
    def title(self) -> str:
        return f"Restart {self.unit.removesuffix('.service')} on {self.host}, with its config from before"


@dataclass(frozen=True, slots=True)
class RestartWorker(RestartService):
    """One worker; no drain, no cordon: its pods live through it."""

    node: str = ""
    balancer: bool = False
    """The new process must bring its balancer up."""
    upstreams: int = 0
    """Controllers that the balancer must know."""
    soak: float = 20.0
    """Seconds; 60 for the first one."""

    def awaited(self) -> tuple[Await, ...]:
        looks = max(2, round(self.soak / 10) + 1)
        return (
            Await("node Ready, its pods too" + (", its balancer listens" if self.balancer else ""), 300, self._is_well),
            Await(f"well for {self.soak:.0f} s", 300, self._is_well, greens=looks, pause=10.0),
        )

    async def _is_well(self, world: World) -> None:
        snapshot = await world.observe()
        seen = snapshot.find(self.host)
        if seen is None:
            raise NotYet(f"{self.host} is not seen")
        service = require(seen.service, "unit")
        nodes = require(snapshot.any_api(lambda api: api.nodes), "nodes")
        node = next((node for node in nodes if node.name == self.node), None)
        status = require(seen.status, "k0s status")
        wrong = [
            *(() if service.is_running else (f"unit is {service.active}/{service.sub}",)),
            *(() if node and node.is_ready else ("node is not Ready",)),
            *(() if status.api_reached else ("k0s does not reach the API yet",)),
        ]
        if self.balancer:
            balancer, upstreams = require(seen.balancer, "balancer"), require(seen.upstreams, "its upstreams")
            kubelet = require(seen.kubelet, "kubelet")
            wrong += [] if balancer.listens else ["nobody listens on 7443 and 7132"]
            wrong += [] if balancer.api_status else ["no answer through the balancer"]
            wrong += [] if len(upstreams.api) >= self.upstreams else [f"it knows {len(upstreams.api)} controllers"]
            wrong += [] if kubelet.kubeconfig.startswith("/run/k0s/nllb/") else ["kubelet does not use it"]
            pods = require(snapshot.any_api(lambda api: api.nllb_pods), "balancer pods")
            pod: Pod | None = next((pod for pod in pods if pod.name == f"nllb-{self.node}"), None)
            started = pod.status.start_time if pod else None
            young = started is not None and (service.started_at is None or started >= service.started_at)
            # Within 11 s of the restart the old Envoy still answers (seen): only a pod born after it proves anything.
            wrong += [] if young else ["its balancer is still the one from before the restart"]
        if wrong:
            raise NotYet("; ".join(wrong))
