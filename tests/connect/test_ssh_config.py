"""~/.ssh/config as far as it is honoured, and what of it is never done."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from k0stui.connect.route import parsed_hop, route
from k0stui.connect.ssh_config import DEPTH, HostConfig, SshConfig, read_ssh_config
from k0stui.errors import UsageError
from k0stui.inventory import Reach


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    return home


def a_config(home: Path, text: str) -> SshConfig:
    (home / ".ssh/config").write_text(text)
    return read_ssh_config()


def host(home: Path, text: str, name: str = "c1") -> HostConfig:
    return a_config(home, text).host(name)


def test_nothing_said(home: Path) -> None:
    """Without a file: our own user, port 22, ssh's known_hosts files."""
    found = SshConfig(home=home).host("c1")

    assert (found.hostname, found.user, found.port, found.jumps) == ("c1", getpass.getuser(), 22, ())
    assert found.user_known_hosts[0] == home / ".ssh/known_hosts"


def test_all_that_is_honoured(home: Path) -> None:
    """Each option that we honour is read, with quotes, equals signs, tokens and any case of the keyword."""
    found = host(
        home,
        'HOST c1\n  hostname = 10.0.0.1\n  User "root"\n  PORT=2222\n  IdentityFile ~/k1\n  IdentityFile "%d/k2"\n'
        "  IdentitiesOnly yes\n  IdentityAgent /run/agent\n  ProxyJump a,b@c:23\n  UserKnownHostsFile ~/x /y\n",
    )

    assert (found.hostname, found.user, found.port) == ("10.0.0.1", "root", 2222)
    assert found.identity_files == (home / "k1", home / "k2")
    assert (found.identities_only, found.agent, found.jumps) == (True, "/run/agent", ("a", "b@c:23"))
    assert found.user_known_hosts == (home / "x", Path("/y"))


def test_first_value_wins_and_keys_add_up(home: Path) -> None:
    """As in ssh: the first value counts, except that IdentityFile adds up."""
    found = host(home, "Host c*\n User a\n IdentityFile /a\nHost *\n User b\n IdentityFile /b\n Port 23\n")

    assert (found.user, found.port, found.identity_files) == ("a", 23, (Path("/a"), Path("/b")))


@pytest.mark.parametrize(
    ("patterns", "name", "matches"),
    [
        ("c1", "c1", True), ("C1", "c1", True), ("c?", "c1", True), ("*.lab", "c1.lab", True), ("*", "x", True),
        ("c1 c2", "c2", True), ("* !c1", "c1", False), ("!c1 *", "c2", True), ("!c1", "c2", False),
        ("c[1]", "c1", False),
    ],
)  # fmt: skip
def test_patterns(home: Path, patterns: str, name: str, matches: bool) -> None:
    """Host patterns, alternatives and negation mean what they mean to ssh."""
    assert (host(home, f"Host {patterns}\n User found\n", name).user == "found") is matches


def test_include(home: Path) -> None:
    """Included files hold inside the block that includes them, in order, and the block goes on afterwards."""
    (home / ".ssh/conf.d").mkdir()
    (home / ".ssh/conf.d/10.conf").write_text("User inner\nHost c2\n Port 24\n")
    (home / ".ssh/conf.d/20.conf").write_text("User later\n")
    config = a_config(home, "Host c*\n Include conf.d/*.conf nothing-here\n HostName after\nHost *\n User outer\n")

    assert (config.host("c1").user, config.host("c1").port, config.host("c1").hostname) == ("inner", 22, "after")
    assert config.host("c2").port == 24
    assert config.host("d1").user == "outer"


def test_include_without_end(home: Path) -> None:
    """A file that includes itself is an error that says so."""
    with pytest.raises(UsageError, match=f"deeper than {DEPTH}"):
        a_config(home, "Include config\n")


def test_nothing_is_executed(home: Path, tmp_path: Path) -> None:
    """ProxyCommand, LocalCommand and Match exec run nothing and are named in warnings; ForwardAgent likewise."""
    mark = tmp_path / "mark"
    config = a_config(
        home,
        f"Host c1\n ProxyCommand touch {mark}\n LocalCommand touch {mark}\n ForwardAgent yes\n"
        f'Match exec "touch {mark}"\n User evil\nMatch all\n Port 25\nHost d\n ForwardAgent no\n',
    )
    found = config.host("c1")
    config.host("d")

    assert (found.user, found.port) == (getpass.getuser(), 25)
    assert not mark.exists()
    said = "\n".join(config.warnings)
    for word in ("proxycommand", "localcommand", "forwardagent", "Match"):
        assert word in said
    assert len(config.warnings) == 4


def test_known_hosts_none_is_no_switch(home: Path) -> None:
    """`UserKnownHostsFile none` leaves the usual files in force, and checking with it."""
    found = host(home, "Host *\n UserKnownHostsFile none\n StrictHostKeyChecking no\n")

    assert found.user_known_hosts[0] == home / ".ssh/known_hosts"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Port 0\n", "is no port"),
        ("Port x\n", "is no port"),
        ("User -oProxyCommand=x\n", "no user name"),
        ("HostName 'a b'\n", "no host name"),
        ("HostName $(id)\n", "no host name"),
        ("HostName fe80::1%eth0\n", "no host name"),
        ("Host\n", "line 1: Host has no value"),
        ('User "x\n', "line 1"),
    ],
)
def test_bad_values(home: Path, text: str, words: str) -> None:
    """A value that cannot be is one sentence; names that a shell would read are refused."""
    with pytest.raises(UsageError, match=words):
        host(home, text)


def test_others_may_write(home: Path) -> None:
    """A file that others may write is not read."""
    (home / ".ssh/config").write_text("User x\n")
    (home / ".ssh/config").chmod(0o666)

    with pytest.raises(UsageError, match="others may write"):
        read_ssh_config()


def test_missing_file(tmp_path: Path) -> None:
    """A file that was named and is not there is an error."""
    with pytest.raises(UsageError, match="no such file"):
        read_ssh_config(tmp_path / "nothing")


def test_route(home: Path) -> None:
    """Several hops, each by its own entries; the inventory's user, port, key and jump host win."""
    config = a_config(home, "Host c1\n ProxyJump a,root@b:2222\nHost a\n Port 2201\n HostName gate\nHost b\n User no\n")

    hops = [(hop.config.user, hop.where) for hop in route(config, Reach("c1", "me", 22)).hops()]
    by_inventory = list(route(config, Reach("c1", jump=Reach("x", "y", 23), key_path="~/k")).hops())

    assert hops == [(getpass.getuser(), "gate:2201"), ("root", "b:2222"), ("me", "c1:22")]
    assert [hop.where for hop in by_inventory] == ["x:23", "c1:22"]
    assert by_inventory[1].config.identity_files == (home / "k",)


def test_route_without_end(home: Path) -> None:
    """A ProxyJump that leads back to itself is an error that says so."""
    with pytest.raises(UsageError, match="back to itself"):
        route(a_config(home, "Host *\n ProxyJump c2\n"), Reach("c1"))


@pytest.mark.parametrize(
    ("word", "reach"),
    [
        ("a", Reach("a")),
        ("u@a:22", Reach("a", "u", 22)),
        ("[::1]:22", Reach("::1", None, 22)),
        ("::1", Reach("::1")),
        ("u@x@a", Reach("a", "u@x")),
    ],
)
def test_hop(word: str, reach: Reach) -> None:
    """A hop is `[user@]host[:port]`, IPv6 in brackets when a port follows."""
    assert parsed_hop(word) == reach
