"""C-01: the host is the one that the plan means: SSH key, machine-id, cluster CA, role, node name."""

from __future__ import annotations

from k0stui.plans.gates.gate import SLOW, Fail, Gate, Situation, fresh, those


def check(situation: Situation) -> str:
    wrong: list[str] = []
    for host in situation.plan.hosts if situation.host is None else (*situation.controllers, situation.target):
        seen = situation.seen(host.name)
        identity = fresh(situation, seen.identity, f"{host.name}: machine-id", SLOW)
        ca = fresh(situation, seen.ca_sha256, f"{host.name}: CA", SLOW)
        if (identity.machine_id, ca, seen.node) != (host.machine_id, host.ca_sha256, host.node):
            wrong.append(f"{host.name} is not the host that was planned for")
        if host.key_fingerprint and situation.told(host.name).key not in ("", host.key_fingerprint):
            wrong.append(f"{host.name} shows another SSH key than when planned")
        if seen.known_role is not host.role:
            wrong.append(f"{host.name} is not a {host.role.value}")
    if wrong:
        raise Fail(those(set(wrong)), "make a new plan")
    return _distinct(situation)


def _distinct(situation: Situation) -> str:
    """Cloned machines share a machine-id; hosts of one cluster share the CA."""
    hosts = situation.plan.hosts
    if len({host.machine_id for host in hosts}) != len(hosts):
        raise Fail("two hosts have the same machine-id", "give each its own: systemd-machine-id-setup")
    if len({host.ca_sha256 for host in hosts}) != 1:
        raise Fail("the hosts do not all have the same cluster CA", "leave hosts of other clusters out")
    return f"{len(hosts)} hosts as planned, one CA"


GATE = Gate("C-01", "the right hosts", check)
