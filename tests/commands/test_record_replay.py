"""What is recorded can be looked at anywhere, by any command, without the cluster and without its secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from k0stui.engine.observe import Connector
from tests.commands.conftest import Run
from tests.commands.hostile import Hostile


def judged(text: str) -> Any:
    """A document without its times: what was found, not when it was looked."""
    found = json.loads(text)
    kept = ("sentence", "severity", "subjects", "explained_by", "remedy", "ruled_out")
    return {
        "findings": {finding["id"]: {key: finding[key] for key in kept} for finding in found["findings"]},
        "inconclusive": found["inconclusive"],
        "hosts": [(host["name"], host["role"], host["reachable"], host["unknown"]) for host in found["hosts"]],
        "links": [(cell["agent"], cell["controller"], cell["state"]) for cell in found["matrix"]["cells"]],
    }


@pytest.mark.parametrize("scenario", ["incident", "ghosts", "count-trap", "host-lost", "disk-filling"])
def test_a_replay_gives_the_same_diagnosis(scenario: str, run: Run, tmp_path: Path) -> None:
    """Findings, their words, what could not be judged, hosts and links: a recording shows what was there."""
    folder = str(tmp_path / "recording")
    live = run("check", "--demo", scenario, "--json")
    recorded = run("record", folder, "--demo", scenario)
    replayed = run("check", "--replay", folder, "--json")

    assert recorded.status == 0
    assert f"see it with: k0stui replay {folder}" in recorded.out
    assert judged(replayed.out) == judged(live.out)
    assert replayed.status == live.status


def test_any_look_can_be_had_from_a_recording(run: Run, tmp_path: Path) -> None:
    """`matrix`, `doctor` and `replay` itself work on a folder as on a cluster."""
    folder = str(tmp_path / "recording")
    run("record", folder, "--demo", "incident")

    assert "links 4/12" in run("matrix", "--replay", folder).out
    assert "k0s-master-1 sudo" in run("doctor", "--replay", folder).out
    assert "CRIT agents-single-target" in run("replay", folder).out


def test_a_recording_is_for_its_owner_and_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    """Nobody else on this machine can read it, and a second `record` into it is refused."""
    folder = tmp_path / "recording"
    run("record", str(folder), "--demo", "healthy")
    again = run("record", str(folder), "--demo", "healthy")

    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "answers.jsonl").stat().st_mode & 0o077 == 0
    assert again.status == 2
    assert "holds a recording already" in again.err


SECRETS = {
    "kine": "mysql://k0s:hunter2-kine@tcp(10.0.0.9:3306)/kine",
    "token": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJlLWh1bnRlcjI",
    "join": "H4sIAAAAAAAC/2xVXY/iyA59n1/BH2juhunterTWOhunterTWOhunterTWO",
    "bootstrap": "abcdef.hunter2hunter2xy",
    "key": "-----BEGIN RSA PRIVATE KEY-----\nMIIhunter2key\n-----END RSA PRIVATE KEY-----",
    "password": "--password=hunter2-flag",
}
TELLTALES = ("hunter2-kine", "c2lnbmF0dXJl", "hunterTWO", "hunter2hunter2xy", "MIIhunter2key", "hunter2-flag")


@dataclass
class Leaking:
    """Every answer ends with secrets, in text, in JSON and beside bytes that are no text."""

    connector: Connector
    raw: bool

    def poison(self, answer: str) -> str:
        try:
            document = json.loads(answer)
        except ValueError:
            return answer + "\n" + "\n".join(SECRETS.values()) + ("\udcff\n" if self.raw else "\n")
        return json.dumps({**document, "annotations": SECRETS} if isinstance(document, dict) else document)


@pytest.mark.fault("F74")
@pytest.mark.parametrize("raw", [False, True], ids=["text", "bytes"])
def test_no_secret_is_in_a_recording(raw: bool, run: Run, tmp_path: Path) -> None:
    """DSN, tokens, keys and passwords that hosts print are in no file of the folder, also not inside base64."""
    folder = tmp_path / "recording"
    run(
        "record",
        str(folder),
        "--demo",
        "incident",
        disguise=lambda fleet: Hostile(fleet, Leaking(fleet, raw).poison),
    )

    kept = (folder / "answers.jsonl").read_text() + (folder / "cluster.json").read_text()
    kept += "".join(decoded(json.loads(line)) for line in (folder / "answers.jsonl").read_text().splitlines())
    assert "(hidden)" in kept
    assert [secret for secret in TELLTALES if secret in kept] == []


def decoded(row: dict[str, Any]) -> str:
    from k0stui.engine.recording import content

    return content(row["stdout"]).decode("utf-8", "replace") if "stdout" in row else ""


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "[]",
        "no JSON",
        '{"kind":"command","host":1,"question":"id"}',
        '{"kind":"command","host":"c1","question":"id"}',
        '{"kind":"api","host":"c1","question":"/a","stdout":"x","answered":"2025-01-01T00:00:00"}',
        '{"kind":"api","host":"c1","question":"/a","stdout":{"base64":"?"},"answered":"2025-01-01T00:00:00Z"}',
        '{"kind":"api","host":"c1","question":"/a","error":"ApiRefused"}',
    ],
)
def test_a_damaged_recording_names_its_line(line: str, run: Run, tmp_path: Path) -> None:
    """A folder that looks like a recording and is none is one sentence with the line, and exit 2."""
    folder = tmp_path / "recording"
    run("record", str(folder), "--demo", "healthy")
    with (folder / "answers.jsonl").open("a") as file:
        file.write(line + "\n")
    number = len((folder / "answers.jsonl").read_text().splitlines())

    ran = run("check", "--replay", str(folder))

    assert ran.status == 2
    assert ran.err == f"k0stui: {folder}/answers.jsonl, line {number}: no answer of a recording of k0stui.\n"
