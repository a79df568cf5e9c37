"""What this host was told at `up`, and which version of k0s it is to be."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

from k0stui.demo.release import V1_32_1, V1_36_3, Release

KNOBS = Path("/etc/k0s-standin.json")
PKI = Path("/var/lib/k0s/pki")
RUN = Path("/run/k0s")
NODE = socket.gethostname()


def knobs() -> dict:
    """/etc/k0s-standin.json, read anew each time: a test may change it while processes run."""
    return json.loads(KNOBS.read_text())


def version() -> Release:
    """Of the program on disk; a running process remembers what it was at its start.

    Two versions were seen whole; any other behaves as the one whose side of 1.35 it is on.
    """
    text = knobs()["version"]
    kubernetes = text.removeprefix("v").partition("+")[0]
    like = V1_32_1 if int(kubernetes.split(".")[1]) <= 34 else V1_36_3
    return replace(like, k0s=text, kubernetes=kubernetes)


def address() -> str:
    """This host's own address."""
    return Path("/etc/lab-address").read_text().strip()
