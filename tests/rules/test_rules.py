"""The list of rules, and how they judge together."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

import k0stui.rules
from k0stui.errors import NotObserved
from k0stui.model.cluster import ClusterSnapshot, HostObservation
from k0stui.model.finding import Finding, Severity
from k0stui.rules import RULES
from k0stui.rules.rule import ClusterRule, HostRule, diagnose
from tests.builders import Cluster, a_cluster, unknown
from tests.rules.judging import judged

FOLDER = Path(k0stui.rules.__file__).parent
NO_RULES = {"__init__", "rule", "pages"}
WHOLE = [a_cluster(), a_cluster(1, 1), a_cluster(5, 100), a_cluster(version="1.36.3")]


def says(rule: str, severity: Severity = Severity.WARNING, because: tuple[str, ...] = ()) -> ClusterRule:
    return ClusterRule(rule, lambda snapshot: [Finding(rule, severity, rule, because=because)])


def test_each_file_is_in_the_list_under_its_own_name() -> None:
    """A rule's file, its id and its place in RULES belong together; none is forgotten."""
    files = {path.stem for path in FOLDER.glob("*.py")} - NO_RULES

    assert {import_module(f"k0stui.rules.{name}").RULE for name in files} == set(RULES)
    assert {rule.id.replace("-", "_") for rule in RULES} == files
    assert len(RULES) == len(files) == 37


def test_each_rule_has_a_test_file() -> None:
    """Every rule is tested by itself."""
    assert {f"test_{rule.id.replace('-', '_')}.py" for rule in RULES} <= {
        p.name for p in Path(__file__).parent.iterdir()
    }


@pytest.mark.parametrize("cluster", WHOLE, ids=repr)
def test_a_healthy_cluster_has_no_finding(cluster: Cluster) -> None:
    """Small, large, old, new: nothing found, and nothing left unjudged."""
    diagnosis = judged(cluster.steady())

    assert (diagnosis.findings, diagnosis.inconclusive, diagnosis.rules) == ((), (), 37)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_silence_is_never_health_and_never_an_alarm(rule: HostRule | ClusterRule) -> None:
    """Hosts that nobody could ask: no rule crashes, and none but host-unreachable finds anything."""
    silent = a_cluster()
    for host in silent.hosts:
        silent = silent.unreachable(host.name)
    diagnosis = diagnose(silent, (rule,))

    assert not [entry for entry in diagnosis.inconclusive if "the rule itself failed" in entry.why]
    assert bool(diagnosis.findings) is (rule.id == "host-unreachable")
    assert diagnosis.findings or diagnosis.inconclusive or rule.id in ("balancer-not-possible", "not-permitted")


@pytest.mark.parametrize("host", ["k0s-master-1", "k0s-worker-1"])
@pytest.mark.parametrize("sick", ["incident", "exposed", "held"])
def test_losing_any_fact_never_adds_a_cause(host: str, sick: str) -> None:
    """Whatever single answer is missing, no new root cause appears, and no rule crashes."""
    cluster = getattr(a_cluster(), sick)().steady()
    causes = {found.rule for found in judged(cluster).causes}
    consequences = {found.rule for found in judged(cluster).findings}
    for fact in HostObservation.__dataclass_fields__:
        if fact in ("name", "address", "role", "discovered", "connection"):
            continue
        diagnosis = judged(cluster.where(host, **{fact: unknown()}))

        assert {found.rule for found in diagnosis.causes} <= causes | consequences, fact
        assert not [entry for entry in diagnosis.inconclusive if "the rule itself failed" in entry.why], fact


def test_a_rule_that_lacks_a_fact_harms_no_other() -> None:
    """One is inconclusive, and says what was missing; the other finds."""

    def lacks(snapshot: ClusterSnapshot) -> list[Finding]:
        raise NotObserved("the moon")

    diagnosis = diagnose(a_cluster(), (ClusterRule("lacks", lacks), says("finds")))

    assert [found.rule for found in diagnosis.findings] == ["finds"]
    assert [(entry.rule, entry.why) for entry in diagnosis.inconclusive] == [("lacks", "the moon")]


def test_a_rule_that_crashes_is_inconclusive() -> None:
    """A bug in one rule is said, and hides nothing."""

    def crashes(host: HostObservation, snapshot: ClusterSnapshot) -> list[Finding]:
        raise KeyError(host.name)

    diagnosis = diagnose(a_cluster(1, 1), (HostRule("crashes", crashes), says("finds")))

    assert [found.rule for found in diagnosis.findings] == ["finds"]
    assert [entry.why.partition(": ")[0] for entry in diagnosis.inconclusive] == ["k0s-master-1", "k0s-worker-1"]


def test_worst_first_then_as_listed() -> None:
    """Severity leads; equal ones stand as the rules do."""
    rules = (says("c", Severity.INFO), says("b"), says("a"), says("d", Severity.CRITICAL))

    assert [found.rule for found in diagnose(a_cluster(), rules).findings] == ["d", "b", "a", "c"]


def test_a_consequence_belongs_to_the_last_cause() -> None:
    """A full disk follows from a flood, which follows from the outage: it is shown under the outage."""
    rules = (says("outage"), says("flood", because=("outage",)), says("disk", because=("flood",)))
    diagnosis = diagnose(a_cluster(), rules)

    assert [found.rule for found in diagnosis.causes] == ["outage"]
    assert [found.rule for found in diagnosis.consequences("outage")] == ["flood", "disk"]


def test_causes_that_blame_each_other_both_stand() -> None:
    """A circle of blame hides nothing."""
    diagnosis = diagnose(a_cluster(), (says("one", because=("other",)), says("other", because=("one",))))

    assert len(diagnosis.causes) == 2


def test_an_absent_cause_explains_nothing() -> None:
    """What was not found cannot be the reason."""
    assert diagnose(a_cluster(), (says("flood", because=("outage",)),)).causes


def test_no_subject_is_foreign() -> None:
    """What a finding is about is a host or node of this cluster."""
    known = {host.name for host in a_cluster().hosts}
    for cluster in (
        a_cluster().incident(),
        a_cluster().exposed(),
        a_cluster().held(),
        a_cluster().unreachable("k0s-master-2"),
    ):
        for found in judged(replace(cluster, earlier=None)).findings:
            assert set(found.subjects) <= known
            assert found.subjects == tuple(sorted(found.subjects))


def test_where_nobody_could_ask_that_is_the_reason() -> None:
    """A host that SSH does not reach is one reason for all rules, not a list of missing facts."""
    diagnosis = judged(a_cluster().unreachable("k0s-worker-1", "k0s-worker-1: connection timed out"))

    assert {entry.why for entry in diagnosis.inconclusive} == {"k0s-worker-1: connection timed out"}
