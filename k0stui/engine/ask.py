"""Ask one question: every expected failure becomes an `Unknown` that says why."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from math import inf
from typing import Any, TypeVar

from k0stui.errors import ApiRefused, HostKeyRefused, K0stuiError, NotPermitted, ToolMissing, Unreachable
from k0stui.model.cluster import Tunnel
from k0stui.model.host import NodeName
from k0stui.model.observed import Known, Lack, Unknown
from k0stui.ports import Clock, KubeApi, Shell
from k0stui.probes.probe import ApiProbe, HostProbe

T = TypeVar("T")

GRACE = 2.0
"""Seconds that we wait longer than the host itself, so that its own `timeout` can tell which command hung."""


async def ask(shell: Shell, probe: HostProbe[T], clock: Clock, within: float = inf) -> Known[T] | Unknown:
    """Ask one host one question. Every failure becomes `Unknown`, a bug that an answer brings out too: only
    cancellation leaves.

    `within`: seconds for whoever cannot wait as long as the question may take.
    """
    try:
        async with asyncio.timeout(min(probe.timeout + GRACE, within)):
            reply = await shell.run(probe.command)
        return Known(probe.read(reply), clock.now())
    except TimeoutError:
        return Unknown(f"no answer in {min(probe.timeout, within):g} s", clock.now(), Lack.NO_ANSWER)
    except Exception as error:  # noqa: BLE001 - no answer of a host may end the loop that asks all the others
        return _unknown(error, clock)


async def ask_api(api: KubeApi, probe: ApiProbe[T], clock: Clock, within: float = inf) -> Known[T] | Unknown:
    """Ask one API server one question; as `ask`."""
    try:
        async with asyncio.timeout(min(probe.timeout + GRACE, within)):
            body = await api.get(probe.path, timeout=probe.timeout)
        return Known(probe.read(body), clock.now())
    except TimeoutError:
        return Unknown(f"no answer in {min(probe.timeout, within):g} s", clock.now(), Lack.NO_ANSWER)
    except ApiRefused as error:
        if error.status == 404 and probe.absent is not None:
            return Known(probe.absent(), clock.now())
        return Unknown(str(error), clock.now())
    except Exception as error:  # noqa: BLE001 - as in `ask`
        return _unknown(error, clock)


TUNNELS_AT_ONCE = 4
"""Per API server: each holds a stream of its konnectivity server, and one of our four connections."""

TUNNEL_LIMIT = 8.0
"""Seconds: the API server itself gives up on a dead agent after 5 ("dial timeout, backstop" comes later)."""


async def ask_tunnel(api: KubeApi, node: NodeName, clock: Clock) -> Tunnel:
    """One node through one controller, end to end; a refusal is an answer here, only a dead API is not.

    Raises:
        Unreachable, NotPermitted: the API server could not be asked at all.
    """
    started = clock.monotonic()
    try:
        # The client's own limit says `Unreachable`, of the API server: ours comes first, and says it of this node.
        async with asyncio.timeout(TUNNEL_LIMIT):
            await api.get(f"/api/v1/nodes/{node}/proxy/healthz", timeout=TUNNEL_LIMIT + GRACE)
    except ApiRefused as error:
        return Tunnel(node, False, _words(error), clock.monotonic() - started)
    except TimeoutError:
        return Tunnel(node, False, f"no answer in {TUNNEL_LIMIT:g} s", clock.monotonic() - started)
    return Tunnel(node, True, "", clock.monotonic() - started)


async def ask_tunnels(api: KubeApi, nodes: Sequence[NodeName], clock: Clock) -> Known[tuple[Tunnel, ...]] | Unknown:
    """All nodes through one controller, a few at once; Unknown where its API could not be asked."""
    places = asyncio.Semaphore(TUNNELS_AT_ONCE)

    async def one(node: NodeName) -> Tunnel:
        async with places:
            return await ask_tunnel(api, node, clock)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(node), name=f"tunnel {node}") for node in nodes]
    except ExceptionGroup as errors:
        return _unknown(errors.exceptions[0], clock)
    return Known(tuple(task.result() for task in tasks), clock.now())


def _words(error: ApiRefused) -> str:
    """The class of the failure, as the API server says it: `No agent available` ends a longer sentence."""
    text = error.body or str(error)
    for known in (
        "No agent available",
        "dial timeout, backstop",
        "i/o timeout",
        "connection refused",
        "no route to host",
    ):
        if known in text:
            return known
    return str(error)


async def ask_all(
    shell: Shell, probes: Iterable[HostProbe[Any]], clock: Clock, within: float = inf
) -> dict[str, Known[Any] | Unknown]:
    """All questions to one host at once; the shell pipelines them. Answers by probe name."""
    asked = tuple(probes)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(ask(shell, probe, clock, within), name=f"{shell.host} {probe.name}") for probe in asked
        ]
    return {probe.name: task.result() for probe, task in zip(asked, tasks, strict=True)}


def _unknown(error: Exception, clock: Clock) -> Unknown:
    return Unknown(words(error), clock.now(), lack(error))


def words(error: Exception) -> str:
    """What the operator reads of a failure: of a bug only its kind, since its text may quote an answer, a secret."""
    if isinstance(error, K0stuiError):
        return str(error)
    return f"k0stui itself failed at this answer ({type(error).__name__}): please report it"


def lack(error: Exception) -> Lack:
    """What kind of missing an error is, for the pane that shows it."""
    match error:
        case HostKeyRefused():
            return Lack.HOST_KEY
        case Unreachable():
            return Lack.UNREACHABLE
        case NotPermitted():
            return Lack.NOT_PERMITTED
        case ToolMissing():
            return Lack.TOOL_MISSING
        case _:
            return Lack.FAILED
