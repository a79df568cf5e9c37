"""Processes: SIGKILL, or SIGSTOP until undone. Named as k0s names its pid files, or k0s, agent, envoy, sshd …"""

from __future__ import annotations

from tests.lab import boot
from tests.lab.faults.fault import Fault, nothing
from tests.lab.hosts import LabHost

FIND = """case $1 in
k0s) systemctl show -P MainPID k0scontroller k0sworker | grep -v '^0*$' ;;
agent) pgrep -o -x proxy-agent ;;
envoy | kube-proxy) pgrep -o -x $1 ;;
sshd) systemctl show -P MainPID ssh ;;
*) cat /run/k0s/$1.pid ;;
esac"""


def pid(host: LabHost, program: str) -> str:
    """Of the running program, as the host counts."""
    return boot.run(host, "sh", "-c", FIND, "find", program).strip()


def signal(host: LabHost, program: str, number: str) -> None:
    boot.run(host, "kill", f"-{number}", pid(host, program))


def kill(host: LabHost, program: str) -> None:
    signal(host, program, "KILL")


def freeze(host: LabHost, program: str) -> None:
    signal(host, program, "STOP")


def thaw(host: LabHost, program: str) -> None:
    signal(host, program, "CONT")


FAULTS = (
    Fault(
        "kill", "PROGRAM", "SIGKILL: etcd, konnectivity, kube-apiserver, kubelet, k0s, agent, envoy …", kill, nothing
    ),
    Fault("freeze", "PROGRAM", "SIGSTOP; its ports stay open and nothing answers", freeze, thaw),
)
