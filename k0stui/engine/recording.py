"""Recordings: every answer kept as it came, so that the same screens and findings can be had without the cluster.

A recording is a folder with `cluster.json` (the inventory) and `answers.jsonl`, one object per answer in the order of
arrival: `{kind, host, question, exit_status, stdout, stderr, asked, answered, cut, error}`. Bytes that are no UTF-8 are
kept as base64. Credentials never enter one: a kubeconfig goes another way, and secrets in answers are masked first.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from k0stui.errors import (
    ApiRefused,
    HostKeyRefused,
    K0stuiError,
    NotPermitted,
    ProbeFailed,
    ToolMissing,
    Unreachable,
    UsageError,
)
from k0stui.inventory import Inventory, InventoryHost, Reach
from k0stui.model.host import HostName, Role
from k0stui.ports import LIMIT, Clock, Command, KubeApi, Reply, Shell

Row = dict[str, Any]

ERRORS: dict[str, type[K0stuiError]] = {
    error.__name__: error for error in (Unreachable, HostKeyRefused, ProbeFailed, NotPermitted, ToolMissing)
}
"""Failures that a recording keeps, by name."""


def command_question(command: Command) -> str:
    """What identifies a command in a recording."""
    return command.line()


class Recorder:
    """Writes answers to a folder as they come; masked by `mask` first."""

    def __init__(self, folder: Path, inventory: Inventory, mask: Callable[[str], str]) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / "cluster.json").write_text(json.dumps(inventory_row(inventory), indent=1) + "\n")
            (folder / "answers.jsonl").touch(mode=0o600)
            self._file = (folder / "answers.jsonl").open("w", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{folder}: cannot be written ({error.strerror}); name another folder.") from error
        self._mask = mask

    def keep(self, row: Row) -> None:
        self._file.write(json.dumps(row, separators=(",", ":")) + "\n")
        self._file.flush()

    def text(self, content: bytes) -> str | Row:
        """As it is put in a row: text where it is text, else base64; masked in both."""
        masked = self._mask(content.decode("utf-8", "surrogateescape"))
        if any("\ud800" <= char <= "\udfff" for char in masked):
            return {"base64": base64.b64encode(masked.encode("utf-8", "surrogateescape")).decode()}
        return masked

    def failure(self, error: K0stuiError) -> Row:
        """An answer that was none, with the words of it."""
        row: Row = {"error": type(error).__name__, "message": self._mask(str(error))}
        if isinstance(error, ApiRefused):
            row |= {"status": error.status, "body": self._mask(error.body)}
        return row

    def close(self) -> None:
        self._file.close()


class RecordingShell:
    """A shell that keeps every answer of another one."""

    def __init__(self, shell: Shell, recorder: Recorder) -> None:
        self.recorded = shell
        """What is recorded; credentials are read through it, past the recorder."""
        self._recorder = recorder

    @property
    def host(self) -> HostName:
        return self.recorded.host

    async def run(self, command: Command) -> Reply:
        row: Row = {"kind": "command", "host": self.host, "question": command_question(command)}
        try:
            reply = await self.recorded.run(command)
        except (Unreachable, ProbeFailed) as error:
            self._recorder.keep(row | self._recorder.failure(error))
            raise
        self._recorder.keep(row | self._reply(reply))
        return reply

    def _reply(self, reply: Reply) -> Row:
        return {
            "exit_status": reply.exit_status,
            "stdout": self._recorder.text(reply.stdout),
            "stderr": self._recorder.text(reply.stderr),
            "asked": reply.asked.isoformat(),
            "answered": reply.answered.isoformat(),
            "cut": reply.cut,
        }

    async def close(self) -> None:
        await self.recorded.close()


class RecordingApi:
    """An API server's answers, kept; a recording never changes anything, so there is no patch here."""

    def __init__(self, api: KubeApi, recorder: Recorder, clock: Clock) -> None:
        self._api = api
        self._recorder = recorder
        self._clock = clock

    @property
    def host(self) -> HostName:
        return self._api.host

    async def get(self, path: str, *, timeout: float = LIMIT) -> bytes:
        row: Row = {"kind": "api", "host": self.host, "question": path}
        try:
            body = await self._api.get(path, timeout=timeout)
        except (Unreachable, ProbeFailed) as error:
            self._recorder.keep(row | self._recorder.failure(error))
            raise
        self._recorder.keep(row | {"stdout": self._recorder.text(body), "answered": self._clock.now().isoformat()})
        return body

    async def patch(self, path: str, body: bytes, *, content_type: str, timeout: float = LIMIT) -> bytes:
        raise NotPermitted(f"nothing is changed while recording: {path}")

    async def delete(self, path: str, body: bytes = b"", *, timeout: float = LIMIT) -> bytes:
        raise NotPermitted(f"nothing is changed while recording: {path}")

    async def close(self) -> None:
        await self._api.close()


