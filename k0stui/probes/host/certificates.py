"""Until when the certificates of k0s are valid: the cluster's on controllers, the kubelet's on workers.

Answer: per file `@@ PATH` and what openssl prints of it. k0s renews its own at a start only, the kubelet by itself.
"""

from __future__ import annotations

from datetime import UTC, datetime

from k0stui.errors import ProbeFailed
from k0stui.model.host import Certificate
from k0stui.ports import Reply
from k0stui.probes.answer import fields, reads, sections, told
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.sh import question

TEXT = """
command -v openssl >/dev/null || { echo 'openssl: not found' >&2; exit 127; }
for f in "$1"/pki/*.crt "$1"/pki/etcd/*.crt "$1"/kubelet/pki/kubelet-client-current.pem; do
  [ -e "$f" ] || continue
  echo "@@ $f"
  openssl x509 -noout -enddate -subject -in "$f"
done
exit 0
"""


@reads("reading certificates")
def read(reply: Reply) -> tuple[Certificate, ...]:
    parts = sections(told(reply, "reading certificates"))
    found = [_certificate(path, fields(text)) for path, text in parts.items() if path and text.strip()]
    if not found:
        raise ProbeFailed("no certificate of k0s was found")
    return tuple(found)


def _certificate(path: str, found: dict[str, str]) -> Certificate:
    ends = datetime.strptime(found["notAfter"], "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    return Certificate(path, ends, found.get("subject", ""))


def probe(subject: Subject) -> HostProbe[tuple[Certificate, ...]]:
    return HostProbe("certificates", question(TEXT, subject.data_dir, sudo=True), read, every=60)
