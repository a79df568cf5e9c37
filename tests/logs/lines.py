"""Lines as k0s writes them, for tests that need many or particular ones."""

from __future__ import annotations

from k0stui.logs.record import Record, Records, gathered
from k0stui.logs.source_log import SourceLog
from k0stui.logs.store import LogStore
from k0stui.model.host import HostName
from k0stui.model.log import Source

START = 1_738_638_847_000_000
"""2025-02-04 03:14:07 UTC, in microseconds."""


def klog(message: str, level: str = "E", component: str = "konnectivity", location: str = "server.go:528") -> str:
    """A child's line as k0s passes it on."""
    quoted = message.replace('"', '\\"')
    head = f'time="2025-02-04 03:14:07" level=info msg="{level}0204 03:14:07.117021  230631 {location}] '
    return f'{head}{quoted}" component={component} stream=stderr'


def own(message: str, level: str = "info", component: str = "status") -> str:
    """A line of k0s itself."""
    return f'time="2025-02-04 03:14:07" level={level} msg="{message}" component={component}'


def no_agent(number: int = 1) -> str:
    """The line that floods."""
    return klog(f'"Failed to get a backend" err="No agent available" dialID={number}')


def unhandled(number: int = 1) -> list[str]:
    """One error in four records, of which only the first says whose they are."""
    child = "kube-apiserver"
    parts = (f"\\tError updating v{number}", "\\t, Header: none", ' > logger=\\"UnhandledError\\"')
    head = klog('"Unhandled Error" err=<', "E", child, "controller.go:146")
    return [head, *(f"{own(part, component=child)} stream=stderr" for part in parts)]


def records(*texts: str, start: int = START, step: int = 1_000) -> Records:
    """One record per text, `step` microseconds apart."""
    return gathered(Record(start + step * index, "k0s[812]", text) for index, text in enumerate(texts))


def log_of(store: LogStore, host: str = "c1", unit: str = "k0scontroller") -> SourceLog:
    return store.log(Source(HostName(host), unit))


def filled(*texts: str, host: str = "c1", start: int = START, step: int = 1_000) -> LogStore:
    """A store with one source."""
    store = LogStore()
    store.append(log_of(store, host), records(*texts, start=start, step=step))
    return store
