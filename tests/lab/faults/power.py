"""Power: off as if the plug were pulled, on again, reset; and an orderly reboot."""

from __future__ import annotations

from tests.lab import boot
from tests.lab.faults.fault import Fault, nothing
from tests.lab.hosts import LabHost


def off(host: LabHost) -> None:
    boot.power_off(host)


def on(host: LabHost) -> None:
    boot.start(host)


def reset(host: LabHost) -> None:
    boot.power_off(host)
    boot.start(host)


REBOOT = """systemctl stop k0sworker k0scontroller
pkill -KILL -x 'proxy-agent|envoy|kube-proxy'
systemctl reboot"""
"""Containers outlive k0s, and an agent ignores the first SIGTERM: the shutdown would wait 90 s for it."""


def reboot(host: LabHost) -> None:
    boot.run(host, "sh", "-c", REBOOT, check=False)


FAULTS = (
    Fault("power-off", "", "all at once, no FIN leaves the host; undo boots it", off, on),
    Fault("reset", "", "power off and on again", reset, nothing),
    Fault("reboot", "", "systemctl reboot", reboot, nothing),
)
