"""Lines as k0s writes them: logrus text, also around every line of a child; klog for Kubernetes' parts."""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})


def quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def entry(message: str, component: str, level: str = "info", **fields: object) -> str:
    """One line of k0s' own."""
    more = "".join(f" {key}={quoted(str(value)) if ' ' in str(value) else value}" for key, value in fields.items())
    component_field = f" component={component}" if component else ""
    return f'time="{time.strftime("%Y-%m-%d %H:%M:%S")}" level={level} msg={quoted(message)}{component_field}{more}\n'


def say(message: str, component: str = "", level: str = "info", **fields: object) -> None:
    os.write(2, entry(message, component, level, **fields).encode())


def wrapped(lines: list[str], component: str) -> bytes:
    """Lines of a child, as k0s passes them on: all at level info, whatever their own says."""
    stamp = time.strftime("%Y-%m-%d %H:%M:%S")
    form = f'time="{stamp}" level=info msg="%s" component={component} stream=stderr\n'
    return "".join([form % line.translate(_ESCAPES) for line in lines]).encode()


def klog(level: str, place: str, text: str) -> str:
    """One line of a Kubernetes program, without its newline; `place` is file:line."""
    return f"{level}{datetime.now().astimezone():%m%d %H:%M:%S.%f} {os.getpid():7d} {place}] {text}"


def emit(level: str, place: str, text: str) -> None:
    sys.stderr.write(klog(level, place, text) + "\n")
    sys.stderr.flush()
