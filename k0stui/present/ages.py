"""How old what is shown is as a whole: from a minute on it is said, and nothing is called good."""

from __future__ import annotations

from k0stui.model.cluster import ClusterSnapshot
from k0stui.model.observed import Known

OLD = 60.0
"""Seconds."""

PACED = ("connection", "service", "konnectivity_metrics", "agent_metrics", "balancer", "etcd_health")
"""What is asked at each look; slow questions (versions, certificates) are asked rarely."""


def data_age(snapshot: ClusterSnapshot) -> float:
    """Seconds: the age of the oldest answer to what is asked at each look."""
    ages = [
        (snapshot.taken_at - answer.at).total_seconds()
        for host in snapshot.hosts
        for name in PACED
        if isinstance(answer := getattr(host, name), Known)
    ]
    return max(ages, default=0.0)


def is_old(snapshot: ClusterSnapshot) -> bool:
    """Too old to call anything good by it: a host that hangs, or a program that stood still."""
    return data_age(snapshot) > OLD
