"""Access: sudo taken away or asking, a changed host key, sshd's limits, no forwarding, a login that chatters."""

from __future__ import annotations

from tests.lab import boot
from tests.lab.faults.fault import Fault
from tests.lab.hosts import LabHost

SUDOERS = "/etc/sudoers.d/ops"


def sudo_denied(host: LabHost) -> None:
    boot.run(host, "mv", SUDOERS, "/root/sudoers-ops")


def sudo_asks(host: LabHost) -> None:
    boot.run(host, "sh", "-ec", f"cp -p {SUDOERS} /root/sudoers-ops; sed -i 's/NOPASSWD://' {SUDOERS}")


def sudo_back(host: LabHost) -> None:
    boot.run(host, "mv", "/root/sudoers-ops", SUDOERS)


RELOAD = """systemctl reload ssh
sleep 0.3
for i in $(seq 50); do
    bash -c 'exec 3<>/dev/tcp/127.0.0.1/22 && read -r -t 2 greeting <&3' 2>/dev/null && exit 0
    sleep 0.1
done"""
"""Until the sshd that replaced itself greets again."""


def reload(host: LabHost) -> None:
    boot.run(host, "sh", "-c", RELOAD)


def new_host_key(host: LabHost) -> None:
    script = """mkdir -p /root/host-keys; mv /etc/ssh/ssh_host_* /root/host-keys/
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
"""
    boot.run(host, "sh", "-ec", script)
    reload(host)


def old_host_key(host: LabHost) -> None:
    boot.run(host, "sh", "-ec", "rm /etc/ssh/ssh_host_*; mv /root/host-keys/* /etc/ssh/")
    reload(host)


def sshd(host: LabHost, *settings: str) -> None:
    # sshd takes the first value it reads, and this file's name sorts before lab.conf.
    text = "\n".join(each.replace("=", " ") for each in settings)
    boot.run(host, "sh", "-ec", "cat >/etc/ssh/sshd_config.d/fault.conf", stdin=f"{text}\n")
    reload(host)


def sshd_back(host: LabHost, *_: str) -> None:
    boot.run(host, "sh", "-ec", "rm /etc/ssh/sshd_config.d/fault.conf")
    reload(host)


def chatters(host: LabHost) -> None:
    script = "echo 'Authorised use only' >/etc/issue.net; sed -i '1i echo welcome; echo oops >\\&2' /home/ops/.bashrc"
    boot.run(host, "sh", "-ec", script)
    sshd(host, "Banner=/etc/issue.net")


def is_quiet(host: LabHost) -> None:
    boot.run(host, "sed", "-i", "/^echo welcome/d", "/home/ops/.bashrc")
    sshd_back(host)


FAULTS = (
    Fault("sudo-denied", "", "the login user may not sudo any more", sudo_denied, sudo_back),
    Fault("sudo-asks", "", "sudo wants a password", sudo_asks, sudo_back),
    Fault("host-key-changed", "", "sshd shows another key than the one in known_hosts", new_host_key, old_host_key),
    Fault("sshd", "KEYWORD=VALUE …", "MaxSessions=2, MaxStartups=1:100:1, AllowTcpForwarding=no …", sshd, sshd_back),
    Fault("chatters", "", "a banner, and a .bashrc that prints", chatters, is_quiet),
)
