"""The eight machines of the lab: names, addresses, roles; the ones of the incident and a bastion."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5


@dataclass(frozen=True, slots=True)
class LabHost:
    """One machine of the lab."""

    name: str
    address: str
    role: str
    """`controller`, `worker` or `bastion`; the first two as k0sctl writes them."""

    @property
    def machine_id(self) -> str:
        """The same at every `up`, so that a plan made before still means this host."""
        return md5(f"k0stui lab {self.name}".encode(), usedforsecurity=False).hexdigest()

    @property
    def link(self) -> str:
        """The outer end of its cable, a port of the lab's bridge (systemd-nspawn names it so)."""
        return f"vb-{self.name}"


CONTROLLERS = tuple(LabHost(f"k0s-master-{n}", f"10.10.10.{40 + n}", "controller") for n in (1, 2, 3))
WORKERS = tuple(LabHost(f"k0s-worker-{n}", f"10.10.10.{50 + n}", "worker") for n in (1, 2, 3, 4))
BASTION = LabHost("bastion", "10.10.10.10", "bastion")
HOSTS = (*CONTROLLERS, *WORKERS, BASTION)
OUTSIDE = "10.10.10.1"
"""The bridge itself: where clients in the lab's namespace come from."""


def host(name: str) -> LabHost:
    """The host of that name; `master-2`, `worker-1` and `m2`, `w1` are understood as well."""
    short = {**{f"m{n}": f"k0s-master-{n}" for n in (1, 2, 3)}, **{f"w{n}": f"k0s-worker-{n}" for n in (1, 2, 3, 4)}}
    wanted = short.get(name, name)
    for each in HOSTS:
        if wanted in (each.name, each.name.removeprefix("k0s-")):
            return each
    raise SystemExit(f"{name}: no such host; there are {', '.join(each.name for each in HOSTS)}")
