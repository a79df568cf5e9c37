"""To which cluster the host belongs: the checksum of its cluster CA, which controllers and workers both keep.

Answer: one line of `sha256sum`. No root: the certificate is world-readable, only keys are not.
"""

from __future__ import annotations

import re

from k0stui.errors import ProbeFailed
from k0stui.ports import Reply
from k0stui.probes.answer import reads, told
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.sh import question

TEXT = 'sha256sum "$1/pki/ca.crt"'


@reads("reading the cluster's CA")
def read(reply: Reply) -> str:
    match = re.match(r"[0-9a-f]{64}\b", told(reply, "reading the cluster's CA"))
    if match is None:
        raise ProbeFailed("sha256sum of the cluster's CA printed no checksum")
    return match[0]


def probe(subject: Subject) -> HostProbe[str]:
    return HostProbe("ca_sha256", question(TEXT, subject.data_dir), read, every=60)
