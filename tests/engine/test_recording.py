"""Recordings: what was answered can be had again, without the cluster and without its secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k0stui.connect.replay import Replay
from k0stui.engine.recording import Recorder, RecordingApi, RecordingShell
from k0stui.errors import ApiRefused, NotPermitted, ProbeFailed, Unreachable, UsageError
from k0stui.inventory import Inventory, InventoryHost, Reach
from k0stui.model.host import HostName
from k0stui.ports import Command
from tests.fakes import FakeClock, FakeKubeApi, FakeShell, reply

HOST = InventoryHost(HostName("c1"), Reach("10.0.0.1"))
INVENTORY = Inventory("prod", (HOST,))
COMMAND = Command(("id",), sudo=True)


def unmasked(text: str) -> str:
    return text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stdout=st.binary(), stderr=st.binary(), status=st.integers(0, 255))
async def test_a_replayed_answer_is_the_recorded_one(tmp_path: Path, stdout: bytes, stderr: bytes, status: int) -> None:
    """Every byte of an answer, text or not, its status and its times come back as they were."""
    recorder = Recorder(tmp_path, INVENTORY, unmasked)
    answer = reply(stdout, stderr, status)
    await RecordingShell(FakeShell("c1", {COMMAND: answer}), recorder).run(COMMAND)
    recorder.close()

    assert await Replay(tmp_path).shell(HOST).run(COMMAND) == answer


@pytest.mark.parametrize("error", [Unreachable("gone"), NotPermitted("no sudo"), ProbeFailed("odd")])
async def test_a_replayed_failure_is_the_recorded_one(tmp_path: Path, error: Exception) -> None:
    """What could not be had then cannot be had now, for the same reason."""
    recorder = Recorder(tmp_path, INVENTORY, unmasked)
    with pytest.raises(type(error)):
        await RecordingShell(FakeShell("c1", {COMMAND: error}), recorder).run(COMMAND)
    recorder.close()

    with pytest.raises(type(error), match=str(error)):
        await Replay(tmp_path).shell(HOST).run(COMMAND)


async def test_api_answers_and_refusals_come_back(tmp_path: Path) -> None:
    """Bodies and HTTP refusals of API servers are played back with status and text."""
    recorder = Recorder(tmp_path, INVENTORY, unmasked)
    refusal = ApiRefused("503", 503, "No agent available")
    api = RecordingApi(FakeKubeApi("c1", {"/a": b"{}", "/b": refusal}), recorder, FakeClock())
    assert await api.get("/a") == b"{}"
    with pytest.raises(ApiRefused):
        await api.get("/b")
    recorder.close()

    replay = Replay(tmp_path)
    again = replay.api(HOST, replay.shell(HOST))
    assert await again.get("/a") == b"{}"
    with pytest.raises(ApiRefused) as refused:
        await again.get("/b")
    assert (refused.value.status, refused.value.body) == (503, "No agent available")


async def test_the_same_question_gets_the_next_answer(tmp_path: Path) -> None:
    """Two looks are played back as two looks; after the last one, the last answer stays."""
    recorder = Recorder(tmp_path, INVENTORY, unmasked)
    shell = FakeShell("c1")
    recording = RecordingShell(shell, recorder)
    for text in ("1", "2"):
        shell.answer(COMMAND, text)
        await recording.run(COMMAND)
    recorder.close()

    played = Replay(tmp_path).shell(HOST)
    assert [(await played.run(COMMAND)).text for _ in range(3)] == ["1", "2", "2"]


async def test_secrets_are_masked_before_they_are_written(tmp_path: Path) -> None:
    """What the mask takes out is in no file of the recording."""
    recorder = Recorder(tmp_path, INVENTORY, lambda text: text.replace("hunter2", "***"))
    await RecordingShell(FakeShell("c1", {COMMAND: "password=hunter2"}), recorder).run(COMMAND)
    recorder.close()

    assert all("hunter2" not in path.read_text() for path in tmp_path.iterdir())


async def test_nothing_can_be_changed_through_a_recording(tmp_path: Path) -> None:
    """Neither while recording nor in a replay is there a way to patch or delete."""
    recorder = Recorder(tmp_path, INVENTORY, unmasked)
    api = FakeKubeApi("c1")
    for verb in (RecordingApi(api, recorder, FakeClock()).patch("/x", b"", content_type="a/b"),):
        with pytest.raises(NotPermitted):
            await verb
    with pytest.raises(NotPermitted):
        await Replay(tmp_path).api(HOST, FakeShell("c1")).delete("/x")

    assert api.calls == []


@pytest.mark.parametrize("files", [{}, {"cluster.json": "{}"}, {"cluster.json": "[", "answers.jsonl": ""}])
def test_what_is_no_recording_is_refused(tmp_path: Path, files: dict[str, str]) -> None:
    """A folder that `record` did not make is refused in a sentence."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(UsageError, match="no recording"):
        Replay(tmp_path)
