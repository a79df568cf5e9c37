"""Readers against golden answers of real hosts and API servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k0stui import errors
from k0stui.model.host import Role
from k0stui.probes.catalogue import api_probes, host_probes
from k0stui.probes.probe import ApiProbe, HostProbe, Subject
from tests.probes.golden import cases, differences, expected, load, plain, reply

SUBJECT = Subject(Role.CONTROLLER_WORKER, controllers=("10.10.10.41", "10.10.10.42", "10.10.10.43"))
HOST: dict[str, HostProbe[Any]] = {probe.name: probe for probe in host_probes(SUBJECT)}
API: dict[str, ApiProbe[Any]] = {probe.name: probe for probe in api_probes()}


def name(case: Path) -> str:
    return f"{case.parent.name}/{case.stem}"


def compare(case: dict[str, Any], probe: HostProbe[Any] | ApiProbe[Any], answer: Any) -> None:
    if "error" in case:
        with pytest.raises(getattr(errors, case.get("kind", "ProbeFailed"))) as raised:
            probe.read(answer)
        assert str(raised.value) == case["error"]
        assert type(raised.value).__name__ == case.get("kind", "ProbeFailed")
    else:
        assert not list(differences(expected(case), plain(probe.read(answer))))


def marked(case: Path) -> Any:
    """etcd's numbers need all 64 bits: row F44 of the fault matrix."""
    marks = pytest.mark.fault("F44") if case.parent.name.startswith("etcd_") else ()
    return pytest.param(case, marks=marks, id=name(case))


@pytest.mark.parametrize("case", [marked(case) for case in cases("host")])
def test_host_answer_is_read(case: Path) -> None:
    """What a host printed gives the value, or the error, that the golden file says."""
    said = load(case)
    compare(said, HOST[case.parent.name], reply(said))


@pytest.mark.parametrize("case", cases("api"), ids=name)
def test_api_answer_is_read(case: Path) -> None:
    """What an API server sent gives the value, or the error, that the golden file says."""
    said = load(case)
    compare(said, API[case.parent.name], said["body"].encode())


@pytest.mark.parametrize(("kind", "probes"), [("host", HOST), ("api", API)])
def test_every_probe_has_golden_answers(kind: str, probes: dict[str, Any]) -> None:
    """No question is asked whose answer was never tried, and no folder is left of a question that is gone."""
    assert {case.parent.name for case in cases(kind)} == set(probes)
