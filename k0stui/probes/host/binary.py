"""The version of the k0s program on the disk: another one than runs means that a restart would be an upgrade.

Answer: `v1.32.1+k0s.0`. No root. Loading a 200 MB program takes half a second, so it is asked once a minute.
"""

from __future__ import annotations

from k0stui.model.k0s import Version
from k0stui.ports import Reply
from k0stui.probes.answer import reads, told
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.sh import question


@reads("k0s version")
def read(reply: Reply) -> Version:
    return Version.parse(told(reply, "k0s version"))


def probe(subject: Subject) -> HostProbe[Version]:
    return HostProbe("binary", question('"$1" version', subject.k0s), read, every=60)
