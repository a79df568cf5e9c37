"""Where hosts come from: k0sctl.yaml, --host, and asking."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.errors import UsageError
from k0stui.inventory import InventoryHost, Reach, discovered, expand, from_k0sctl, from_seeds, named
from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.host import HostName, Role
from tests.builders import a_cluster

K0SCTL = """\
apiVersion: k0sctl.k0sproject.io/v1beta1
kind: Cluster
metadata: {name: prod}
spec:
  hosts:
    - role: controller
      hostname: c1
      privateAddress: 10.0.0.1
      ssh: {address: c1.example, user: ops, port: 2222, keyPath: ~/.ssh/id, bastion: {address: jump, user: j}}
    - role: worker
      openSSH: {address: w1}
      files: [{name: unknown keys are left alone}]
    - {role: single, localhost: {enabled: true}}
  k0s: {version: 1.32.1+k0s.0}
"""


def hosts_of(*lines: str) -> str:
    """A k0sctl.yaml whose list of hosts is `lines`; the first of them is line 4."""
    return "\n".join(["kind: Cluster", "spec:", "  hosts:", *(f"  - {line}" for line in lines)])


def only(snapshot: ClusterSnapshot, name: str) -> ClusterSnapshot:
    """As if no other host were known yet."""
    return replace(snapshot, hosts=(snapshot.host(name),), apis=tuple(api for api in snapshot.apis if api.host == name))


def refused(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        from_k0sctl(text, "k0sctl.yaml", {})
    return str(caught.value)


def test_k0sctl_hosts_keep_their_way_in() -> None:
    """Address, user, port, key and bastion of a k0sctl.yaml are how its hosts are reached."""
    inventory = from_k0sctl(K0SCTL, "k0sctl.yaml", {})

    assert inventory.cluster == "prod"
    assert inventory.hosts[0] == InventoryHost(
        HostName("c1"),
        Reach("c1.example", "ops", 2222, "~/.ssh/id", Reach("jump", "j")),
        Role.CONTROLLER,
        "10.0.0.1",
        named=True,
    )
    assert inventory.hosts[0].address == "10.0.0.1"
    assert inventory.hosts[1].reach == Reach("w1")
    assert inventory.hosts[2].reach.local


def test_k0sctl_without_ssh_user_means_root() -> None:
    """k0sctl's `ssh` logs in as root unless it says otherwise; `openSSH` leaves that to ssh_config."""
    text = hosts_of("{role: worker, ssh: {address: a}}", "{role: worker, openSSH: {address: b}}")

    assert [host.reach.user for host in from_k0sctl(text, "f", {}).hosts] == ["root", None]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [", "k0sctl.yaml, line 1: this is not YAML"),
        ("", "no document of kind Cluster"),
        ("just text", "no document of kind Cluster"),
        ("kind: Cluster\nspec: {}", "k0sctl.yaml, line 2: `hosts` is missing"),
        ("kind: Cluster\nspec: {hosts: []}", "spec.hosts is empty"),
        ("kind: Cluster\nspec: {hosts: 3}", "line 2: `hosts` must be a list"),
        ("kind: Cluster\nspec: 3", "line 2: `spec` must be a mapping"),
        (hosts_of("c1"), "line 4: a host must be a mapping"),
        (hosts_of("{role: master, ssh: {address: a}}"), "line 4: role 'master' is unknown; k0sctl knows controller"),
        (hosts_of("{role: worker}"), "line 4: no `ssh` in this host"),
        (hosts_of("{role: worker, ssh: {address: 'a b'}}"), "line 4: ssh.address 'a b' is not a host name"),
        (hosts_of("{role: worker, ssh: {address: a, port: x}}"), "line 4: port 'x' is not a number"),
        (hosts_of(r"{role: worker, ssh: {address: a, keyPath: 'C:\keys\id'}}"), "is a Windows path"),
        (
            hosts_of("{role: worker, ssh: {address: a}}", "{role: worker, ssh: {address: a}}"),
            "line 5: address of a is already at line 4",
        ),
        (
            hosts_of(
                "{role: worker, hostname: w, ssh: {address: a}}", "{role: worker, hostname: w, ssh: {address: b}}"
            ),
            "line 5: hostname of w is already at line 4",
        ),
    ],
)
def test_a_bad_inventory_is_one_sentence_with_its_line(text: str, sentence: str) -> None:
    """What is wrong in a k0sctl.yaml is said in one sentence that names the file and the line."""
    assert sentence in refused(text)
    assert "\n" not in refused(text)


