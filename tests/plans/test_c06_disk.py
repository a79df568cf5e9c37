"""Gate C-06 on small filesystems."""

from __future__ import annotations

from k0stui.model.host import Filesystem
from tests.plans.situations import asked, healthy, nllb, situation


def test_a_small_run_stops_no_plan() -> None:
    """/run is a tmpfs of a tenth of the memory: of 390 MiB a quarter must be free, and what is needed is said."""
    for free, passes in ((380, True), (90, False)):
        run = (Filesystem("/run", "tmpfs", 390 << 20, free << 20),)
        verdict = asked("C-06", situation(nllb(), healthy().where("k0s-master-2", disks=run).steady()))
        assert verdict.passes is passes
        assert passes or "/run 90 MiB left, 90 MiB in 1 h, 98 MiB needed" in verdict.evidence
