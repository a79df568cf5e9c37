"""The images of a worker: names in a file. The registry is a knob: `"registry": false` makes every pull fail."""

from __future__ import annotations

from pathlib import Path

from standin import objects
from standin.settings import knobs

from k0stui.demo.release import Release

LIST = Path("/var/lib/k0s/standin-images")


def names() -> list[str]:
    return LIST.read_text().split() if LIST.exists() else []


def pull(image: str) -> bool:
    """Whether the image is there afterwards."""
    if image in names():
        return True
    if not knobs().get("registry", True):
        return False
    LIST.parent.mkdir(parents=True, exist_ok=True)
    with LIST.open("a") as file:
        file.write(f"{image}\n")
    return True


def all_of(version: Release) -> list[str]:
    """As `k0s airgap list-images --all` prints them; of the many only those that anything here uses."""
    return [
        "quay.io/k0sproject/coredns:1.12.0",
        version.envoy_image,
        version.agent_image,
        objects.proxy_image(version),
        f"registry.k8s.io/metrics-server/metrics-server:{version.metrics_server}",
        f"registry.k8s.io/pause:{version.pause}",
    ]
