"""The observing loop, on fake hosts in virtual time."""

from __future__ import annotations

from collections.abc import Mapping

from k0stui.demo.pace import Pace
from k0stui.demo.scenarios import SCENARIOS
from k0stui.demo.shell import DemoConnector
from k0stui.engine.ask import GRACE
from k0stui.engine.observe import GATE_LOOK, PATIENCE, Watch
from k0stui.errors import Unreachable, UsageError
from k0stui.inventory import Inventory, InventoryHost, Reach
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import HostName, Role
from k0stui.model.observed import Known, Lack, Unknown
from k0stui.plans.gates.gate import FRESH
from k0stui.ports import Clock, Command, KubeApi, Shell
from k0stui.probes.catalogue import first_probes
from k0stui.probes.host import identity
from tests.fakes import HANGS, Answer, FakeKubeApi, FakeShell, LoopClock, virtually

LIMIT = max(probe.timeout for probe in first_probes()) + GRACE


class Hosts:
    """A connector to fake hosts, each with one answer to everything."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.shells = {name: FakeShell(name, default=answer) for name, answer in answers.items()}

    def shell(self, host: InventoryHost) -> Shell:
        return self.shells[host.name]

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        return FakeKubeApi(host.name)


def a_watch(hosts: Hosts, clock: Clock) -> Watch:
    return Watch(
        Inventory("c", tuple(InventoryHost(HostName(name), Reach(name)) for name in hosts.shells)), hosts, clock
    )


def test_hung_hosts_cost_one_time_limit_together() -> None:
    """Two hundred hosts that never answer delay the first look by one time limit, not by two hundred."""

    async def look() -> None:
        snapshot = await a_watch(Hosts({f"w{number}": HANGS for number in range(200)}), LoopClock()).look()
        assert all(isinstance(host.connection, Unknown) for host in snapshot.hosts)

    assert virtually(look) == LIMIT


def test_a_hung_host_makes_only_its_own_row_old() -> None:
    """While one host hangs, another one's answers go on being new."""

    async def watch() -> None:
        clock = LoopClock()
        hosts = Hosts({"hangs": HANGS, "answers": _identity()})
        seen: list[ClusterSnapshot] = []

        def publish(snapshot: ClusterSnapshot) -> None:
            seen.append(snapshot)
            if clock.monotonic() > 60:
                raise Enough

        try:
            await a_watch(hosts, clock).watch(publish)
        except* Enough:
            last = seen[-1]
            answering, hanging = last.host("c1"), last.host("hangs")
            assert isinstance(answering.identity, Known)
            assert answering.identity.age(last.taken_at).total_seconds() <= 6
            assert isinstance(hanging.identity, Unknown)
            assert hanging.identity.lack is Lack.NO_ANSWER

    virtually(watch)


def test_a_lost_host_keeps_what_it_said_for_display_only() -> None:
    """After the connection is lost, every answer is unknown and remembers the value before."""

    async def look() -> None:
        hosts = Hosts({"h": _identity()})
        watch = a_watch(hosts, LoopClock())
        await watch.look()
        hosts.shells["h"].default = Unreachable("connection timed out")
        host = (await watch.look()).hosts[0]

        assert isinstance(host.connection, Unknown)
        assert host.connection.lack is Lack.UNREACHABLE
        assert isinstance(host.identity, Unknown)
        assert isinstance(host.identity.last, Known)

    virtually(look)


def test_a_host_is_called_as_it_calls_itself() -> None:
    """A host known by its address has its own name from the first look on."""

    async def look() -> None:
        snapshot = await a_watch(Hosts({"10.0.0.1": _identity()}), LoopClock()).look()
        assert [host.name for host in snapshot.hosts] == ["c1"]

    virtually(look)


def test_a_second_look_knows_the_first_when_it_is_far_enough() -> None:
    """What only two looks can tell gets an earlier look that is at least ten seconds older, never a younger one."""

    async def look() -> None:
        clock = LoopClock()
        watch = a_watch(Hosts({"h": _identity()}), clock)
        first = await watch.look()
        await clock.sleep(9)
        second = await watch.look()
        await clock.sleep(1)
        third = await watch.look()

        assert first.earlier is None
        assert second.earlier is None
        assert third.earlier is not None
        assert third.earlier.taken_at == first.taken_at

    virtually(look)


