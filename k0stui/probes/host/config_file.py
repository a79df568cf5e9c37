"""The configuration file as it lies on the disk, byte for byte, and what k0s would make of it.

Answer: `MODE OWNER:GROUP LINKS MTIME SIZE TYPE` of `stat`, then `@@ content`, then the file to its last byte: the plan
that edits it needs every one. The file may hold secrets: nothing here shows it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

from k0stui.errors import ProbeFailed
from k0stui.model.k0s import ConfigFile
from k0stui.ports import Reply
from k0stui.probes.answer import heard, reads, told
from k0stui.probes.k0s_config import cluster_config
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.sh import question
from k0stui.probes.yaml_text import load

TEXT = """
stat -c '%a %U:%G %h %Y %s %F' "$1" && echo '@@ content' && cat "$1"
"""
MARK = b"@@ content\n"


def _read(reply: Reply, path: str) -> ConfigFile:
    heard(reply, "reading the configuration file")
    if "o such file" in reply.error_text:
        raise ProbeFailed(f"{path} does not exist: k0s runs with its defaults")
    told(reply, "reading the configuration file")
    head, mark, content = reply.stdout.partition(MARK)
    mode, owner, links, modified, size, kind = head.decode().split(None, 5)
    if not mark or len(content) != int(size):
        raise ProbeFailed(f"{path} changed while it was read")
    parsed = load(content) or {}
    if not isinstance(parsed, dict):
        raise ProbeFailed(f"{path} is no YAML mapping: k0s will not start with it")
    return ConfigFile(
        path=path,
        sha256=sha256(content).hexdigest(),
        modified_at=datetime.fromtimestamp(int(modified), UTC),
        config=cluster_config(parsed),
        mode=mode.rjust(4, "0"),
        owner=owner,
        is_regular="regular" in kind,
        links=int(links),
        content=content,
    )


def probe(subject: Subject) -> HostProbe[ConfigFile]:
    @reads("the configuration file")
    def read(reply: Reply) -> ConfigFile:
        return _read(reply, subject.config_path)

    return HostProbe("config_file", question(TEXT, subject.config_path, sudo=True), read)
