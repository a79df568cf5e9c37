"""Which images lie on this worker: without the balancer's image a restarted worker never comes back.

Answer: one name per line (`ctr images ls -q`); the table form is read too. Root. Loading the program takes a second.
"""

from __future__ import annotations

from k0stui.ports import Reply
from k0stui.probes.answer import reads, told
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.sh import question


@reads("k0s ctr images ls")
def read(reply: Reply) -> tuple[str, ...]:
    lines = told(reply, "k0s ctr images ls").splitlines()
    names = (line.split()[0] for line in lines if line.strip() and not line.startswith("REF "))
    return tuple(sorted(set(names)))


def probe(subject: Subject) -> HostProbe[tuple[str, ...]]:
    command = question('"$1" ctr -n k8s.io images ls -q', subject.k0s, sudo=True, timeout=20)
    return HostProbe("images", command, read, every=60)
