"""Which API server the kubelet that runs now talks to: behind a balancer it uses a kubeconfig of its own.

`/var/lib/k0s/kubelet.conf` keeps its first server for ever and proves nothing.
Answer: `kubeconfig=PATH` from the command line, `server=URL` from that file. Root for the second.
"""

from __future__ import annotations

from k0stui.errors import ProbeFailed
from k0stui.model.nllb import Kubelet
from k0stui.ports import Reply
from k0stui.probes.answer import fields, heard, reads
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import AS_ROOT, question

COMMAND = question(
    AS_ROOT
    + """
f=$(tr '\\0' '\\n' <"/proc/$(cat /run/k0s/kubelet.pid)/cmdline" | sed -n 's/^--kubeconfig=//p')
echo "kubeconfig=$f"
echo "server=$($S sed -n 's/^ *server: *//p' "$f" 2>/dev/null | head -n 1)"
"""
)


@reads("the kubelet's command line")
def read(reply: Reply) -> Kubelet:
    found = fields(heard(reply, "the kubelet's command line"))
    if not found.get("kubeconfig"):
        raise ProbeFailed("the kubelet does not run")
    return Kubelet(found["kubeconfig"], found.get("server", ""))


PROBE = HostProbe("kubelet", COMMAND, read)
