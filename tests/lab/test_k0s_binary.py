"""K0STUI_K0S_BINARY: another k0s in the stand-in's place, which the hosts' own units start."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.lab import boot, lab, view
from tests.lab.fill import Knobs
from tests.lab.hosts import CONTROLLERS, WORKERS, LabHost

FAKE = """#!/bin/sh
printf '%s\\n' "$@" >/run/fake-k0s
exec sleep infinity
"""


@pytest.mark.usefixtures("_lab_ends")
def test_the_units_start_it(tmp_path: Path) -> None:
    """It is /usr/local/bin/k0s on every host, started with the real arguments; nothing of the stand-in is there."""
    fake = tmp_path / "k0s"
    fake.write_text(FAKE)
    lab.up(Knobs(binary=str(fake)))

    for host, unit, role in ((CONTROLLERS[0], "k0scontroller", "controller"), (WORKERS[0], "k0sworker", "worker")):
        lab.wait_until(partial(_was_started, host), 30)
        assert boot.run(host, "cat", "/usr/local/bin/k0s") == FAKE
        assert boot.run(host, "cat", "/run/fake-k0s").split()[0] == role
        assert view.unit_state(host, unit) == "active"
        assert "standin" not in boot.run(host, "ls", "-R", "/usr/local", "/var/lib/k0s")


def _was_started(host: LabHost) -> bool:
    return boot.run(host, "cat", "/run/fake-k0s", check=False) != ""
