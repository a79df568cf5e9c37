"""All IP addresses that the host holds now: a virtual IP shows on the host that has it.

Answer: `ip -j addr`, or the one-line form where `ip` knows no JSON (busybox). Loopback and link-local are left out.
"""

from __future__ import annotations

import re

import msgspec

from k0stui.ports import Reply
from k0stui.probes.answer import reads, told
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question

COMMAND = question("ip -j addr 2>/dev/null || ip -o addr")

ONE_LINE = re.compile(r"^\d+: \S+\s+inet6? ([0-9a-fA-F.:]+)/\d+.*\bscope (\w+)", re.MULTILINE)


class Address(msgspec.Struct, frozen=True):
    local: str = ""
    scope: str = ""


class Interface(msgspec.Struct, frozen=True):
    addr_info: list[Address] = []


@reads("asking for addresses")
def read(reply: Reply) -> tuple[str, ...]:
    text = told(reply, "asking for addresses").strip()
    if text.startswith("["):
        # Old iproute2 prints `{}` for filtered links.
        links = msgspec.json.decode(text.encode(), type=list[Interface])
        found = [(address.local, address.scope) for link in links for address in link.addr_info]
    else:
        found = [(address, scope) for address, scope in ONE_LINE.findall(text)]
    return tuple(dict.fromkeys(local for local, scope in found if local and scope == "global"))


PROBE = HostProbe("addresses", COMMAND, read)
