"""Filters that have a name: `:logs konn`."""

from __future__ import annotations

from k0stui.logs.filter import parse
from k0stui.logs.terms import Filter

PRESETS: dict[str, str] = {
    "errors": "level>=E",
    "warnings": "level>=W",
    "konn": "comp:konnectivity,konnectivity-agent",
    "flood": 'comp:konnectivity "No agent available"',
    "hidden": 'level>=E -"No agent available"',
    "etcd": "comp:etcd level>=W",
    "slow": "comp:etcd /took too long|slow fdatasync|leader is overloaded/",
    "api": "comp:kube-apiserver level>=W",
    "nllb": "comp:nllb,nllb.*",
    "kubelet": "comp:kubelet level>=W",
    "leases": "/leader lease|acquire|failed to renew lease/ -comp:kubelet",
    "restarts": "comp:systemd",
}


def preset(name: str) -> Filter | None:
    """The filter of this name; None: there is none."""
    text = PRESETS.get(name)
    return None if text is None else parse(text)
