"""Steps that only wait for the cluster: the flip of the targets, and the columns after a controller's restart."""

from __future__ import annotations

from dataclasses import dataclass

from k0stui.errors import NotYet, StepFailed
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.event import Event, Kind
from k0stui.model.host import HostName
from k0stui.model.observed import Known, require
from k0stui.model.operation import Facts
from k0stui.plans.exposure import LOCAL, listens
from k0stui.plans.gates import GATES, w07_worker_config
from k0stui.plans.gates.gate import Result, Situation, judge
from k0stui.plans.steps.move_agent import delete_pod
from k0stui.plans.steps.step import Await, Check, Step, gates_pass
from k0stui.plans.world import World


@dataclass(frozen=True, slots=True)
class Flip(Step):
    """The leader has published the new targets, read by content: agents' template, kube-proxy, worker-config."""

    on: bool = True
    agent_port: int = 7132
    api_port: int = 7443

    patience = 180.0

    @property
    def title(self) -> str:
        return "Wait until the new targets are published" if self.on else "Wait until the old targets are published"

    def preview(self) -> tuple[str, ...]:
        dials = "dials" if self.on else "does not dial"
        return (
            f"read: ds/konnectivity-agent {dials} localhost:{self.agent_port}; cm/kube-proxy and worker-config-* agree",
        )

    async def check(self, world: World) -> Check:
        missing = self.missing(await world.observe(), len(world.plan.controllers))
        if missing:
            raise NotYet("; ".join(missing))
        return Check.DONE

    def missing(self, snapshot: ClusterSnapshot, controllers: int) -> list[str]:
        """What is not published yet; raises NotObserved."""
        agents = require(snapshot.daemonset("konnectivity-agent"), "ds/konnectivity-agent")
        target = f"{agents.argument('proxy-server-host')}:{agents.argument('proxy-server-port')}"
        proxy = require(snapshot.any_api(lambda api: api.kube_proxy_server), "cm/kube-proxy")
        maps = require(snapshot.any_api(lambda api: api.worker_configs), "worker-config")
        local = f"localhost:{self.agent_port}"
        wrong = [
            *([f"agents dial {target}"] if (target == local) is not self.on else []),
            *([f"kube-proxy dials {proxy}"] if (f"localhost:{self.api_port}" in proxy) is not self.on else []),
        ]
        for it in maps:
            if "windows" not in it.name and w07_worker_config.enabled(it) is not self.on:
                wrong.append(f"{it.name} says {'off' if self.on else 'on'}")
            elif self.on and len(w07_worker_config.addresses(it)) < controllers:
                wrong.append(f"{it.name} names {len(w07_worker_config.addresses(it))} controllers")
        return wrong

    def undo(self) -> Step:
        return Flip(not self.on, self.agent_port, self.api_port)


@dataclass(frozen=True, slots=True)
class Columns(Step):
    """Every server has its agents again; agents that stopped looking (the server-count trap) are made anew.

    Seen once in four restarts on v1.36.3: not healed for 2:20 until the pod was deleted, then in 6 s.
    """

    after: HostName
    """The controller that was restarted."""

    patience = 60.0
    after_patience = Check.NEEDED
    settles = 120.0

    @property
    def title(self) -> str:
        return f"Agents are back after {self.after}"

    def preview(self) -> tuple[str, ...]:
        return (
            "read: no server has fewer agents than when planned",
            "else, after 60 s: DELETE an agent pod that knows too few servers, one after the other, none where it "
            "would come back without its balancer",
        )

    async def check(self, world: World) -> Check:
        snapshot = await world.observe()
        said = judge(GATES["A-06"], Situation(snapshot, world.plan, None, world.operation))
        if said.result is Result.PASS:
            return Check.DONE
        if world.progress.attempt and self.trapped(snapshot, len(world.plan.controllers)):
            return Check.NEEDED
        raise NotYet(said.evidence)

    async def intent(self, world: World) -> Facts:
        snapshot = await world.observe()
        trapped = self.trapped(snapshot, len(world.plan.controllers))
        if not trapped:
            raise StepFailed("columns are short, and no agent that may be made anew knows too few servers (matrix)")
        pods = require(snapshot.any_api(lambda api: api.agent_pods), "agent pods")
        pod = next((pod for node in trapped for pod in pods if pod.spec.node_name == node), None)
        if pod is None:
            raise NotYet(f"no agent pod on {', '.join(trapped)} now")
        return (("node", pod.spec.node_name), ("name", pod.name), ("uid", pod.metadata.uid))

    @staticmethod
    def trapped(snapshot: ClusterSnapshot, controllers: int) -> tuple[str, ...]:
        """Nodes whose agent believes in fewer servers than there are, and so has stopped looking; those with the fewest
        first. Where the template dials localhost, only those with a balancer: elsewhere the new pod would be dark."""
        template = require(snapshot.daemonset("konnectivity-agent"), "ds/konnectivity-agent")
        needs_balancer = template.argument("proxy-server-host") in LOCAL
        found = [
            (host.agent_metrics.value.known, host.node)
            for host in snapshot.workers
            if isinstance(host.agent_metrics, Known)
            and host.agent_metrics.value.known is not None
            and host.agent_metrics.value.known < controllers
            and not (needs_balancer and not listens(host))
        ]
        return tuple(node for _, node in sorted(found))

    async def apply(self, world: World) -> Event:
        return await delete_pod(world, world.fact("name"), world.fact("uid"))

    async def outcome(self, world: World) -> Event:
        """The next one only when this one looks for all servers again."""
        snapshot = await world.observe()
        pods = require(snapshot.any_api(lambda api: api.agent_pods), "agent pods")
        old = any(pod.metadata.uid == world.fact("uid") for pod in pods)
        trapped = self.trapped(snapshot, len(world.plan.controllers))
        if old or world.fact("node") in trapped:
            return Event(Kind.UNKNOWN, world.step, f"the agent on {world.fact('node')} is being made anew")
        said = judge(GATES["A-06"], Situation(snapshot, world.plan, None, world.operation))
        if trapped and said.result is not Result.PASS:
            return Event(Kind.NOT_STARTED, world.step, f"{said.evidence}; next: {trapped[0]}")
        return Event(Kind.READY, world.step)

    def awaited(self) -> tuple[Await, ...]:
        return (Await("every server has its agents", 180, gates_pass(("A-06",)), pause=5.0),)
