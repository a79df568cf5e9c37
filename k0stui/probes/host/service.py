"""The unit `k0scontroller` or `k0sworker` as the init system runs it: active is not ready.

Answer: one block of `key=value` lines per unit, in any order, separated by an empty line; the other unit's block says
`LoadState=not-found`. `systemctl show` exits 0 for both. No root. Source: k0s pkg/install/systemd_linux.go.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from k0stui.errors import ProbeFailed
from k0stui.model.service import K0sService
from k0stui.ports import Reply
from k0stui.probes.answer import fields, heard, reads
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question

PROPERTIES = (
    "Id,LoadState,ActiveState,SubState,UnitFileState,MainPID,InvocationID,ExecMainStartTimestamp,NRestarts,"
    "Result,ExecStart,Restart,KillMode,NeedDaemonReload,Job"
)

COMMAND = question(f"""
if command -v systemctl >/dev/null; then exec systemctl show k0scontroller k0sworker --property={PROPERTIES}; fi
for u in k0scontroller k0sworker; do
  [ -e "/etc/init.d/$u" ] || continue
  if rc-service "$u" status >/dev/null 2>&1; then a=active b=running; else a=inactive b=dead; fi
  printf '%s\\n' "Id=$u.service" LoadState=loaded "ActiveState=$a" "SubState=$b" KillMode= Restart=
  if rc-update show default | grep -q "$u"; then echo UnitFileState=enabled; else echo UnitFileState=disabled; fi
  echo "MainPID=$(cat "/run/$u.pid" 2>/dev/null)"
  echo
done
""")


@reads("the init system")
def read(reply: Reply) -> K0sService:
    blocks = [fields(block) for block in re.split(r"\n\s*\n", heard(reply, "the init system"))]
    loaded = [block for block in blocks if block.get("LoadState", "not-found") != "not-found"]
    if not loaded:
        raise ProbeFailed("neither k0scontroller nor k0sworker is installed here")
    # A host that was both once: the one that runs; else the controller, which k0s itself looks for first.
    return _service(min(loaded, key=lambda block: (block.get("ActiveState") != "active", block.get("Id", ""))))


def _service(block: dict[str, str]) -> K0sService:
    argv = re.search(r"argv\[\]=(.*?) ; ", block.get("ExecStart", ""))
    return K0sService(
        unit=block["Id"],
        load=block["LoadState"],
        active=block["ActiveState"],
        sub=block["SubState"],
        enabled=block.get("UnitFileState", ""),
        main_pid=int(block.get("MainPID") or 0),
        invocation_id=block.get("InvocationID", ""),
        restarts=int(block.get("NRestarts") or 0),
        started_at=_utc(block.get("ExecMainStartTimestamp", "")),
        result=block.get("Result", ""),
        command=tuple(argv[1].split()) if argv else (),
        kill_mode=block.get("KillMode", ""),
        restart=block.get("Restart", ""),
        needs_reload=block.get("NeedDaemonReload") == "yes",
        job=job if (job := block.get("Job", "")) != "0" else "",
    )


def _utc(stamp: str) -> datetime | None:
    """`Sun 2026-11-22 13:30:35 UTC`; another zone's abbreviation says nothing certain."""
    match = re.fullmatch(r"\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", stamp)
    return datetime.fromisoformat(match[1]).replace(tzinfo=UTC) if match else None


PROBE = HostProbe("service", COMMAND, read)
