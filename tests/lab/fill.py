"""What each host carries on top of the base: address, sshd, the k0s program with its units, config and keys."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from tests.lab import place
from tests.lab.hosts import CONTROLLERS, HOSTS, LabHost
from tests.lab.pki import ClusterPki

UNIT = """[Unit]
Description=k0s - Zero Friction Kubernetes
Documentation=https://docs.k0sproject.io
ConditionFileIsExecutable=/usr/local/bin/k0s

After=network-online.target{blank}
Wants=network-online.target{blank}

[Service]
StartLimitInterval=5
StartLimitBurst=10
ExecStart=/usr/local/bin/k0s {arguments}

RestartSec=10
Delegate=yes
KillMode=process
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
LimitNOFILE=999999
Restart=always

[Install]
WantedBy=multi-user.target
"""
CONTROLLER_ARGUMENTS = "controller --config=/etc/k0s/k0s.yaml --disable-components=coredns"
WORKER_ARGUMENTS = "worker --token-file=/etc/k0s/wtoken"

CABLE = """[Unit]
Description=The lab's cable: host0 with its address
DefaultDependencies=no
Before=network.target network-online.target
Wants=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ip address replace "$(cat /etc/lab-address)/24" dev host0; ip link set host0 up'

[Install]
WantedBy=sysinit.target
"""
SSHD = """PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
PrintMotd no
"""
JOURNALD = """[Journal]
Storage=persistent
SystemMaxUse=200M
"""
LAUNCHER = """#!/usr/bin/python3
import sys
sys.path.insert(0, "/usr/local/lib/k0s-standin")
from standin.{module} import main
main()
"""
PROGRAMS = {
    "usr/local/bin/k0s": "cli",
    "var/lib/k0s/bin/kube-apiserver": "apiserver",
    "var/lib/k0s/bin/kube-controller-manager": "manager",
    "var/lib/k0s/bin/kube-scheduler": "scheduler",
    "var/lib/k0s/bin/konnectivity-server": "konnectivity_server",
    "var/lib/k0s/bin/kubelet": "kubelet",
    "var/lib/k0s/bin/containerd": "idle",
    "proxy-agent": "agent",
    "usr/local/bin/envoy": "balancer",
    "usr/local/bin/kube-proxy": "kube_proxy",
}
"""Path in a host → module of the stand-in: the names under which the real programs run."""


SHARED = ("k0stui/__init__.py", "k0stui/demo/__init__.py", "k0stui/demo/release.py", "k0stui/demo/json_patch.py")
"""What the stand-in takes from the demo fleet: facts by version, and patches. They need the standard library only."""
DATA_DISK = 4 << 30
"""Bytes, sparse; k0stui's gate wants 1 GiB free."""


@dataclass(frozen=True, slots=True)
class Knobs:
    """What one can choose at `up`; written to /etc/k0s-standin.json on each host."""

    version: str = "v1.32.1+k0s.0"
    """`v1.32.1+k0s.0` or `v1.36.3+k0s.2`: the two that the reference has seen."""
    flood: int = 2000
    """Journal lines per second on a controller without agents while another one has some."""
    nllb: bool = False
    """Start with node-local load balancing on, so healthy; else with the incident."""
    dynamic: bool = False
    """Controllers run with --enable-dynamic-config."""
    binary: str = place.K0S_BINARY
    """A k0s to put in the stand-in's place."""


def common_layer(knobs: Knobs) -> Path:
    """The layer that all hosts share above the base, written anew."""
    layer = place.LAB / "layer"
    shutil.rmtree(layer, ignore_errors=True)
    _write(layer / "etc/systemd/system/lab-cable.service", CABLE)
    _enable(layer, "lab-cable.service", "sysinit.target")
    _write(layer / "etc/ssh/sshd_config.d/lab.conf", SSHD)
    _write(layer / "etc/systemd/journald.conf.d/lab.conf", JOURNALD)
    _write(layer / "etc/hosts", _hosts_file())
    _write(layer / "etc/k0s-standin.json", json.dumps(asdict(knobs)))
    key = (place.HOME / ".ssh/id_ed25519.pub").read_text()
    for user, number in (("ops", 1000), ("viewer", 1001)):
        keys = layer / f"home/{user}/.ssh/authorized_keys"
        _write(keys, key, 0o600)
        for each in (keys.parents[1], keys.parent, keys):
            shutil.chown(each, number, number)
    return layer


