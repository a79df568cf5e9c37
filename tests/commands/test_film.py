"""The recorded repair (screenshots/nllb.cast): whole, harmless to a terminal, and of the plan as it is today."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from k0stui.commands.acting import Drafted
from tests.commands.carried import Field, on

FLOW = Path(__file__).parents[2] / "screenshots/flow.py"


@pytest.fixture(scope="module")
def flow() -> ModuleType:
    """The script that records and plays it."""
    spec = importlib.util.spec_from_file_location("k0stui_flow", FLOW)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["k0stui_flow"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def film(flow: ModuleType) -> str:
    """All that stands on the screen, one after the other."""
    return "".join(text for _, text in flow.played(flow.CAST.read_text("utf-8"))).replace("\r\n", "\n")


def test_film_is_an_asciicast(flow: ModuleType) -> None:
    """Version 2, times that only grow, and no wait above a second when it is played."""
    head, *rows = map(json.loads, flow.CAST.read_text("utf-8").splitlines())
    assert (head["version"], head["width"]) == (2, flow.WIDTH)
    times = [at for at, _, _ in rows]
    assert times == sorted(times)
    assert all(0 <= wait <= 1 for wait, _ in flow.played(flow.CAST.read_text("utf-8")))


def test_film_tells_the_whole_story(film: str) -> None:
    """Incident, plan, the name typed out, every controller and worker, the proof, and no problem left."""
    places = [
        film.index(words)
        for words in (
            "$ k0stui check", "links 4/12", "$ k0stui plan nllb", "PREVIEW: nothing has been changed",
            "$ k0stui run nllb", "anything else is No: demo", "LOCKED", "HELD", "PROVEN", "done and proven",
            "$ k0stui verify", "links 12/12", "0 problems",
        )
    ]  # fmt: skip
    assert places == sorted(places)


def test_film_shows_the_plan_of_today(film: str) -> None:
    """Every step that the plan has now stands in it; where one is missing, run screenshots/flow.py."""

    async def planned(at: Field) -> Drafted:
        return await at.plan("nllb")

    found = on("incident", planned)
    assert isinstance(found, Drafted)
    shown = " ".join(film.split())
    assert [step.title for step in found.plan.steps if " ".join(step.title.split()) not in shown] == []
