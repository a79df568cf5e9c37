"""Readers are total: whatever a host or an API server sends, the answer is a value or `ProbeFailed`."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k0stui.errors import ProbeFailed
from k0stui.ports import Reply
from tests.probes.golden import ASKED, cases, load
from tests.probes.test_golden import API, HOST

MAPPINGS = "a: &a {x: 1, y: 1, z: 1}\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} {{{', '.join(f'{n}: *{chr(97 + i)}' for n in 'qrstuvw')}}}\n" for i in range(12)
)
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12)
)
"""Aliases that unfold to 9^13 values."""

EXIT_STATUS = st.sampled_from((0, 1, 7, 22, 28, 35, 58, 124, 126, 127, 255))

KEYS = (
    st.text(max_size=3)
    | st.sampled_from(
        ("spec", "network", "api", "items", "kind", "metadata", "name", "status", "members", "ID", "peerURLs", "health")
    )
    | st.sampled_from(
        ("resources", "nodeLocalLoadBalancing", "images", "konnectivity", "ClusterConfig", "Version", "healthProbes")
    )
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def texts(kind: str, name: str, key: str) -> st.SearchStrategy[str]:
    """Noise, JSON of any shape, and golden answers torn, doubled or with one piece replaced."""
    golden = [load(case).get(key, "") for case in cases(kind) if case.parent.name == name]
    torn = st.builds(_torn, st.sampled_from(golden), st.integers(0, 4000), st.integers(0, 40), st.text(max_size=6))
    return st.text(max_size=60) | JSON.map(json.dumps) | torn


def _torn(text: str, start: int, length: int, other: str) -> str:
    start = start % (len(text) + 1)
    return text[:start] + other + text[start + length :]


@pytest.mark.parametrize("name", sorted(HOST))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_host_reader_is_total(name: str, data: st.DataObject) -> None:
    """A host can send anything: its reader returns or raises `ProbeFailed`, and nothing else."""
    reply = Reply(
        data.draw(EXIT_STATUS),
        data.draw(st.binary(max_size=20) | texts("host", name, "stdout").map(encoded)),
        data.draw(st.text(max_size=30).map(encoded)),
        ASKED,
        ASKED + timedelta(seconds=1),
        data.draw(st.booleans()),
    )
    with contextlib.suppress(ProbeFailed):
        HOST[name].read(reply)


@pytest.mark.parametrize("name", sorted(API))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_api_reader_is_total(name: str, data: st.DataObject) -> None:
    """An API server, or whatever stands in its place, can send anything: likewise."""
    body = data.draw(st.binary(max_size=20) | texts("api", name, "body").map(encoded))
    with contextlib.suppress(ProbeFailed):
        API[name].read(body)


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"spec":' * 100_000, "- " * 5_000])
def test_deeply_nested_answer_is_a_failed_probe(deep: str) -> None:
    """An answer nested beyond any stack is said to be not understood, instead of ending the program."""
    readers: list[Any] = [probe.read for name, probe in HOST.items() if name in ("status", "components", "upstreams")]
    for read in readers:
        with pytest.raises(ProbeFailed):
            read(Reply(0, deep.encode(), b"", ASKED, ASKED))
    with pytest.raises(ProbeFailed):
        API["cluster_config"].read(deep.encode())


@pytest.mark.parametrize("place", ["spec: {workerProfiles: *m}", "spec: {api: {address: *m}}", "spec: *m"])
def test_aliases_that_unfold_without_end_are_a_failed_probe(place: str) -> None:
    """A configuration of a few hundred bytes that unfolds to more than memory holds is refused at once."""
    for bomb in (BOMB, MAPPINGS):
        content = f"{bomb}{place}\n".encode()
        head = f"600 root:root 1 1795354229 {len(content)} regular file\n@@ content\n".encode()
        with pytest.raises(ProbeFailed):
            HOST["config_file"].read(Reply(0, head + content, b"", ASKED, ASKED))
