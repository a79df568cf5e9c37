"""Filters that have a name: `:logs konn`."""

from __future__ import annotations

from k0stui.logs.filter import parse
from k0stui.logs.terms import Field, Filter

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


FINDINGS: dict[str, str] = {
    "agents-single-target": "comp:konnectivity,konnectivity-agent,nllb*",
    "log-flood-fills-disk": '"No agent available"',
    "metrics-api-unavailable": '"No agent available" comp:kube-apiserver,metrics',
    "node-unreachable-through-tunnel": "comp:konnectivity,konnectivity-agent,kube-apiserver level>=W",
    "agents-refused": "comp:konnectivity,konnectivity-agent",
    "agents-reconnecting": "comp:konnectivity,konnectivity-agent",
    "agents-falsely-connected": "comp:konnectivity,konnectivity-agent",
    "agent-certificate-mismatch": "comp:konnectivity,konnectivity-agent /x509|certificate|tls/i",
    "konnectivity-orphan": "comp:konnectivity",
    "etcd-quorum-lost": "comp:etcd level>=W",
    "etcd-no-margin": "comp:etcd level>=W",
    "api-server-down": "comp:kube-apiserver,etcd level>=W",
    "node-not-ready": "comp:kubelet,containerd level>=W",
    "balancer-missing": "comp:nllb*,kubelet level>=W",
    "leader-not-applying": "/leader lease|acquire|failed to renew lease|apply/",
    "k0s-crash-loop": "comp:systemd*,k0s level>=W",
}
"""By a rule's id: the lines that show what it says."""


def evidence(rule: str, hosts: tuple[str, ...]) -> Filter:
    """The lines that a finding rests on; of a rule without a filter of its own, its hosts' warnings and errors."""
    if rule in FINDINGS:
        return parse(FINDINGS[rule])
    where = Filter((Field("host", hosts),)) if hosts else Filter()
    return where.both(parse("level>=W"))


def pair(agent: str, controller: str) -> Filter:
    """Both ends of one cell of the matrix, of the last two minutes on."""
    return Filter((Field("host", (agent, controller)),)).both(
        parse("comp:konnectivity,konnectivity-agent,nllb* since:-2m")
    )


def of_host(name: str) -> Filter:
    """Everything that one host says."""
    return Filter((Field("host", (name,)),))
