"""etcd is real: its members say of themselves what the readers of k0stui will be checked against."""

from __future__ import annotations

import json

from tests.lab import boot, lab, view
from tests.lab.faults import inflict
from tests.lab.hosts import CONTROLLERS

MASTER_1, MASTER_2, MASTER_3 = CONTROLLERS


def _voters() -> list[str]:
    members = view.etcd_members(MASTER_2)
    return sorted(str(each.get("name", "")) for each in members if not each.get("isLearner"))


def _healthy() -> list[bool]:
    return [view.etcd_healthy(each) for each in CONTROLLERS]


def test_three_voters(incident: None) -> None:
    """Three named voters, all healthy, one of them leading, in the words that k0s' etcd uses."""
    status = [view.etcd(each, "/v3/maintenance/status", {}) for each in CONTROLLERS]

    assert _voters() == [each.name for each in CONTROLLERS]
    assert _healthy() == [True, True, True]
    assert len({each["leader"] for each in status}) == 1
    assert all(isinstance(each["leader"], str) for each in status)


def test_a_learner_is_no_voter(incident: None) -> None:
    """A learner is a member without a vote; `k0s etcd member-list` shows it like the others, without a name."""
    with inflict("etcd-learner", "m1"):
        assert _voters() == [each.name for each in CONTROLLERS]
        assert len(view.etcd_members(MASTER_2)) == 4
        assert "" in json.loads(boot.run(MASTER_2, "k0s", "etcd", "member-list"))["members"]
    assert len(view.etcd_members(MASTER_2)) == 3


def test_a_voter_that_never_started(incident: None) -> None:
    """It has a vote and no name: four voters, three healthy, so none may be lost."""
    with inflict("etcd-voter-absent", "m1"):
        assert _voters() == ["", *(each.name for each in CONTROLLERS)]
        assert _healthy() == [True, True, True]


def test_one_member_stopped(incident: None) -> None:
    """It stays a voter, the other two stay healthy, its own API server says that etcd failed; it comes back."""
    with inflict("etcd-stopped", "m3"):
        lab.wait_until(lambda: _healthy() == [True, True, False], 20)
        assert _voters() == [each.name for each in CONTROLLERS]
        assert "[-]etcd failed" in boot.run(MASTER_3, "sh", "-c", "k0s kubectl get --raw /readyz 2>&1 || true")
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
