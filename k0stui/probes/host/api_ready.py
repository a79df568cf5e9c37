"""Whether the API server of this very controller is ready, asked on the controller itself.

Answer: the verbose body and, on the last line, the HTTP status. With root the admin certificate is shown and the server
that admin.conf names is asked (it differs with `onlyBindToAddress`); else 401 says that it is up. 000: down.
"""

from __future__ import annotations

import re

from k0stui.model.cluster import LocalReady
from k0stui.ports import Reply
from k0stui.probes.answer import heard, reads, with_status
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.sh import AS_ROOT, question

TEXT = (
    AS_ROOT
    + """
p=$1/pki
if $S test -r "$p/admin.key" 2>/dev/null; then
  u=$($S sed -n 's/^ *server: *//p' "$p/admin.conf" | head -n 1)
  $S curl -s --max-time 5 --cacert "$p/ca.crt" --cert "$p/admin.crt" --key "$p/admin.key" \\
    -w '\\n%{http_code}\\n' "${u:-https://localhost:$2}/readyz?verbose"
else
  curl -sk --max-time 5 -w '\\n%{http_code}\\n' "https://localhost:$2/readyz?verbose"
fi
"""
)


@reads("the local API server's readyz")
def read(reply: Reply) -> LocalReady:
    body, status = with_status(heard(reply, "the local API server's readyz"))
    return LocalReady(status, tuple(re.findall(r"^\[-\](\S+)", body, re.MULTILINE)))


def probe(subject: Subject) -> HostProbe[LocalReady]:
    return HostProbe("api_ready", question(TEXT, subject.data_dir, subject.api_port), read)
