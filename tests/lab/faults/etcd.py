"""etcd: a learner, a voter that never started, a member stopped, the NOSPACE alarm."""

from __future__ import annotations

from tests.lab import boot, view
from tests.lab.faults.fault import Fault
from tests.lab.hosts import LabHost

ABSENT = {"learner": "https://10.10.10.44:2380", "voter": "https://10.10.10.45:2380"}
"""Peer URLs of members that nobody runs."""


def _add(host: LabHost, kind: str) -> None:
    body = {"peerURLs": [ABSENT[kind]], "isLearner": kind == "learner"}
    answer = view.etcd(host, "/v3/cluster/member/add", body)
    if "member" not in answer:
        raise SystemExit(f"{host.name}: etcd did not add a member: {answer.get('error') or answer or 'no answer'}")


def _remove(host: LabHost, kind: str) -> None:
    for member in view.etcd_members(host):
        if member.get("peerURLs") == [ABSENT[kind]]:
            view.etcd(host, "/v3/cluster/member/remove", {"ID": member["ID"]})


def stop_member(host: LabHost) -> None:
    """k0s goes on without it: its program is put aside, so that the supervisor's attempts fail."""
    boot.run(
        host, "sh", "-ec", "mv /var/lib/k0s/bin/etcd /var/lib/k0s/bin/etcd.aside; kill -KILL $(cat /run/k0s/etcd.pid)"
    )


def start_member(host: LabHost) -> None:
    boot.run(host, "mv", "/var/lib/k0s/bin/etcd.aside", "/var/lib/k0s/bin/etcd")


def alarm(host: LabHost) -> None:
    _alarm(host, "ACTIVATE")


def no_alarm(host: LabHost) -> None:
    _alarm(host, "DEACTIVATE")


def _alarm(host: LabHost, action: str) -> None:
    own = next(each for each in view.etcd_members(host) if each.get("name") == host.name)
    view.etcd(host, "/v3/maintenance/alarm", {"action": action, "memberID": own["ID"], "alarm": "NOSPACE"})


FAULTS = (
    Fault(
        "etcd-learner",
        "",
        "a learner is added that nobody runs",
        lambda h: _add(h, "learner"),
        lambda h: _remove(h, "learner"),
    ),
    Fault(
        "etcd-voter-absent",
        "",
        "a voter is added that never starts",
        lambda h: _add(h, "voter"),
        lambda h: _remove(h, "voter"),
    ),
    Fault("etcd-stopped", "", "the host's member is gone, k0s is not", stop_member, start_member),
    Fault("etcd-alarm", "", "NOSPACE: etcd refuses writes", alarm, no_alarm),
)
