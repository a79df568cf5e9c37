"""A learner in etcd."""

from __future__ import annotations

from k0stui.model.etcd import EtcdMember
from k0stui.model.finding import Severity
from k0stui.model.host import LogUsage
from k0stui.rules.etcd_learner import RULE
from tests.builders import GIB, Cluster, a_cluster, unknown
from tests.rules.judging import finding, is_silent, judged, lacking, roots

URL = ("https://10.10.10.44:2380",)


def joined_by(*members: EtcdMember) -> Cluster:
    """A healthy cluster of three, whose etcd has these members as well."""
    cluster = a_cluster()
    return cluster.controllers_with(etcd_members=(*cluster.controllers[0].etcd_members.value, *members))


LEARNER = EtcdMember(1 << 60, "k0s-master-4", URL, is_learner=True)
NAMELESS = EtcdMember(1 << 60, "", URL, is_learner=True)


def test_voters_only() -> None:
    """Three voters: nothing to say."""
    assert is_silent(RULE, a_cluster().steady())


def test_a_learner_is_named_with_what_it_means_for_quorum() -> None:
    """It has no vote: three voters stay, two of them are the quorum."""
    found = finding(RULE, joined_by(LEARNER).steady())

    assert (found.severity, found.subjects, found.plan) == (Severity.WARNING, ("k0s-master-4",), None)
    assert found.sentence == (
        "k0s-master-4 (10.10.10.44) is a learner in etcd, without a vote: "
        "3 voters are left, and 2 of them are the quorum"
    )
    assert "k0s etcd leave --peer-address 10.10.10.44" in found.remedy


def test_the_member_list_is_the_evidence() -> None:
    """Every member as etcd has it, by the controller that told it."""
    values = [line.value for line in finding(RULE, joined_by(NAMELESS).steady()).evidence]

    assert len(values) == 4
    assert values[-1] == f"member {1 << 60:x} at 10.10.10.44: learner, never started"


def test_a_learner_that_was_just_added_may_become_a_voter() -> None:
    """It was not in the list of the look before: nothing is said yet, nor with one look only."""
    assert is_silent(RULE, joined_by(LEARNER).after(a_cluster()))
    assert "two looks" in lacking(RULE, joined_by(LEARNER))


def test_a_voter_that_never_started_is_no_learner() -> None:
    """That one counts for quorum, and has a rule of its own."""
    assert is_silent(RULE, joined_by(EtcdMember(1 << 60, "", URL)).steady())


def test_without_a_list_nothing_is_known() -> None:
    """No controller tells the members: not known, and not none."""
    assert "etcd's member list" in lacking(RULE, a_cluster().controllers_with(etcd_members=unknown()).steady())


def test_other_storage_has_no_learners() -> None:
    """kine has no members to judge."""
    assert is_silent(RULE, a_cluster().configured(storage="kine").controllers_with(etcd_members=unknown()))


def test_it_costs_no_margin_and_explains_the_leaders_flood() -> None:
    """The one cause: etcd keeps its margin, and the log of its leader is full of the learner."""
    flooded = joined_by(NAMELESS).where("k0s-master-1", log_usage=LogUsage(GIB, 50 << 10, 4 * GIB, "/", None))
    diagnosis = judged(flooded.steady())

    assert roots(diagnosis) == {"etcd-learner"}
    assert {found.rule for found in diagnosis.findings} == {"etcd-learner", "log-flood-fills-disk"}
