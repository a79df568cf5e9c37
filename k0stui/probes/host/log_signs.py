"""How often telling lines stand in the newest 2000 lines of k0s' log.

They may be old: in a healed cluster the flood stands there for hours, so a count alone proves nothing about now.
Answer: see `signs`. A user without root and without the group systemd-journal sees nothing.
"""

from __future__ import annotations

from k0stui.model.cluster import LogSigns
from k0stui.ports import Reply
from k0stui.probes.answer import reads, told
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question
from k0stui.probes.signs import COUNT, argument, read_signs

SIGNS = (
    ("no-agent", "No agent available"),
    ("auth-failed", "Client authentication failed"),
    ("address-in-use", "address already in use"),
    ("x509", "x509: "),
    ("refused", "connection refused"),
    ("invalid-config", "invalid node config"),
)

LINES = 2000
"""Ten seconds of the flood, hours of peace; 0.2 s of journalctl."""

COMMAND = question(
    f"""
if command -v journalctl >/dev/null; then
  journalctl -q --no-pager -o short-unix -n {LINES} -u k0scontroller -u k0sworker
else
  tail -n {LINES} /var/log/k0s.err
fi | {COUNT.strip()}
""",
    argument(SIGNS),
    sudo=True,
)


@reads("counting lines of the log")
def read(reply: Reply) -> LogSigns:
    return read_signs(told(reply, "counting lines of the log"), SIGNS)


PROBE = HostProbe("log_signs", COMMAND, read)
