"""Steps that only wait for the cluster: the flip of the targets, and the columns after a controller's restart."""

from __future__ import annotations

from dataclasses import dataclass

from k0stui.errors import NotYet, StepFailed
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.event import Event, Kind
from k0stui.model.host import HostName
from k0stui.model.observed import Known, require
from k0stui.model.operation import Facts
from k0stui.plans.gates import GATES, w07_worker_config
from k0stui.plans.gates.gate import Result, Situation, judge
from k0stui.plans.steps.move_agent import delete_pod
from k0stui.plans.steps.step import Await, Check, Step, accepted, gates_pass
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

    @property
    def title(self) -> str:
        return f"Agents are back after {self.after}"

    def preview(self) -> tuple[str, ...]:
        return (
            "read: no server has fewer agents than when planned",
            "else, after 60 s: DELETE the agent pods that know too few servers",
        )

    async def check(self, world: World) -> Check:
        if world.progress.attempt:
            return Check.DONE
        said = judge(GATES["A-06"], Situation(await world.observe(), world.plan, None, world.operation))
        if said.result is not Result.PASS:
            raise NotYet(said.evidence)
        return Check.DONE

    async def intent(self, world: World) -> Facts:
        snapshot = await world.observe()
        trapped = self.trapped(snapshot, len(world.plan.controllers))
        if not trapped:
            raise StepFailed("columns are short, and no agent knows too few servers: look at the matrix")
        pods = require(snapshot.any_api(lambda api: api.agent_pods), "agent pods")
        return tuple((pod.name, pod.metadata.uid) for pod in pods if pod.spec.node_name in trapped)

    @staticmethod
    def trapped(snapshot: ClusterSnapshot, controllers: int) -> set[str]:
        """Nodes whose agent believes in fewer servers than there are, and so has stopped looking."""
        return {
            host.node
            for host in snapshot.workers
            if isinstance(host.agent_metrics, Known)
            and host.agent_metrics.value.known is not None
            and host.agent_metrics.value.known < controllers
        }

    async def apply(self, world: World) -> Event:
        for name, uid in world.progress.facts:
            await delete_pod(world, name, uid)
        return accepted(world)

    async def outcome(self, world: World) -> Event:
        return Event(Kind.READY, world.step)

    def awaited(self) -> tuple[Await, ...]:
        return (Await("every server has its agents", 180, gates_pass(("A-06",)), pause=5.0),)
