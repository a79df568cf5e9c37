"""A million journal lines of a k0s controller under flood: seven shapes, half of them "No agent available"."""

from __future__ import annotations

import random
from collections.abc import Iterator

# fmt: off
# ruff: noqa: E501
SHAPES = (
    (50, 'E{klog}  230631 server.go:528] \\"Failed to get a backend\\" err=\\"No agent available\\" dialID={n}', "konnectivity"),
    (14, 'E{klog}   22905 controller.go:146] \\"Unhandled Error\\" err=<', "kube-apiserver"),
    (14, "\\tError updating APIService \\\"v1beta1.metrics.k8s.io\\\" with err: ResponseCode: 503, Body: {n}", "kube-apiserver"),
    (8, "W{klog}   22905 handler_proxy.go:99] no RequestInfo found in the context {n}", "kube-apiserver"),
    (7, 'I{klog}     183 reconciler_common.go:251] \\"MountVolume started\\" pod=\\"kube-system/p-{n}\\" volume=\\"v\\"', "kubelet"),
    (5, '{{\\"level\\":\\"warn\\",\\"ts\\":\\"2025-02-04T03:14:07Z\\",\\"caller\\":\\"etcdserver/util.go:170\\",\\"msg\\":'
        '\\"apply request took too long\\",\\"took\\":\\"{ms}ms\\",\\"request\\":\\"key {n}\\"}}', "etcd"),
    (2, 'time=\\"2025-02-04T03:14:07Z\\" level=info msg=\\"cleaning up dead shim\\" id={n} namespace=k8s.io', "containerd"),
)
# fmt: on

START = 1_738_638_847


def lines(count: int, rate: int = 1_900, seed: int = 7) -> Iterator[str]:
    """As `journalctl -o short-unix` prints them, `rate` a second."""
    chance = random.Random(seed)
    bag = [shape for weight, *shape in SHAPES for _ in range(weight)]
    for number in range(count):
        text, component = chance.choice(bag)
        second, micros = divmod(number * 1_000_000 // rate, 1_000_000)
        at = START + second
        clock = f"{at // 3600 % 24:02d}:{at // 60 % 60:02d}:{at % 60:02d}"
        klog = f"0204 {clock}.{micros:06d}"
        message = text.format(klog=klog, n=chance.getrandbits(62), ms=chance.randint(100, 4_000))
        head = f'time="2025-02-04 {clock}" level=info msg="'
        yield f'{at}.{micros:06d} k0s-master-2 k0s[812]: {head}{message}" component={component} stream=stderr'


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Whole lines, about so many bytes at a time."""
    at = 0
    while at < len(data):
        end = data.find(b"\n", at + size) + 1 or len(data)
        yield data[at : end - 1]
        at = end


def corpus(count: int) -> bytes:
    return ("\n".join(lines(count)) + "\n").encode()
