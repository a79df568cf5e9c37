"""Each fault does what it says, and its undo leaves nothing of it."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.lab import access, boot, lab, network, view
from tests.lab.faults import FAULTS, inflict, processes
from tests.lab.hosts import CONTROLLERS, WORKERS, LabHost, host

MASTER_1, MASTER_2, MASTER_3 = CONTROLLERS
WORKER_4 = WORKERS[3]
JOURNAL = "journalctl -u k0scontroller -o cat -n 2000"
pytestmark = pytest.mark.usefixtures("incident")


def _pings(source: LabHost, target: LabHost, count: int = 1) -> int:
    command = f"ping -c {count} -i 0.02 -W 1 {target.address} | sed -n 's/.* \\([0-9]*\\) received.*/\\1/p'"
    return int(boot.run(source, "sh", "-c", command))


def _asked_of(target: LabHost) -> int:
    """Echo requests that the host has received."""
    return int(boot.run(target, "sh", "-c", "awk '/^Icmp:/ && $2 ~ /[0-9]/ {print $10}' /proc/net/snmp"))


def _says(target: LabHost, script: str) -> str:
    return boot.run(target, "sh", "-c", f"({script}) 2>&1; true")


def test_cut_is_between_two_hosts_only() -> None:
    """Both lose each other, both reach a third, and all is as before when undone."""
    with inflict("cut", "m1", "m2"):
        assert (_pings(MASTER_1, MASTER_2), _pings(MASTER_2, MASTER_1), _pings(MASTER_1, MASTER_3)) == (0, 0, 1)
    assert _pings(MASTER_1, MASTER_2) == 1


def test_cut_one_way() -> None:
    """What the host sends is lost, what is sent to it arrives."""
    with inflict("cut-to", "w4", "m1"):
        before = _asked_of(WORKER_4), _asked_of(MASTER_1)
        assert (_pings(WORKER_4, MASTER_1), _pings(MASTER_1, WORKER_4)) == (0, 0)
        assert (_asked_of(WORKER_4), _asked_of(MASTER_1)) == (before[0] + 1, before[1])


def test_cut_from_the_outside() -> None:
    """Clients lose the host; it still works with the others."""
    with inflict("cut", "w4", "outside"):
        assert network.run_inside("sh", "-c", f"ping -c 1 -W 1 {WORKER_4.address} >/dev/null || echo lost") == "lost\n"
        assert _pings(WORKER_4, MASTER_1) == 1


def test_loss() -> None:
    """About the asked share of packets is lost each way, and none after it."""
    with inflict("lose", "w4", "30"):
        assert 10 < _pings(MASTER_1, WORKER_4, 60) < 55
    assert _pings(MASTER_1, WORKER_4, 20) == 20


def test_delay_and_ssh_through_it() -> None:
    """A round trip takes twice the delay, and whole ssh sessions go through the relay."""
    with inflict("delay", "w4", "150"):
        begin = time.monotonic()
        assert _pings(MASTER_1, WORKER_4) == 1
        assert time.monotonic() - begin > 0.29
        assert lab.ssh(WORKER_4, "seq", "20000").stdout.count("\n") == 20000
    assert _pings(MASTER_1, WORKER_4, 5) == 5


def test_packets_that_overtake_each_other() -> None:
    """Answers come in another order than the questions left; whole ssh sessions still arrive as they were sent."""
    with inflict("reorder", "w4", "40"):
        asked = f"ping -c 60 -i 0.004 -W 1 {WORKER_4.address} | sed -n 's/.*icmp_seq=\\([0-9]*\\).*/\\1/p'"
        order = [int(number) for number in boot.run(MASTER_1, "sh", "-c", asked).split()]
        assert len(order) == 60
        assert order != sorted(order)
        assert lab.ssh(WORKER_4, "seq", "20000").stdout.split() == [str(number) for number in range(1, 20001)]


def test_firewall_is_on_one_port() -> None:
    """8132 is silent, 6443 answers."""
    with inflict("firewall", "m1"):
        dial = "timeout 2 bash -c '</dev/tcp/10.10.10.41/%d'; echo $?"
        assert _says(WORKER_4, dial % 8132) == "124\n"
        assert _says(WORKER_4, dial % 6443) == "0\n"


def test_power_off_says_no_goodbye() -> None:
    """The peers' connections stay open; the host boots again when undone, with another boot id."""
    boot_id = boot.run(MASTER_3, "cat", "/proc/sys/kernel/random/boot_id")
    with inflict("power-off", "m3"):
        assert not boot.running(MASTER_3)
        assert "10.10.10.43:2380" in boot.run(MASTER_1, "ss", "-Htn", "state", "established")
    lab.wait_reachable(60)
    assert boot.run(MASTER_3, "cat", "/proc/sys/kernel/random/boot_id") != boot_id
    lab.wait_until(lambda: view.etcd_healthy(MASTER_3), 60)


