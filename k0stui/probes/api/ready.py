"""`/readyz` of this API server, asked with credentials: which of its checks fail.

`[+]etcd` speaks of the local member only (k0s#6526).
"""

from __future__ import annotations

import re

from k0stui.errors import ProbeFailed
from k0stui.model.cluster import LocalReady
from k0stui.probes.answer import reads
from k0stui.probes.probe import ApiProbe


@reads("/readyz")
def read(body: bytes) -> LocalReady:
    text = body.decode("utf-8", "replace")
    if not text.startswith(("[+]", "[-]", "ok")):
        raise ProbeFailed("/readyz gave an answer that k0stui does not understand")
    failed = tuple(re.findall(r"^\[-\](\S+)", text, re.MULTILINE))
    return LocalReady(500 if failed else 200, failed)


PROBE = ApiProbe("ready", "/readyz?verbose", read)
