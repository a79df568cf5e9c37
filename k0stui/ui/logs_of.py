"""`L` and `:logs`: the logs of what is under the cursor: a cell of the matrix, a finding, a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from k0stui.logs.presets import evidence, of_host, pair
from k0stui.logs.terms import Filter
from k0stui.ui.panes import Pane
from k0stui.ui.screens.evidence import EvidencePane
from k0stui.ui.screens.logs import LogPane
from k0stui.ui.widgets.verdict import Verdict

if TYPE_CHECKING:
    from k0stui.ui.app import K0stuiApp


async def open_logs(app: K0stuiApp, text: str = "") -> None:
    """The log pane; with a filter, or the name of a preset. `finding` is the evidence of the finding shown."""
    wanted = finding(app).text if text.strip() == "finding" else text
    await app.go("logs")
    if wanted and isinstance(app.pane, LogPane):
        app.pane.set_filter(wanted)


async def logs_of(app: K0stuiApp) -> None:
    """The logs of what is under the cursor, over the pane in sight; `q` comes back."""
    await app.open_pane(LogPane(subject_filter(app, app.pane).text))


def subject_filter(app: K0stuiApp, pane: Pane) -> Filter:
    """The filter for what is under the cursor."""
    agent, controller = getattr(pane, "pair", ("", ""))
    if agent and controller:
        return pair(agent, controller)
    if isinstance(pane, EvidencePane):
        return finding(app, pane.rule)
    if pane.subject:
        return of_host(pane.subject)
    return finding(app) if pane.name_of == "overview" or isinstance(app.focused, Verdict) else Filter()


def finding(app: K0stuiApp, rule: str = "") -> Filter:
    """The evidence of a finding; without a name, of the one that the verdict tells."""
    told = app.told
    rule = rule or (told.rule if told else "")
    if not rule or app.look is None:
        return Filter()
    hosts = sorted(
        {
            str(proof.host)
            for one in app.look.diagnosis.findings
            if one.rule == rule
            for proof in one.evidence
            if proof.host
        }
    )
    return evidence(rule, tuple(hosts))