def test_reboot_comes_back_by_itself() -> None:
    """systemctl reboot ends in another boot of the same host; its journal is kept."""
    boot_id = boot.run(WORKER_4, "cat", "/proc/sys/kernel/random/boot_id")
    FAULTS["reboot"].do(WORKER_4)
    lab.wait_until(lambda: _boot_id(WORKER_4) not in ("", boot_id), 60)
    lab.wait_reachable(60)
    assert len(boot.run(WORKER_4, "journalctl", "--list-boots", "-q").splitlines()) >= 2


def _boot_id(target: LabHost) -> str:
    pid = boot.init_pid(target)
    return boot.run(target, "cat", "/proc/sys/kernel/random/boot_id", check=False) if pid else ""


def test_killed_processes_come_back() -> None:
    """k0s starts a killed konnectivity-server again after five seconds, with another pid."""
    pid = boot.run(MASTER_2, "cat", "/run/k0s/konnectivity.pid")
    FAULTS["kill"].do(MASTER_2, "konnectivity")
    lab.wait_until(lambda: boot.run(MASTER_2, "cat", "/run/k0s/konnectivity.pid") != pid, 20)
    lab.wait_until(lambda: view.ready_agents(MASTER_2) == 0, 20)


def test_a_frozen_api_server_accepts_and_is_silent() -> None:
    """The port is open, no answer comes; thawed it answers."""
    ask = "curl -sk --max-time 2 -o /dev/null -w '%{http_code}' https://127.0.0.1:6443/readyz"
    with inflict("freeze", "m2", "kube-apiserver"):
        assert _says(MASTER_2, ask) == "000"
    assert _says(MASTER_2, ask) == "401"


def test_a_system_call_that_fails() -> None:
    """etcd cannot sync its log: it ends rather than to acknowledge what may be lost, and comes back when it may."""
    pid = processes.pid(MASTER_3, "etcd")
    with inflict("syscall", "m3", "etcd", "fdatasync", "EIO"):
        lab.wait_until(lambda: processes.pid(MASTER_3, "etcd") != pid, 60)
        assert "input/output error" in _says(MASTER_3, f"{JOURNAL} | grep -i 'input/output'")
    lab.wait_until(lambda: view.etcd_healthy(MASTER_3), 60)


def test_a_process_that_ends_at_a_system_call() -> None:
    """Killed where it would sync: a power loss in the worst moment, which its log must survive."""
    pid = processes.pid(MASTER_3, "etcd")
    with inflict("syscall", "m3", "etcd", "fdatasync", "SIGKILL"):
        lab.wait_until(lambda: processes.pid(MASTER_3, "etcd") != pid, 60)
    lab.wait_until(lambda: view.etcd_healthy(MASTER_3), 60)