def test_an_answer_too_old_is_unknown_and_others_are_left_alone() -> None:
    """What is older than its pace allows says so and remembers; what is asked once a minute may be a minute older."""

    async def look() -> None:
        clock = LoopClock()
        watch = a_watch(Hosts({"h": _identity()}), clock)
        first = (await watch.look()).hosts[0]
        await clock.sleep(watch.pace)
        assert watch.snapshot().hosts[0] is first
        await clock.sleep(PATIENCE + 1)
        late = watch.snapshot().hosts[0]

        assert isinstance(late.identity, Unknown)
        assert late.identity.lack is Lack.STALE
        assert late.identity.last == first.identity
        assert late.privileges == first.privileges

    virtually(look)


class Refuses(Hosts):
    """A connector that no address of a found host suits."""

    def shell(self, host: InventoryHost) -> Shell:
        if host.discovered:
            raise UsageError(f"{host.reach.address!r} is no address")
        return super().shell(host)


def test_a_found_host_with_an_impossible_address_is_shown() -> None:
    """What the cluster calls a host's address may be anything: it is found, unreachable, and ends no look."""

    async def look() -> None:
        hosts = Refuses({"c1": _members})
        told = InventoryHost(HostName("c1"), Reach("c1"), Role.CONTROLLER)
        snapshot = await Watch(Inventory("c", (told,)), hosts, LoopClock()).look()

        found = snapshot.host("c2")
        assert found.discovered
        assert isinstance(found.connection, Unknown)
        assert "no address" in found.connection.why

    virtually(look)


def _members(command: Command) -> str | int:
    if "member/list" in command.line():
        member = '{"ID":"2","name":"c2","peerURLs":["https://-oProxyCommand=id:2380"]}'
        return f'{{"members":[{member}]}}'
    return IDENTITY if command == identity.PROBE.command else 1


class Enough(Exception):
    """The test has seen enough."""


def _identity() -> Answer:
    """Answers who it is, and nothing else."""

    def answer(command: object) -> str | int:
        return IDENTITY if command == identity.PROBE.command else 1

    return answer


IDENTITY = "hostname=c1\nmachine_id=m\nboot_id=b\nuptime=1.5\nmachine=x86_64\ninit=systemd\ncores=2\n"


def test_gates_get_what_is_asked_rarely_anew() -> None:
    """Leaving etcd is asked every 10 s and images every 60 s; for gates both are asked now, of these hosts only."""

    async def look() -> None:
        clock = LoopClock()
        with DemoConnector(Pace(SCENARIOS["healthy"](), clock)) as fleet:
            async with Watch(fleet.inventory(), fleet, clock) as watch:
                await watch.look()
                await clock.sleep(3)
                before = {name: len(ran) for name, ran in fleet.ran.items()}
                snapshot = await watch.look_at({HostName("k0s-master-1"), HostName("k0s-worker-1")})
                images = snapshot.host("k0s-worker-1").images
                leaving = snapshot.any_api(lambda api: api.etcd_members)
                assert isinstance(images, Known)
                assert isinstance(leaving, Known)
                assert images.age(snapshot.taken_at).total_seconds() < 3
                assert leaving.age(snapshot.taken_at).total_seconds() < 3
                asked = {name for name, ran in fleet.ran.items() if len(ran) > before[name]}
                assert asked == {"k0s-master-1", "k0s-worker-1"}

    virtually(look)


def test_who_hangs_makes_no_other_answer_old_for_gates() -> None:
    """Every question but one hangs, and the API server takes questions without an answer: the one is still fresh."""

    async def look() -> None:
        hosts, clock = Hanging({"c1": _identity()}), LoopClock()
        told = InventoryHost(HostName("c1"), Reach("c1"), Role.CONTROLLER)
        watch = Watch(Inventory("c", (told,)), hosts, clock)
        await watch.look()
        hosts.shells["c1"].default = lambda command: IDENTITY if command == identity.PROBE.command else HANGS
        snapshot = await watch.look_at({told.name})

        (host,), (api,) = snapshot.hosts, snapshot.apis
        assert isinstance(host.identity, Known)
        assert host.identity.age(snapshot.taken_at).total_seconds() < FRESH
        for hung in (host.service, api.nodes):
            assert isinstance(hung, Unknown)
            assert hung.why == f"no answer in {GATE_LOOK:g} s"

    virtually(look)


class Hanging(Hosts):
    """Its API servers answer nothing."""

    def api(self, host: InventoryHost, shell: Shell) -> KubeApi:
        return FakeKubeApi(host.name, default=HANGS)
