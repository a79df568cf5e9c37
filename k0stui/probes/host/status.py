"""The running k0s about itself: version, role, flags, and the configuration it was started with.

Answer: the JSON of `k0s status -o json`, keys as Go spells them. Asked over the status socket, since the program itself
takes half a second to load. Source: k0s pkg/component/status/client.go, the same from 1.28.4 on.
"""

from __future__ import annotations

from typing import Any

import msgspec

from k0stui.errors import ProbeFailed
from k0stui.model.k0s import K0sStatus, Version
from k0stui.ports import Reply
from k0stui.probes.answer import failed, heard, reads
from k0stui.probes.k0s_config import cluster_config
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question

COMMAND = question(
    """
if command -v curl >/dev/null; then
  exec curl -sS --max-time 8 --unix-socket /run/k0s/status.sock http://localhost/status
fi
exec k0s status -o json
""",
    sudo=True,
)


class ApiConnection(msgspec.Struct, frozen=True, rename="pascal"):
    message: str = ""
    success: bool = False


class K0sVars(msgspec.Struct, frozen=True, rename="pascal"):
    invocation_id: str = msgspec.field(default="", name="InvocationID")
    data_dir: str = "/var/lib/k0s"
    startup_config_path: str = "/etc/k0s/k0s.yaml"


class Answer(msgspec.Struct, frozen=True, rename="pascal"):
    version: str
    pid: int
    role: str
    workloads: bool
    single_node: bool
    args: list[str] | None = None
    worker_to_api_connection_status: ApiConnection = msgspec.field(
        default=ApiConnection(), name="WorkerToAPIConnectionStatus"
    )
    cluster_config: dict[str, Any] | None = None
    k0s_vars: K0sVars = msgspec.field(default=K0sVars(), name="K0sVars")


@reads("k0s status")
def read(reply: Reply) -> K0sStatus:
    text = heard(reply, "k0s status")
    if reply.exit_status:
        _explain(reply)
    answer = msgspec.json.decode(text.encode(), type=Answer)
    return K0sStatus(
        version=Version.parse(answer.version),
        pid=answer.pid,
        controller=answer.role == "controller",
        workloads=answer.workloads,
        single=answer.single_node,
        args=tuple(answer.args or ()),
        invocation_id=answer.k0s_vars.invocation_id,
        data_dir=answer.k0s_vars.data_dir,
        config_path=answer.k0s_vars.startup_config_path,
        config=None if answer.cluster_config is None else cluster_config(answer.cluster_config),
        api_reached=answer.worker_to_api_connection_status.success,
        api_message=answer.worker_to_api_connection_status.message,
    )


def _explain(reply: Reply) -> None:
    error = reply.error_text
    if "/var/lib/k0s/run/status.sock" in error:
        failed_as_user = "k0s status was asked without root, and then looks at a socket that is never there"
        raise ProbeFailed(failed_as_user)
    if reply.exit_status == 7 or "no such file" in error.lower() or "connection refused" in error:
        raise ProbeFailed("k0s does not answer on its status socket: it is stopped, or has not come up yet")
    if reply.exit_status == 28:
        raise ProbeFailed("k0s took its status question and did not answer in 8 s")
    failed(reply, "k0s status")


PROBE = HostProbe("status", COMMAND, read)