def test_a_unit_that_fails() -> None:
    """The restart is accepted, and systemd tries again and again."""
    with inflict("unit-fails", "w4"):
        _says(WORKER_4, "systemctl --no-block restart k0sworker")
        lab.wait_until(lambda: view.unit_state(WORKER_4, "k0sworker") in ("activating", "failed"), 30)
    lab.wait_until(lambda: view.unit_state(WORKER_4, "k0sworker") == "active", 30)


def test_a_unit_that_hangs_in_stop() -> None:
    """The stop is under way for long; systemd ends it at its limit."""
    with inflict("unit-hangs", "w4"):
        _says(WORKER_4, "systemctl --no-block restart k0sworker")
        lab.wait_until(lambda: view.unit_state(WORKER_4, "k0sworker") == "deactivating", 10)
        lab.wait_until(lambda: view.unit_state(WORKER_4, "k0sworker") == "active", 60)


def test_a_unit_that_flaps() -> None:
    """It ends every eight seconds: the count of restarts grows."""
    with inflict("unit-flaps", "w4"):
        lab.wait_until(lambda: _property(WORKER_4, "NRestarts") not in ("", "0"), 30)
    lab.wait_until(lambda: view.unit_state(WORKER_4, "k0sworker") == "active", 30)


def test_a_unit_disabled_or_edited() -> None:
    """systemd says so, and says it no more when undone."""
    with inflict("unit-disabled", "w4"), inflict("unit-edited", "w4"):
        assert _property(WORKER_4, "UnitFileState") == "disabled"
        assert _property(WORKER_4, "NeedDaemonReload") == "yes"
    assert _property(WORKER_4, "UnitFileState") == "enabled"
    assert _property(WORKER_4, "NeedDaemonReload") == "no"


def test_a_foreign_job_waits() -> None:
    """Somebody else's restart is queued in PID 1, and the unit runs on."""
    with inflict("job-queued", "w4"):
        assert _property(WORKER_4, "Job") != ""
        assert view.unit_state(WORKER_4, "k0sworker") == "active"
    assert _property(WORKER_4, "Job") == ""


def _property(target: LabHost, name: str) -> str:
    return boot.run(target, "systemctl", "show", "-P", name, "k0sworker").strip()


@pytest.mark.parametrize("path", ["/var/lib/k0s", "/etc/k0s", "/var/lib/k0stui"])
def test_a_full_disk(path: str) -> None:
    """Nothing more can be written there; undone, the content is as before."""
    before = _says(MASTER_3, f"ls {path}")
    write = f"dd if=/dev/zero of={path}/lab-test bs=8k count=1"
    with inflict("disk-full", "m3", path):
        assert "No space left on device" in _says(MASTER_3, write)
        _says(MASTER_3, f"rm -f {path}/lab-test")
    assert "8192 bytes" in _says(MASTER_3, f"mkdir -p {path}; {write}; rm {path}/lab-test")
    assert _says(MASTER_3, f"ls {path}") in (before, "")


@pytest.mark.parametrize("path", ["/var/lib/k0s", "/etc/k0s"])
def test_no_inodes(path: str) -> None:
    """Bytes are left, but no new file can be made."""
    with inflict("inodes-full", "m3", path):
        assert "No space left on device" in _says(MASTER_3, f"touch {path}/lab-test")
    assert _says(MASTER_3, f"touch {path}/lab-test && rm {path}/lab-test") == ""


@pytest.mark.parametrize("path", ["/var/lib/k0s", "/etc/k0s"])
def test_read_only(path: str) -> None:
    """Nothing can be written, reading goes on."""
    with inflict("read-only", "m3", path):
        assert "Read-only file system" in _says(MASTER_3, f"touch {path}/lab-test; ls {path}")
    assert _says(MASTER_3, f"touch {path}/lab-test && rm {path}/lab-test") == ""


@pytest.mark.parametrize("fault", ["sudo-denied", "sudo-asks"])
def test_sudo_taken_away(fault: str) -> None:
    """sudo -n refuses; the login still works."""
    with inflict(fault, "w4"):
        assert lab.ssh(WORKER_4, "sudo", "-n", "true").returncode == 1
    assert lab.ssh(WORKER_4, "sudo", "-n", "true").returncode == 0


