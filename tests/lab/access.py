"""How clients reach the hosts: keys, known hosts, an ssh_config, and inventories in k0sctl's format."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from tests.lab import place
from tests.lab.hosts import BASTION, CONTROLLERS, HOSTS, WORKERS, LabHost

USER = "ops"
"""May sudo without a password; `viewer` may not sudo at all. Root may not log in."""
INVENTORY = place.LAB / "inventory.yaml"
THROUGH_BASTION = place.LAB / "inventory-bastion.yaml"
VIEWER = place.LAB / "inventory-viewer.yaml"
KEY = place.HOME / ".ssh/id_ed25519"


def make_keys() -> None:
    """The clients' key, one host key for each host, and known_hosts with all of them."""
    KEY.parent.mkdir(parents=True, exist_ok=True)
    KEY.parent.chmod(0o700)
    _new_key(KEY)
    for host in HOSTS:
        directory = place.LAB / "host-keys" / host.name
        directory.mkdir(parents=True, exist_ok=True)
        _new_key(directory / "ssh_host_ed25519_key")
    (KEY.parent / "known_hosts").write_text("".join(_known(host) for host in HOSTS))


def _new_key(path: Path) -> None:
    if not path.exists():
        command = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "k0stui-lab", "-f", str(path))
        subprocess.run(command, check=True)


def _known(host: LabHost) -> str:
    key = (place.LAB / "host-keys" / host.name / "ssh_host_ed25519_key.pub").read_text().split()
    return f"{host.name},{host.address} {key[0]} {key[1]}\n"


def write_inventories() -> None:
    """inventory.yaml, the same through the bastion, and one with the user that may not sudo."""
    INVENTORY.write_text(_inventory(USER, through=None))
    THROUGH_BASTION.write_text(_inventory(USER, through=BASTION))
    VIEWER.write_text(_inventory("viewer", through=None))
    config = ["Host *", f"  User {USER}", f"  IdentityFile {KEY}", f"  UserKnownHostsFile {KEY.parent / 'known_hosts'}"]
    for host in HOSTS:
        config += [f"Host {host.name}", f"  HostName {host.address}"]
    (KEY.parent / "config").write_text("\n".join(config) + "\n")
    (KEY.parent / "config").chmod(0o600)


def _inventory(user: str, through: LabHost | None) -> str:
    hosts = [_entry(host, user, through) for host in (*CONTROLLERS, *WORKERS)]
    document = {
        "apiVersion": "k0sctl.k0sproject.io/v1beta1",
        "kind": "Cluster",
        "metadata": {"name": "lab"},
        "spec": {"hosts": hosts},
    }
    return yaml.safe_dump(document, sort_keys=False)


def _entry(host: LabHost, user: str, through: LabHost | None) -> dict[str, object]:
    ssh: dict[str, object] = {"address": host.address, "user": user, "port": 22, "keyPath": str(KEY)}
    if through:
        ssh["bastion"] = {"address": through.address, "user": user, "port": 22, "keyPath": str(KEY)}
    return {"role": host.role, "hostname": host.name, "privateAddress": host.address, "ssh": ssh}


def ssh_command(host: LabHost, *command: str, user: str = USER) -> tuple[str, ...]:
    """OpenSSH to a host, to be run within the namespace."""
    return ("ssh", "-F", str(KEY.parent / "config"), "-o", "BatchMode=yes", "-l", user, host.name, *command)
