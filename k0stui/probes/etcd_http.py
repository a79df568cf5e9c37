"""How the local etcd member is asked: its own HTTP gateway with the certificates of k0s, on its own host.

Every member advertises 127.0.0.1 as its client URL, so `etcdctl --cluster` asks one member N times; hence no etcdctl.
Ids and numbers are strings of decimal digits here; etcdctl prints bare integers above 2^53, metrics write hex.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from k0stui.errors import ProbeFailed
from k0stui.ports import Command, Reply
from k0stui.probes.answer import failed, heard
from k0stui.probes.probe import Subject
from k0stui.probes.sh import question

ETCD = """
etcd() {
  curl -sS --max-time 3 --cacert "$D/pki/etcd/ca.crt" --cert "$D/pki/apiserver-etcd-client.crt" \\
    --key "$D/pki/apiserver-etcd-client.key" "$@"
}
D=$1
U=https://127.0.0.1:2379
"""


def ask_etcd(subject: Subject, text: str) -> Command:
    """`text` may call `etcd [options] "$U/path"`."""
    return question(ETCD + text, subject.data_dir, sudo=True)


def answered(reply: Reply, what: str) -> str:
    """stdout; raises `ProbeFailed` where etcd does not answer."""
    text = heard(reply, what)
    if reply.exit_status == 7:
        raise ProbeFailed("etcd does not answer on 127.0.0.1:2379: it does not run, or the storage is not etcd")
    if reply.exit_status == 28:
        raise ProbeFailed(f"{what}: no answer in 3 s")
    if reply.exit_status in (58, 77):
        raise ProbeFailed(f"{what}: the certificates of k0s' etcd are not here, so the storage is not etcd")
    if reply.exit_status:
        failed(reply, what)
    return text


def decoded(text: str, what: str) -> Mapping[str, Any]:
    """One JSON object; etcd's own error in one becomes `ProbeFailed`."""
    answer = msgspec.json.decode(text.encode())
    if not isinstance(answer, dict):
        raise ProbeFailed(f"{what}: the answer is no object")
    if isinstance(answer.get("error"), str):
        raise ProbeFailed(f"{what}: etcd says {answer['error']}")
    return answer