def load(folder: Path) -> tuple[Inventory, list[Row]]:
    """A recording's inventory and rows, each of them whole.

    Raises:
        UsageError: that is no recording of ours, or a damaged one.
    """
    try:
        inventory = inventory_of(json.loads((folder / "cluster.json").read_text("utf-8")))
        lines = (folder / "answers.jsonl").read_text("utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{folder} is no recording ({error.strerror}); make one with: k0stui record DIR") from error
    except DAMAGED as error:
        raise UsageError(f"{folder} is no recording of k0stui: cluster.json does not read as one.") from error
    return inventory, [_row(folder, number, line) for number, line in enumerate(lines, 1)]


DAMAGED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading JSON of another shape raises."""


def _row(folder: Path, number: int, line: str) -> Row:
    """One row, proven to be whole; raises UsageError."""
    try:
        row: Row = json.loads(line)
        if not all(isinstance(row[key], str) for key in ("kind", "host", "question")):
            raise TypeError("a name that is no text")
        with suppress(K0stuiError):
            reply_of(row) if row["kind"] == "command" else body_of(row)
    except DAMAGED as error:
        raise UsageError(f"{folder}/answers.jsonl, line {number}: no answer of a recording of k0stui.") from error
    return row


def reply_of(row: Row) -> Reply:
    """The answer of a host in a row; raises what was raised when it was recorded."""
    raise_error(row)
    return Reply(
        int(row["exit_status"]),
        content(row["stdout"]),
        content(row["stderr"]),
        _moment(row["asked"]),
        _moment(row["answered"]),
        bool(row["cut"]),
    )


def body_of(row: Row) -> tuple[bytes, datetime]:
    """The answer of an API server in a row, and when it came; raises as `reply_of`."""
    raise_error(row)
    return content(row["stdout"]), _moment(row["answered"])


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment


def raise_error(row: Row) -> None:
    """Raise the failure that the row keeps, if it is one."""
    name = row.get("error")
    if name == "ApiRefused":
        raise ApiRefused(row["message"], int(row["status"]), str(row["body"]))
    if name:
        raise ERRORS.get(name, ProbeFailed)(row["message"])


def content(value: str | Row) -> bytes:
    """A row's text or base64 as bytes."""
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"], validate=True)


def inventory_row(inventory: Inventory) -> Row:
    """The inventory as JSON: names, addresses and roles, no way in."""
    hosts = [
        {
            "name": host.name,
            "address": host.address,
            "role": host.role.value if host.role else None,
            "named": host.named,
        }
        for host in inventory.hosts
    ]
    return {"cluster": inventory.cluster, "hosts": hosts}


def inventory_of(row: Row) -> Inventory:
    hosts = tuple(
        InventoryHost(
            HostName(host["name"]),
            Reach(host["address"]),
            Role(host["role"]) if host["role"] else None,
            named=host["named"],
        )
        for host in row["hosts"]
    )
    return Inventory(row["cluster"], hosts)
