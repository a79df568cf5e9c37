"""kube-scheduler's place: holds its lease and does nothing, since DaemonSet pods name their node."""

from __future__ import annotations

from signal import pause

from standin import election
from standin.process import hide_interpreter


def main() -> None:
    hide_interpreter()
    election.join("kube-scheduler")
    while True:
        pause()
