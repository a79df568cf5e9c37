"""Facts that any of several API servers may tell."""

from __future__ import annotations

from dataclasses import replace

from k0stui.model.observed import Unknown
from tests.builders import NOW, a_cluster


def test_why_nobody_told_names_each_host_once() -> None:
    """An answer that never came names its host already; one that was refused does not."""
    cluster = a_cluster()
    whys = ("k0s-master-1: connection refused", "403", "k0s-master-3: no answer")
    apis = tuple(replace(api, nodes=Unknown(why, NOW)) for api, why in zip(cluster.apis, whys, strict=True))
    found = replace(cluster, apis=apis).any_api(lambda api: api.nodes)
    assert isinstance(found, Unknown)
    assert found.why == "k0s-master-1: connection refused; k0s-master-2: 403; k0s-master-3: no answer"
