"""What k0s thinks of its own parts: the newest of the last three probes of each component.

Answer: the JSON of the status socket's `/components`; `k0s status components` prints YAML whatever it is asked for.
Three, because the list is cut at its old end: with `maxCount=1` one gets the oldest. `error` empty = healthy.
Source: k0s pkg/component/prober/prober.go.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from k0stui.errors import ProbeFailed
from k0stui.model.k0s import ComponentHealth
from k0stui.ports import Reply
from k0stui.probes.answer import failed, heard, reads
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question

COMMAND = question(
    "curl -sS --max-time 5 --unix-socket /run/k0s/status.sock 'http://localhost/components?maxCount=3'", sudo=True
)


class Health(msgspec.Struct, frozen=True):
    component: str
    at: datetime
    error: str | None = ""


class Answer(msgspec.Struct, frozen=True):
    health_probes: dict[str, list[Health] | None] | None = msgspec.field(default=None, name="healthProbes")


@reads("k0s status components")
def read(reply: Reply) -> tuple[ComponentHealth, ...]:
    text = heard(reply, "k0s status components")
    if reply.exit_status == 7:
        raise ProbeFailed("k0s does not answer on its status socket: it is stopped, or has not come up yet")
    if reply.exit_status:
        failed(reply, "k0s status components")
    answer = msgspec.json.decode(text.encode(), type=Answer)
    newest = [max(probes, key=lambda probe: probe.at) for probes in (answer.health_probes or {}).values() if probes]
    return tuple(
        ComponentHealth(probe.component, probe.error or "", probe.at.astimezone(UTC))
        for probe in sorted(newest, key=lambda probe: probe.component)
    )


PROBE = HostProbe("components", COMMAND, read)
