"""Where this worker's balancer leads: the API servers in the file that k0s writes for Envoy or Traefik.

Answer: the file, or `@@ absent`: no balancer was ever started, or k0sworker is stopped (it takes its files away while
Envoy goes on). The folder /run/k0s/nllb alone proves nothing. Root: the folder is 0700.
Source: k0s pkg/component/worker/nllb/{envoy,traefik}.go; Traefik's file was never seen, its shape is Traefik's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k0stui.errors import ProbeFailed
from k0stui.model.nllb import Upstreams
from k0stui.ports import Reply
from k0stui.probes.answer import reads, told
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question
from k0stui.probes.yaml_text import load, scalar

COMMAND = question(
    """
d=/run/k0s/nllb
for f in "$d/envoy/cds.yaml" "$d/traefik/routing.yaml"; do
  [ -e "$f" ] && exec cat "$f"
done
echo '@@ absent'
""",
    sudo=True,
)


@reads("reading the balancer's file")
def read(reply: Reply) -> Upstreams:
    text = told(reply, "reading the balancer's file")
    if text.startswith("@@ absent"):
        return Upstreams((), ())
    parsed = load(text)
    found = dict(_envoy(parsed) if "resources" in parsed else _traefik(parsed))
    if not found:
        raise ProbeFailed("the balancer's file names no upstream that k0stui knows")
    return Upstreams(found.get("apiserver", ()), found.get("konnectivity", ()))


def _envoy(parsed: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for cluster in parsed["resources"]:
        groups = cluster["load_assignment"].get("endpoints") or ()
        sockets = [
            one["endpoint"]["address"]["socket_address"] for group in groups for one in group.get("lb_endpoints") or ()
        ]
        yield cluster["name"], tuple(f"{scalar(socket['address'])}:{int(socket['port_value'])}" for socket in sockets)


def _traefik(parsed: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, service in parsed["tcp"]["services"].items():
        servers = service["loadBalancer"].get("servers") or ()
        yield (
            ("konnectivity" if "konnectivity" in name else "apiserver"),
            tuple(scalar(one["address"]) for one in servers),
        )


PROBE = HostProbe("upstreams", COMMAND, read)
