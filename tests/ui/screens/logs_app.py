"""The program with some log lines in it, for tests of the log pane."""

from __future__ import annotations

from collections.abc import Sequence

from textual.pilot import Pilot

from k0stui.logs.board import Board, Feed, Phase, Stream
from k0stui.logs.store import LogStore
from k0stui.model.host import HostName
from k0stui.ui.app import K0stuiApp
from k0stui.ui.screens.logs import LogPane
from k0stui.ui.theme import load
from tests.logs.lines import START, klog, log_of, no_agent, own, records
from tests.looks import demo_look
from tests.ui.outside import FakeOutside

SECOND = 1_000_000


def feed_of(*lines: tuple[str, str], step: int = SECOND) -> Feed:
    """A feed with these lines (host, text), a second apart, the last one at the moment of the look."""
    feed = Feed(LogStore(), Board())
    say(feed, *lines, start=START - step * (len(lines) - 1), step=step)
    return feed


def say(feed: Feed, *lines: tuple[str, str], start: int = START + SECOND, step: int = SECOND) -> None:
    for at, (host, text) in enumerate(lines):
        feed.store.append(log_of(feed.store, host), records(text, start=start + at * step))
        feed.board.streams.setdefault(HostName(host), Stream()).phase = Phase.FOLLOWING


def app_with(feed: Feed | None, scenario: str = "incident", theme: str = "ansi-dark") -> K0stuiApp:
    outside = FakeOutside(demo_look(scenario))
    outside.logs = feed
    return K0stuiApp(load(theme), outside)


def text(app: K0stuiApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def press(pilot: Pilot[None], *keys: str) -> str:
    """The screen after these keys, and after one turn of the pane."""
    assert isinstance(pilot.app, K0stuiApp)
    for key in keys:
        await pilot.press(key)
    await pilot.pause()
    if isinstance(pilot.app.pane, LogPane):
        pilot.app.pane._turn()
    await pilot.pause()
    return text(pilot.app)


async def opened(pilot: Pilot[None], keys: Sequence[str] = ("5",)) -> str:
    """The screen once the first look is there and these keys were pressed."""
    await pilot.pause()
    await pilot.pause()
    return await press(pilot, *keys)


VARIED = (
    ("k0s-master-1", klog('"apply request took too long" took="182ms"', "W", "etcd", "util.go:1")),
    ("k0s-master-2", no_agent(1)),
    ("k0s-worker-2", klog('"Failed to update node status, will retry"', "W", "kubelet", "node.go:2")),
    ("k0s-master-1", own("starting")),
    ("k0s-master-3", own("reconciled")),
)


def flood(seconds: int = 30) -> list[tuple[str, str]]:
    """Lines as the incident writes them, by far fewer of each: two servers without agents, and what else is said."""
    found: list[tuple[str, str]] = []
    for second in range(seconds):
        for host in ("k0s-master-2", "k0s-master-3"):
            found.append((host, no_agent(second)))
            found.append((host, klog(f'"Unhandled Error" err="{UNAVAILABLE}"', "E", "kube-apiserver", "remote.go:448")))
        if second % 7 == 3:
            found.append(VARIED[second % len(VARIED)])
    return found


UNAVAILABLE = "v1beta1.metrics.k8s.io failed with: No agent available"
