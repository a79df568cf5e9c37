"""Which machine this is: name, machine id, boot id, uptime, architecture, init system.

Answer: `key=value` lines. No root.
"""

from __future__ import annotations

from k0stui.errors import ProbeFailed
from k0stui.model.host import HostIdentity
from k0stui.ports import Reply
from k0stui.probes.answer import fields, heard, reads
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question

COMMAND = question("""
echo "hostname=$(uname -n)"
echo "machine_id=$(cat /etc/machine-id)"
echo "boot_id=$(cat /proc/sys/kernel/random/boot_id)"
echo "uptime=$(cut -d' ' -f1 /proc/uptime)"
echo "machine=$(uname -m)"
if [ -d /run/systemd/system ]; then echo init=systemd; elif [ -d /run/openrc ]; then echo init=openrc; fi
echo "cores=$(nproc)"
""")


@reads("asking who the host is")
def read(reply: Reply) -> HostIdentity:
    found = fields(heard(reply, "asking who the host is"))
    if not found.get("hostname"):
        raise ProbeFailed("the host does not say its name")
    return HostIdentity(
        hostname=found["hostname"],
        machine_id=found.get("machine_id", ""),
        boot_id=found.get("boot_id", ""),
        uptime=float(found["uptime"]),
        machine=found.get("machine", ""),
        init=found.get("init", ""),
        cores=int(found.get("cores") or 1),
    )


PROBE = HostProbe("identity", COMMAND, read)
