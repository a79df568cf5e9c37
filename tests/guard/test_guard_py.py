"""The guard's commands and its answer as values."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.connect import guard
from k0stui.errors import ProbeFailed
from k0stui.model.host import HostName
from k0stui.plans.world import RestartRequest, Verdict
from k0stui.ports import Reply
from tests.guard.conftest import EPOCH, OP, OWNER, Host, a_host

AT = datetime(2026, 1, 1, tzinfo=UTC)
CLAIM = guard.Claim(OP, int(EPOCH), OWNER)


def reply(text: str, exit_status: int = 0) -> Reply:
    return Reply(exit_status, text.encode(), b"", AT, AT)


def test_no_value_enters_the_text() -> None:
    """Whatever is asked, the script is the same constant; values are arguments or standard input."""
    request = RestartRequest(HostName("c1"), "s", 1, "k0scontroller.service", "m", "c", "b", "i", 30)
    for command in (
        guard.restart(CLAIM, request),
        guard.note(CLAIM, "$(x)"),
        guard.lock("-", "1 a b"),
        guard.beat(CLAIM),
    ):
        lines = str(len(guard.GUARD.splitlines()))
        assert command.argv[:6] == ("sh", "-c", guard.LOADER, "guard", lines, guard.GUARD_SHA256)
        assert command.stdin.startswith(guard.GUARD.encode())
        assert command.sudo
    assert "eval" not in guard.GUARD.replace("evaluated", "") + guard.LOADER


def test_sudo_sees_a_short_line() -> None:
    """The guard's text is on standard input: sudo's command line, and its log, stay below two kilobytes."""
    request = RestartRequest(HostName("c1"), "s", 1, "k0scontroller.service", "m" * 32, "c" * 64, "b", "i", 30)
    assert len(guard.restart(CLAIM, request).line()) < 2048


def test_payload_begins_where_the_text_ends(tmp_path: object) -> None:
    """The loader leaves to the guard every byte behind its text, and no byte more."""
    host: Host = a_host(tmp_path)  # type: ignore[arg-type]
    assert host.loaded("lock", "-", payload=f"{EPOCH} {OP} {OWNER}\n".encode())["exit"] == "0"
    lines = b"".join(b'{"number":%d}\n' % number for number in range(900))
    assert host.loaded("note", OP, EPOCH, OWNER, payload=lines)["exit"] == "0"
    assert "\n".join(host.record) + "\n" == lines.decode()


@pytest.mark.parametrize("spoil", [lambda text: text[:-40], lambda text: text.replace(b"answer 12", b"answer 00", 1)])
def test_text_that_was_changed_on_the_way_is_not_run(tmp_path: object, spoil: Callable[[bytes], bytes]) -> None:
    """Cut short or altered, it fails its checksum: exit 64 and no answer, which reads as *unknown*."""
    host: Host = a_host(tmp_path)  # type: ignore[arg-type]
    sent = guard.call(host.text(), ("lock", "-"), f"{EPOCH} {OP} {OWNER}\n".encode())
    done = subprocess.run(sent.argv, input=spoil(sent.stdin), capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (64, b"")
    assert not (host.root / "var/lib/k0stui/lock").exists()


def test_request_reaches_the_script_in_its_order(tmp_path: object) -> None:
    """The arguments that Python sends are those that the script reads: one real restart through both."""
    host = a_host(tmp_path)  # type: ignore[arg-type]
    host.lock()
    host.stage()
    given = host.arguments
    request = RestartRequest(
        HostName("c1"), given["step"], 1, given["unit"], given["machine"], given["ca"], given["boot"], given["pre"],
        int(given["deadline"]), given["data"], given["config"], given["before"], given["after"], 3, 2, given["state"],
    )  # fmt: skip
    assert guard.restart_words(request) == tuple(given.values())
    said = host.run(*guard.words_of(guard.restart(CLAIM, request)))
    assert said["exit"] == "0"


def test_answer_becomes_a_value(tmp_path: object) -> None:
    """What the script prints is what the reader understands, key by key."""
    host: Host = a_host(tmp_path)  # type: ignore[arg-type]
    host.lock()
    host.ours("beat")
    said = host.run("status", OP, "k0scontroller.service", "/etc/k0s/k0s.yaml")
    line = " ".join(f"{key}={value}" for key, value in said.items() if key not in ("exit", "stderr"))
    answer = guard.read(reply(line))

    assert (answer.verdict, answer.epoch, answer.op, answer.owner) == (Verdict.ACCEPTED, 3, OP, OWNER)
    assert (answer.boot_id, answer.uptime, answer.invocation_id, answer.job) == ("boot-1", 1000, "aaa", "")
    assert (answer.beat_age, answer.records) == (0, 0)
    assert all(getattr(answer, field.name) is not None for field in fields(answer))


def test_unreadable_lock_has_no_epoch() -> None:
    """None, not zero: an unreadable lock must not look free."""
    assert guard.read(reply("code=0 why=status epoch=unreadable op=unreadable\n")).epoch is None


@pytest.mark.parametrize(("text", "status"), [("", 0), ("code=0 why=x", 137), ("banner\n", 10), ("code=12", 0)])
def test_no_answer_line_is_not_an_answer(text: str, status: int) -> None:
    """Killed, cut off or noise: the outcome is unknown, never success."""
    with pytest.raises(ProbeFailed):
        guard.read(reply(text, status))


@given(st.text(), st.integers(0, 255))
def test_reader_is_total(text: str, status: int) -> None:
    """Any noise gives an answer or `ProbeFailed`."""
    with suppress(ProbeFailed):
        guard.read(reply(text, status))


def test_every_documented_exit_has_its_name() -> None:
    """Each code that the script can end with is a Verdict, and undocumented ones are UNKNOWN."""
    codes = {int(code) for code in re.findall(r"answer (\d+)", guard.GUARD)}
    assert codes == {int(verdict) for verdict in Verdict}
    assert all(Verdict.of(code) is Verdict.UNKNOWN for code in (1, 2, 124, 126, 127, 137, 255))
    assert not Verdict.UNKNOWN.is_refusal