def program_layer(base: Path, knobs: Knobs) -> Path:
    """The layer with the k0s program: the stand-in, or the binary that is named."""
    layer = place.LAB / "k0s"
    shutil.rmtree(layer, ignore_errors=True)
    if knobs.binary:
        for each in ("usr/local/bin", "var/lib/k0s"):
            (layer / each).mkdir(parents=True)
        shutil.copy(knobs.binary, layer / "usr/local/bin/k0s")
        (layer / "usr/local/bin/k0s").chmod(0o755)
        return layer
    (layer / "var/lib/k0s").mkdir(parents=True)
    package = layer / "usr/local/lib/k0s-standin/standin"
    shutil.copytree(place.STANDIN, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SHARED:
        target = package.parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(place.REPOSITORY / name, target)
    for path, module in PROGRAMS.items():
        _write(layer / path, LAUNCHER.format(module=module), 0o755)
    (layer / "var/lib/k0s/bin/etcd").symlink_to("/usr/bin/etcd")
    _compile(base, layer)
    return layer


def _compile(base: Path, layer: Path) -> None:
    """Compile by the hosts' own Python: dozens of processes start at once, and each would compile by itself."""
    root, work = place.LAB / "compiling", place.LAB / "compiling-work"
    for each in (root, work):
        each.mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={base},upperdir={layer},workdir={work}"
    subprocess.run(("mount", "-t", "overlay", "overlay", "-o", options, str(root)), check=True)
    try:
        compile_all = ("python3", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")
        subprocess.run(("chroot", str(root), *compile_all, "/usr/local/lib/k0s-standin"), check=True)
    finally:
        subprocess.run(("umount", str(root)), check=True)


def fill(root: Path, host: LabHost, pki: ClusterPki, knobs: Knobs) -> None:
    """Write what is this host's own into its (mounted) root."""
    _write(root / "etc/lab-address", host.address)
    _write(root / "etc/hostname", f"{host.name}\n")
    _write(root / "etc/machine-id", f"{host.machine_id}\n", 0o444)
    shutil.copytree(place.LAB / "host-keys" / host.name, root / "etc/ssh", dirs_exist_ok=True)
    if host.role == "controller":
        _own_data_disk(root, host)
        pki.write_controller(root, host)
        _write(root / "etc/k0s/k0s.yaml", k0s_yaml(host, knobs), 0o600)
        arguments = CONTROLLER_ARGUMENTS + (" --enable-dynamic-config" if knobs.dynamic else "")
        _unit(root, "k0scontroller.service", arguments)
    if host.role == "worker":
        pki.write_worker(root, host, CONTROLLERS[0].address)
        _write(root / "etc/k0s/wtoken", "H4sIAAAAAAAC/w==\n", 0o600)
        _unit(root, "k0sworker.service", WORKER_ARGUMENTS)


def _own_data_disk(root: Path, host: LabHost) -> None:
    """A file system of its own for /var/lib/k0s, so that a full disk is one host's and not this machine's."""
    data, image = root / "var/lib/k0s", place.pid_file(host.name).with_name("data.img")
    if data.is_mount():
        return
    with image.open("wb") as file:
        file.truncate(DATA_DISK)
    subprocess.run(("mkfs.ext4", "-q", "-F", "-N", "8192", "-O", "^has_journal", str(image)), check=True)
    data.mkdir(parents=True, exist_ok=True)
    subprocess.run(("mount", "-o", "loop", str(image), str(data)), check=True)
    shutil.copytree(place.LAB / "k0s/var/lib/k0s", data, symlinks=True, dirs_exist_ok=True)


def k0s_yaml(host: LabHost, knobs: Knobs) -> str:
    """The controller's ClusterConfig, formed as k0sctl writes it."""
    sans = [each.address for each in CONTROLLERS] + ["10.10.10.70"] + [each.name for each in CONTROLLERS]
    network = {"provider": "custom", "podCIDR": "10.244.0.0/16", "serviceCIDR": "10.96.0.0/12"}
    if knobs.nllb:
        network["nodeLocalLoadBalancing"] = {"enabled": True, "type": "EnvoyProxy"}  # type: ignore[assignment]
    spec = {
        "api": {"address": host.address, "port": 6443, "k0sApiPort": 9443, "sans": sans},
        "storage": {"type": "etcd", "etcd": {"peerAddress": host.address}},
        "network": network,
        "konnectivity": {"agentPort": 8132, "adminPort": 8133},
        "telemetry": {"enabled": False},
    }
    document = {
        "apiVersion": "k0s.k0sproject.io/v1beta1",
        "kind": "ClusterConfig",
        "metadata": {"name": "k0s"},
        "spec": spec,
    }
    return "# generated-by-k0sctl 2026-01-01T00:00:00Z\n" + yaml.safe_dump(document, sort_keys=False)


def _unit(root: Path, name: str, arguments: str) -> None:
    _write(root / f"etc/systemd/system/{name}", UNIT.format(arguments=arguments, blank=" "))
    _enable(root, name, "multi-user.target")


def _enable(root: Path, unit: str, target: str) -> None:
    wants = root / f"etc/systemd/system/{target}.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / unit).unlink(missing_ok=True)
    (wants / unit).symlink_to(f"/etc/systemd/system/{unit}")


def _hosts_file() -> str:
    lines = [
        "127.0.0.1 localhost",
        "::1 ip6-localhost ip6-loopback",
        *(f"{each.address} {each.name}" for each in HOSTS),
    ]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
