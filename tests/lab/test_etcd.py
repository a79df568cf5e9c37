"""etcd is real: what k0stui reads and counts of it is what etcd's own client says of the same members."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from k0stui.errors import ProbeFailed
from k0stui.model.etcd import quorum
from k0stui.model.host import Role
from k0stui.model.observed import Known, Lack, Unknown
from k0stui.ports import Reply
from k0stui.probes.catalogue import host_probes
from k0stui.probes.probe import HostProbe, Subject
from k0stui.rules.facts.voters import poll
from tests.builders import a_cluster
from tests.lab import boot, lab, view
from tests.lab.faults import inflict
from tests.lab.hosts import CONTROLLERS, LabHost

MASTER_1, MASTER_2, MASTER_3 = CONTROLLERS


def _voters() -> list[str]:
    members = view.etcd_members(MASTER_2)
    return sorted(str(each.get("name", "")) for each in members if not each.get("isLearner"))


def _healthy() -> list[bool]:
    return [view.etcd_healthy(each) for each in CONTROLLERS]


@dataclass(frozen=True)
class Arithmetic:
    """What may be lost, and of what."""

    healthy: int
    voters: int
    quorum: int

    @property
    def margin(self) -> int:
        return self.healthy - self.quorum


def _told() -> Arithmetic:
    """By etcd's own client, each member asked on its own host; a majority is more than a half."""
    etcdctl = (
        "ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert /var/lib/k0s/pki/etcd/ca.crt"
        " --cert /var/lib/k0s/pki/apiserver-etcd-client.crt --key /var/lib/k0s/pki/apiserver-etcd-client.key "
    )
    members = json.loads(boot.run(MASTER_1, "sh", "-c", f"{etcdctl} member list -w json"))["members"]
    voters = sum(not each.get("isLearner") for each in members)
    asked = [boot.run(each, "sh", "-c", f"{etcdctl} endpoint health 2>&1", check=False) for each in CONTROLLERS]
    healthy = sum("is healthy: successfully committed proposal" in answer for answer in asked)
    return Arithmetic(healthy, voters, next(n for n in range(1, 99) if 2 * n > voters))


def _read() -> Arithmetic:
    """By k0stui: its questions, run as root on each host, its readers, and what its rules count of them."""
    cluster = a_cluster()
    for each in CONTROLLERS:
        cluster = cluster.where(each.name, **{probe.name: _ask(each, probe) for probe in ETCD_PROBES})
    votes = poll(cluster)
    return Arithmetic(len(votes.healthy), votes.size, quorum(votes.size))


ETCD_PROBES = [probe for probe in host_probes(Subject(Role.CONTROLLER)) if probe.name.startswith("etcd_")]


def _ask(host: LabHost, probe: HostProbe[Any]) -> Known[Any] | Unknown:
    at = datetime.now(UTC)
    command = boot.enter_host(host, *probe.command.argv)
    done = subprocess.run(command, input=probe.command.stdin, capture_output=True, env={"PATH": boot.HOST_PATH})
    try:
        return Known(probe.read(Reply(done.returncode, done.stdout, done.stderr, at, at)), at)
    except ProbeFailed as failure:
        return Unknown(str(failure), at, Lack.FAILED)


def test_three_voters(incident: None) -> None:
    """Three named voters, all healthy, one of them leading, in the words that k0s' etcd uses: one may be lost."""
    status = [view.etcd(each, "/v3/maintenance/status", {}) for each in CONTROLLERS]

    assert _voters() == [each.name for each in CONTROLLERS]
    assert _healthy() == [True, True, True]
    assert len({each["leader"] for each in status}) == 1
    assert all(isinstance(each["leader"], str) for each in status)
    assert _read() == _told() == Arithmetic(3, 3, 2)
    assert _read().margin == 1


def test_a_learner_is_no_voter(incident: None) -> None:
    """A learner is a member without a vote; `k0s etcd member-list` shows it like the others, without a name."""
    with inflict("etcd-learner", "m1"):
        assert _voters() == [each.name for each in CONTROLLERS]
        assert len(view.etcd_members(MASTER_2)) == 4
        assert "" in json.loads(boot.run(MASTER_2, "k0s", "etcd", "member-list"))["members"]
        assert _read() == _told() == Arithmetic(3, 3, 2)
    assert len(view.etcd_members(MASTER_2)) == 3


def test_a_voter_that_never_started(incident: None) -> None:
    """It has a vote and no name: four voters, three healthy, so none may be lost; one is, and nobody can read."""
    with inflict("etcd-voter-absent", "m1"):
        assert _voters() == ["", *(each.name for each in CONTROLLERS)]
        assert _healthy() == [True, True, True]
        assert _read() == _told() == Arithmetic(3, 4, 3)
        assert _read().margin == 0
        with inflict("etcd-stopped", "m3"):
            lab.wait_until(lambda: _healthy() == [False, False, False], 60)
        lab.wait_until(lambda: _healthy() == [True, True, True], 60)


def test_one_member_stopped(incident: None) -> None:
    """It stays a voter, the other two stay healthy, its own API server says that etcd failed; it comes back."""
    with inflict("etcd-stopped", "m3"):
        lab.wait_until(lambda: _healthy() == [True, True, False], 20)
        assert _voters() == [each.name for each in CONTROLLERS]
        assert "[-]etcd failed" in boot.run(MASTER_3, "sh", "-c", "k0s kubectl get --raw /readyz 2>&1 || true")
        assert _read() == _told() == Arithmetic(2, 3, 2)
        assert _read().margin == 0
    lab.wait_until(lambda: _healthy() == [True, True, True], 30)


def test_without_quorum_the_api_fails(incident: None) -> None:
    """Two members stopped: the third is unhealthy, and its API server neither is ready nor reads."""
    with inflict("etcd-stopped", "m2"), inflict("etcd-stopped", "m3"):
        lab.wait_until(lambda: _healthy() == [False, False, False], 30)
        asked = "k0s kubectl get --raw /readyz 2>&1; k0s kubectl get nodes 2>&1; true"
        said = boot.run(MASTER_1, "sh", "-c", asked)
        assert "[-]etcd failed" in said
        assert "etcdserver: request timed out" in said
    lab.wait_until(lambda: _healthy() == [True, True, True], 60)


def test_the_space_alarm(incident: None) -> None:
    """NOSPACE is listed by every member until it is taken back."""
    with inflict("etcd-alarm", "m1"):
        alarms = view.etcd(MASTER_2, "/v3/maintenance/alarm", {"action": "GET"})["alarms"]
        assert isinstance(alarms, list)
        assert alarms[0]["alarm"] == "NOSPACE"
    assert "alarms" not in view.etcd(MASTER_2, "/v3/maintenance/alarm", {"action": "GET"})
