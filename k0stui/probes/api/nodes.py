"""Nodes: ready or not, their addresses, cordons, architecture."""

from __future__ import annotations

from k0stui.model.kubernetes import Node
from k0stui.probes.answer import reads
from k0stui.probes.api.body import items
from k0stui.probes.probe import ApiProbe


@reads("the list of nodes")
def read(body: bytes) -> tuple[Node, ...]:
    return items(body, Node)


PROBE = ApiProbe("nodes", "/api/v1/nodes", read)
