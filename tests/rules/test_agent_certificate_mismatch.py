"""Agents that refuse the server's certificate."""

from __future__ import annotations

from k0stui.model.cluster import LogSigns
from k0stui.model.finding import Severity
from k0stui.rules.agent_certificate_mismatch import RULE
from tests.builders import NOW, a_cluster, unknown
from tests.rules.judging import finding, is_silent, lacking

SIGNS = LogSigns(150, NOW, (("x509", 9),))


def test_quiet_logs() -> None:
    """No x509 in any agent's log."""
    assert is_silent(RULE, a_cluster())


def test_a_refused_certificate() -> None:
    """The agent writes x509 and lacks servers: critical, the dialled name in the remedy."""
    cluster = a_cluster().incident().open_known(*[(None, 0)] * 4).where("k0s-worker-2", agent_signs=SIGNS)
    found = finding(RULE, cluster)

    assert (found.severity, found.subjects) == (Severity.CRITICAL, ("k0s-worker-2",))
    assert "add 10.10.10.41 to spec.api.sans" in found.remedy


def test_old_lines_of_a_whole_agent() -> None:
    """3 of 3 now: what it wrote once is over."""
    assert is_silent(RULE, a_cluster().where("k0s-worker-2", agent_signs=SIGNS))


def test_an_agent_that_does_not_say_how_many_servers_it_knows() -> None:
    """Before k0s 1.32 its connections are compared with the controllers that live: 3 of 3 is whole, 2 of 3 is not."""
    writes = a_cluster().where("k0s-worker-2", agent_signs=SIGNS)

    assert is_silent(RULE, writes.open_known(*[(3, None)] * 4))
    assert finding(RULE, writes.open_known(*[(2, None)] * 4)).subjects == ("k0s-worker-2",)
    assert finding(RULE, writes.open_known(*[(None, None)] * 4)).subjects == ("k0s-worker-2",)


def test_unread_logs_are_unknown() -> None:
    """No agent's log could be read."""
    assert "agents' logs" in lacking(RULE, a_cluster().workers_with(agent_signs=unknown()))
