"""Where kube-proxy is told to find the API: the server in the kubeconfig of its ConfigMap.

Pods of k0s before 1.36.1 keep what they started with. Selected by name: the label differs by version.
"""

from __future__ import annotations

import re

from k0stui.errors import ProbeFailed
from k0stui.model.kubernetes import ConfigMap
from k0stui.probes.answer import reads
from k0stui.probes.api.body import one
from k0stui.probes.probe import ApiProbe


@reads("kube-proxy's ConfigMap")
def read(body: bytes) -> str:
    match = re.search(r"^\s*server:\s*(\S+)", one(body, ConfigMap).data.get("kubeconfig.conf", ""), re.MULTILINE)
    if match is None:
        raise ProbeFailed("kube-proxy's ConfigMap names no server")
    return match[1]


PROBE = ApiProbe("kube_proxy_server", "/api/v1/namespaces/kube-system/configmaps/kube-proxy", read)
