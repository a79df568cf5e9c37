"""Put the new config beside the lock on a controller, and let that host's own k0s judge it. Nothing live changes.

The plan carries hashes, not content: a config may hold secrets. The candidate is made anew from the live file by the
same splice, and must have the hash that was agreed to. Gate R-03 (`k0s config validate`) is this step's verification:
`systemctl restart` answers 0 for a config with which k0s crash-loops (seen), so only this tells beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass

from k0stui.errors import NotYet, StepFailed
from k0stui.model.event import Event
from k0stui.model.host import HostName
from k0stui.plans.steps.step import Await, Check, Step, accepted, refused
from k0stui.plans.world import World
from k0stui.plans.yaml_splice import turned_on
from k0stui.ports import Command

STAGED = "/var/lib/k0stui/ops/{op}/config.after"


@dataclass(frozen=True, slots=True)
class StageConfig(Step):
    """One controller's candidate, stored and validated."""

    host: HostName
    config: str
    sha_before: str
    sha_after: str
    k0s: str = "/usr/local/bin/k0s"

    @property
    def title(self) -> str:
        return f"Stage the new {self.config} on {self.host}"

    def validation(self, operation: str) -> Command:
        return Command((self.k0s, "config", "validate", "--config", STAGED.format(op=operation)), sudo=True, timeout=60)

    def preview(self) -> tuple[str, ...]:
        short = f"{self.sha_before[:12]} -> {self.sha_after[:12]}"
        return (
            f"{self.host}: keep {self.config}, store the candidate below /var/lib/k0stui/ops/ (sha256 {short})",
            f"{self.host}: {self.validation('<operation>').line()}",
        )

    async def check(self, world: World) -> Check:
        reply = await world.shells[self.host].run(Command(("sha256sum", self._staged(world)), sudo=True))
        return Check.DONE if reply.text[:64] == self.sha_after else Check.NEEDED

    async def apply(self, world: World) -> Event:
        live = await world.shells[self.host].run(Command(("cat", self.config), sudo=True))
        splice = turned_on(live.stdout)
        if (splice.sha_before, splice.sha_after) != (self.sha_before, self.sha_after):
            return refused(world, f"{self.host}: {self.config} was changed since the plan was made")
        answer = await world.guards[self.host].stage("config", splice.after, self.config, self.sha_before)
        return refused(world, f"{self.host}: {answer.why}") if answer.verdict else accepted(world)

    def awaited(self) -> tuple[Await, ...]:
        return (Await("this host's k0s accepts it (R-03)", 90, self._is_valid),)

    async def _is_valid(self, world: World) -> None:
        if await self.check(world) is not Check.DONE:
            raise NotYet(f"{self.host}: the candidate is not there")
        reply = await world.shells[self.host].run(self.validation(world.operation.id))
        if reply.exit_status == 124:
            raise NotYet(f"{self.host}: k0s config validate did not end")
        if reply.exit_status:
            raise StepFailed(f"{self.host}: k0s does not accept the config: {reply.error_text[-300:]}")

    def _staged(self, world: World) -> str:
        return STAGED.format(op=world.operation.id)
