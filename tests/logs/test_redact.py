"""Secrets stay out of sight; what helps to find a fault does not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k0stui.logs.redact import HIDDEN, is_secret_name, redact, redact_field, redact_tree

SECRET = "s3cr3tv4lue"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"--token {SECRET}x".replace("--token ", "--token="),
        f'"authPass": "{SECRET}"',
        f'msg="\\"password\\":\\"{SECRET}\\""',
        f"auth_pass: {SECRET}",
        f"postgres://k0s:{SECRET}@10.0.0.1/kine",
        f"dataSource: {SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
        f"client-key-data: {SECRET}",
    ],
)
def test_secrets_are_hidden_by_name_and_by_looks(text: str) -> None:
    """The value is gone, the name stays."""
    assert SECRET not in redact(text)
    assert HIDDEN in redact(text)


@pytest.mark.parametrize("text", [f"bad {JWT} here", "token abcdef.0123456789abcdef", "join H4sIAAAAAAAC" + "A" * 60])
def test_tokens_are_known_by_their_form(text: str) -> None:
    """Wherever they stand."""
    assert HIDDEN in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "--token-file=/etc/k0s/token",
        'secret "kube-system/agent" not found',
        "invalid bearer token",
        "secretName: my-secret",
        'E0204 09:18:18.117021  230631 server.go:528] "Failed to get a backend" err="No agent available" dialID=3700',
        "https://10.0.0.1:6443/apis?token",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    """Paths of token files, names of secrets, and all the flood."""
    assert redact(text) == text


@given(st.text(max_size=80))
def test_hiding_twice_is_hiding_once(text: str) -> None:
    """What was hidden is not mistaken for something else."""
    once = redact(f"password={text}")

    assert redact(once) == once


def test_json_stays_json() -> None:
    """The quotes of a hidden value stay where they were, at any depth of quoting."""
    assert redact('{"token": "x", "n": 1}') == '{"token": "(hidden)", "n": 1}'
    assert redact('msg="{\\"password\\":\\"x\\"}"') == 'msg="{\\"password\\":\\"(hidden)\\"}"'


def test_trees_are_hidden_by_the_names_of_their_members() -> None:
    """Structure first: a value that looks harmless is hidden when its name says what it is."""
    tree = {"storage": {"kine": {"dataSource": "x"}}, "vrrp": [{"authPass": "abc", "name": "vip"}], "n": 3}

    assert redact_tree(tree) == {
        "storage": {"kine": {"dataSource": HIDDEN}},
        "vrrp": [{"authPass": HIDDEN, "name": "vip"}],
        "n": 3,
    }
    assert redact_field("password", "x") == HIDDEN
    assert not is_secret_name("token-file")


@pytest.mark.parametrize("piece", ["a.", "eyJ-", "x://", "token", "-----BEGIN PRIVATE KEY-----", "aaaaaa.", "password"])
def test_a_hostile_line_costs_no_time(piece: str) -> None:
    """Sixteen KiB of anything are looked through in less than a second: no pattern backtracks over all of it."""
    line = (piece * 16_384)[:16_384] + " secret"
    began = time.process_time()
    redact(line)

    assert time.process_time() - began < 1
