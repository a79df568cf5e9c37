"""Bring the balancer's image to a worker before anything else: without it the restarted worker never comes back."""

from __future__ import annotations

from dataclasses import dataclass

from k0stui.errors import NotYet
from k0stui.model.event import Event
from k0stui.model.host import HostName
from k0stui.plans.steps.step import Await, Check, Step, accepted, refused
from k0stui.plans.world import World
from k0stui.ports import Command

LIMIT = 600.0
"""Seconds for one pull."""


@dataclass(frozen=True, slots=True)
class PullImage(Step):
    """`k0s ctr images pull` on one worker; nothing that runs there is touched."""

    host: HostName
    image: str
    k0s: str = "/usr/local/bin/k0s"

    @property
    def title(self) -> str:
        return f"Pull {self.image} on {self.host}"

    @property
    def command(self) -> Command:
        return Command((self.k0s, "ctr", "-n", "k8s.io", "images", "pull", self.image), sudo=True, timeout=LIMIT)

    @property
    def listing(self) -> Command:
        return Command((self.k0s, "ctr", "-n", "k8s.io", "images", "ls", "-q"), sudo=True, timeout=30)

    def preview(self) -> tuple[str, ...]:
        return (f"{self.host}: {self.command.line()}",)

    async def check(self, world: World) -> Check:
        reply = await world.shells[self.host].run(self.listing)
        return Check.DONE if self.image in reply.text.split() else Check.NEEDED

    async def apply(self, world: World) -> Event:
        reply = await world.shells[self.host].run(self.command)
        if reply.exit_status:
            return refused(world, f"{self.host}: the image cannot be pulled: {reply.error_text[-200:]}")
        return accepted(world)

    def awaited(self) -> tuple[Await, ...]:
        return (Await(f"{self.image} is there", 30, self._is_there),)

    async def _is_there(self, world: World) -> None:
        if await self.check(world) is not Check.DONE:
            raise NotYet(f"{self.image} is not listed on {self.host}")