def test_a_changed_host_key() -> None:
    """A strict client refuses the host, and takes it again when the old key is back."""
    with inflict("host-key-changed", "w4"):
        refused = lab.ssh(WORKER_4, "true")
        assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in refused.stderr
    assert lab.ssh(WORKER_4, "true").returncode == 0


def test_limits_of_sshd() -> None:
    """Any setting of sshd_config; here the one that forbids forwarding."""
    effective = "sshd -T | grep -i allowtcpforwarding"
    with inflict("sshd", "w4", "AllowTcpForwarding=no"):
        assert _says(WORKER_4, effective) == "allowtcpforwarding no\n"
    assert _says(WORKER_4, effective) == "allowtcpforwarding yes\n"


def test_a_login_that_chatters() -> None:
    """A banner before, words on stdout and stderr in every command."""
    with inflict("chatters", "w4"):
        said = lab.ssh(WORKER_4, "true")
        assert (said.stdout, "oops" in said.stderr) == ("welcome\n", True)
    assert lab.ssh(WORKER_4, "true").stdout == ""


def test_a_clock_forty_seconds_ahead() -> None:
    """What is started on the host from now on, by ssh or sudo, sees the other time; no other host does."""
    with inflict("clock", "w4", "+40"):
        ahead = [
            int(lab.ssh(WORKER_4, *words).stdout) - time.time() for words in (("date", "+%s"), ("sudo", "date", "+%s"))
        ]
        assert all(38 <= each <= 42 for each in ahead)
        assert abs(int(lab.ssh(MASTER_1, "date", "+%s").stdout) - time.time()) < 2
    assert abs(int(lab.ssh(WORKER_4, "date", "+%s").stdout) - time.time()) < 2


def test_a_port_taken() -> None:
    """Another program holds the balancer's port on the worker's loopback."""
    with inflict("port-taken", "w4", "7443"):
        time.sleep(0.5)
        assert "127.0.0.1:7443" in _says(WORKER_4, "ss -Hltn")
    assert "127.0.0.1:7443" not in _says(WORKER_4, "ss -Hltn")


def test_a_newer_program_on_disk() -> None:
    """`k0s version` names another version than the running process."""
    with inflict("newer-on-disk", "w4"):
        assert _says(WORKER_4, "k0s version") == "v1.33.1+k0s.0\n"
        assert '"Version": "v1.32.1+k0s.0"' in _says(WORKER_4, "k0s status -o json")
    assert _says(WORKER_4, "k0s version") == "v1.32.1+k0s.0\n"


def test_images_that_cannot_be_pulled() -> None:
    """A pull fails while there is no registry, and then does not."""
    pull = "k0s ctr -n k8s.io images pull quay.io/k0sproject/envoy-distroless:v1.31.3; echo $?"
    with inflict("no-registry", "w4"):
        assert _says(WORKER_4, pull).endswith("1\n")
    assert _says(WORKER_4, pull) == "0\n"


def test_an_agent_that_is_refused() -> None:
    """With a wrong token the agent is let in nowhere, and its server says so."""
    with inflict("bad-token", "w4"):
        lab.wait_until(lambda: "Client authentication failed" in _says(MASTER_1, JOURNAL), 60)
        assert view.columns() == [3, 0, 0]
    lab.wait_until(lambda: view.columns() == [4, 0, 0], 60)


def test_through_the_bastion() -> None:
    """The bastion is a jump host to every other one."""
    bastion = host("bastion")
    command = list(access.ssh_command(MASTER_2, "hostname"))
    command[1:1] = ["-o", f"ProxyCommand={' '.join(access.ssh_command(bastion))} -W %h:%p"]
    done = subprocess.run(network.enter_command(*command), capture_output=True, text=True)

    assert done.stdout == "k0s-master-2\n", done.stderr