@given(st.text())
def test_any_text_is_an_inventory_or_a_usage_error(text: str) -> None:
    """No file can make the inventory's reader fail in another way than by saying what is wrong."""
    try:
        assert from_k0sctl(text, "f", {}).hosts
    except UsageError as error:
        assert str(error).startswith("f")


def test_variables_are_expanded_as_k0sctl_does() -> None:
    """${NAME}, $NAME, ${NAME:-default} and $$ mean what they mean to k0sctl."""
    assert expand("${A}-$A-${B:-b}-$$A", {"A": "1"}) == "1-1-b-$A"


@pytest.mark.parametrize(
    ("seed", "reach"),
    [
        ("10.0.0.1", Reach("10.0.0.1")),
        ("ops@c1:2222", Reach("c1", "ops", 2222)),
        ("ops@[fd00::1]:22", Reach("fd00::1", "ops", 22)),
        ("fd00::1", Reach("fd00::1")),
    ],
)
def test_a_seed_is_user_address_and_port(seed: str, reach: Reach) -> None:
    """--host takes user@address:port, with IPv6 addresses bare or in brackets."""
    assert from_seeds([seed]).hosts[0].reach == reach


@pytest.mark.parametrize("seeds", [["a b"], ["-oProxyCommand=x y"], [""], ["c1", "ops@c1"], ["a;reboot"]])
def test_a_bad_seed_is_refused(seeds: list[str]) -> None:
    """An address that could be an option or a shell word, or one that is given twice, is a usage error."""
    with pytest.raises(UsageError):
        from_seeds(seeds)


def test_hosts_that_the_cluster_knows_are_found_and_reached_like_the_seed() -> None:
    """From one controller the six others are found, with the seed's user, key and jump host, at their own address."""
    jump = Reach("bastion")
    seed = InventoryHost(HostName("k0s-master-1"), Reach("10.10.10.41", "ops", jump=jump), named=True)

    found = discovered((seed,), only(a_cluster(), "k0s-master-1"))

    assert {str(host.name) for host in found} == {
        "k0s-master-2",
        "k0s-master-3",
        "k0s-worker-1",
        "k0s-worker-2",
        "k0s-worker-3",
        "k0s-worker-4",
    }
    assert next(host for host in found if host.name == "k0s-worker-1") == InventoryHost(
        HostName("k0s-worker-1"),
        Reach("10.10.10.51", "ops", jump=jump),
        Role.WORKER,
        discovered=True,
        named=True,
    )


def test_hosts_of_the_inventory_are_not_found_again() -> None:
    """A host that is in the inventory under its address is not discovered a second time under its name."""
    snapshot = a_cluster()
    hosts = tuple(InventoryHost(host.name, Reach(host.address)) for host in snapshot.hosts)

    assert discovered(hosts, snapshot) == ()


def test_a_host_known_by_address_takes_its_own_name() -> None:
    """A host without a name in the inventory is called as it calls itself, unless another one has that name."""
    host = InventoryHost(HostName("10.0.0.1"), Reach("10.0.0.1"))

    assert named(host, "c1", []).name == "c1"
    assert named(host, "c1", ["c1"]).name == "10.0.0.1"
    assert named(named(host, "c1", []), "other", []).name == "c1"
