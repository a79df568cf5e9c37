"""The k0s unit: fails, hangs in stop, flaps, disabled, changed on disk, with a job queued, an orphan beside it."""

from __future__ import annotations

from tests.lab import boot
from tests.lab.faults.fault import Fault
from tests.lab.hosts import LabHost


def _unit(host: LabHost) -> str:
    return "k0scontroller" if host.role == "controller" else "k0sworker"


def _drop_in(host: LabHost, text: str) -> None:
    """By /run, so that a power-off takes it away as well."""
    where = f"/run/systemd/system/{_unit(host)}.service.d"
    script = f"mkdir -p {where}; cat >{where}/lab.conf; systemctl daemon-reload"
    boot.run(host, "sh", "-ec", script, stdin=f"[Service]\n{text}\n")


def no_drop_in(host: LabHost) -> None:
    script = f"rm -f /run/systemd/system/{_unit(host)}.service.d/lab.conf; systemctl daemon-reload"
    boot.run(host, "sh", "-ec", script)


def fails(host: LabHost) -> None:
    _drop_in(host, "ExecStartPre=/bin/false")


def hangs(host: LabHost) -> None:
    _drop_in(host, "ExecStop=/bin/sleep infinity\nTimeoutStopSec=20")


def flaps(host: LabHost) -> None:
    _drop_in(host, "RuntimeMaxSec=8\nRestartSec=1")
    boot.run(host, "systemctl", "--no-block", "restart", _unit(host))


def disable(host: LabHost) -> None:
    boot.run(host, "systemctl", "--quiet", "disable", _unit(host))


def enable(host: LabHost) -> None:
    boot.run(host, "systemctl", "--quiet", "enable", _unit(host))


def edit(host: LabHost) -> None:
    boot.run(host, "sh", "-ec", f"sleep 0.01; echo '# edited' >>/etc/systemd/system/{_unit(host)}.service")


def unedit(host: LabHost) -> None:
    boot.run(
        host, "sh", "-ec", f"sed -i '/^# edited$/d' /etc/systemd/system/{_unit(host)}.service; systemctl daemon-reload"
    )


def queue_job(host: LabHost) -> None:
    """A stop of a unit that will not stop holds back the restart that must come after it."""
    sleep = "/bin/sleep infinity"
    service = f"[Service]\nExecStart={sleep}\nExecStop={sleep}\nTimeoutStopSec=1h\n"
    text = f"[Unit]\nAfter={_unit(host)}.service\n{service}"
    script = "cat >/run/systemd/system/lab-blocks.service; systemctl daemon-reload; systemctl start lab-blocks"
    boot.run(host, "sh", "-ec", script, stdin=text)
    boot.run(host, "sh", "-ec", f"systemctl --no-block stop lab-blocks; systemctl --no-block restart {_unit(host)}")


def unqueue_job(host: LabHost) -> None:
    jobs = f"systemctl list-jobs --no-legend {_unit(host)}.service | cut -d' ' -f1"
    script = f"for id in $({jobs}); do systemctl cancel $id; done"
    boot.run(
        host, "sh", "-c", f"{script}; systemctl kill -s KILL lab-blocks; rm -f /run/systemd/system/lab-blocks.service"
    )


def stop(host: LabHost) -> None:
    boot.run(host, "systemctl", "stop", _unit(host))


def start(host: LabHost) -> None:
    boot.run(host, "systemctl", "start", _unit(host))


FAULTS = (
    Fault("unit-stopped", "", "systemctl stop of k0s", stop, start),
    Fault("unit-fails", "", "the next start fails, and every one after it", fails, no_drop_in),
    Fault("unit-hangs", "", "the next stop hangs until systemd kills, after 20 s", hangs, no_drop_in),
    Fault("unit-flaps", "", "ends every 8 s and starts again", flaps, no_drop_in),
    Fault("unit-disabled", "", "does not start at boot", disable, enable),
    Fault("unit-edited", "", "the unit file is newer than systemd's: daemon-reload pending", edit, unedit),
    Fault("job-queued", "", "somebody else's restart waits in PID 1's queue", queue_job, unqueue_job),
)
