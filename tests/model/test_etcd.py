"""Quorum arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.model.etcd import EtcdMember, quorum, voters


@given(st.integers(1, 1000))
def test_two_quorums_always_meet(members: int) -> None:
    """For every cluster size; and one member less would not do."""
    assert 2 * quorum(members) > members >= 2 * (quorum(members) - 1)


@pytest.mark.parametrize(("members", "lost"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (7, 3)])
def test_what_may_be_lost_is_as_etcd_says(members: int, lost: int) -> None:
    """etcd's own table: an even member adds no tolerance."""
    assert members - quorum(members) == lost


def test_no_cluster_has_no_members() -> None:
    """Zero members is a mistake, not a cluster that tolerates nothing."""
    with pytest.raises(ValueError, match="at least one"):
        quorum(0)


def test_learners_do_not_vote_and_unstarted_members_do() -> None:
    """A learner counts for nothing; a member that never started has no name and still a vote."""
    members = (EtcdMember(1, "a", ()), EtcdMember(2, "", ()), EtcdMember(3, "c", (), is_learner=True))

    assert [member.id for member in voters(members)] == [1, 2]
