"""Links: cut both ways or one way, loss, delay; a firewall on a host's own port.

Cuts and losses are rules in the lab's namespace, written anew from one list at each change; so they outlive a reboot of
the host and do not depend on it. Connections just fall silent: no reset, no FIN, as when a switch dies.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.lab import boot, network, place
from tests.lab.faults.fault import Fault
from tests.lab.hosts import HOSTS, OUTSIDE, LabHost, host

RULES = place.LAB / "link-rules.json"
RELAY = Path(__file__).with_name("relay.py")
Rule = list[str]
"""From address, to address (empty: any), TCP port (empty: all), percent."""


def cut(target: LabHost, peer: str = "", port: str = "") -> None:
    _add(*_both_ways(target, peer, port, "100"))


def uncut(target: LabHost, peer: str = "", port: str = "") -> None:
    _remove(*_both_ways(target, peer, port, "100"))


def cut_to(target: LabHost, peer: str = "", port: str = "") -> None:
    _add([target.address, _address(peer), port, "100"])


def uncut_to(target: LabHost, peer: str = "", port: str = "") -> None:
    _remove([target.address, _address(peer), port, "100"])


def lose(target: LabHost, percent: str = "30") -> None:
    _add(*_both_ways(target, "", "", percent))


def lose_not(target: LabHost, percent: str = "30") -> None:
    _remove(*_both_ways(target, "", "", percent))


def _both_ways(target: LabHost, peer: str, port: str, percent: str) -> tuple[Rule, Rule]:
    far = _address(peer)
    return [target.address, far, port, percent], [far, target.address, port, percent]


def _address(peer: str) -> str:
    return "" if peer in ("", "all") else OUTSIDE if peer == "outside" else host(peer).address


def _add(*rules: Rule) -> None:
    _write([*_rules(), *rules])


def _remove(*rules: Rule) -> None:
    _write([each for each in _rules() if each not in rules])


def _rules() -> list[Rule]:
    return json.loads(RULES.read_text()) if RULES.exists() else []


def _write(rules: list[Rule]) -> None:
    lines = "\n".join(f"    {line}" for each in rules for line in _lines(each))
    # A bridge has three ways through it: between hosts, from a host to the outside address, and back.
    chains = "\n".join(
        f"  chain {hook} {{\n    type filter hook {hook} priority 0; policy accept;\n{lines}\n  }}"
        for hook in ("forward", "input", "output")
    )
    network.run_inside(
        "nft", "-f", "-", stdin=f"add table bridge lab\ndelete table bridge lab\ntable bridge lab {{\n{chains}\n}}\n"
    )
    RULES.write_text(json.dumps(rules))


def _lines(rule: Rule) -> list[str]:
    source, destination, port, percent = rule
    words = [f"ip saddr {source}"] if source else []
    words += [f"ip daddr {destination}"] if destination else []
    chance = [] if percent == "100" else [f"numgen random mod 100 < {percent}"]
    ports = [f"tcp dport {port}", f"tcp sport {port}"] if port else [""]
    return [" ".join(filter(None, (*words, each, *chance, "drop"))) for each in ports]


def delay(target: LabHost, milliseconds: str = "200", overtaking: str = "0") -> None:
    """Each packet to and from the host waits; a small relay process stands in its cable (this needs no netem)."""
    near, far = _relay_links(target)
    network.run_inside("ip", "link", "add", near, "type", "veth", "peer", "name", far)
    network.run_inside("ip", "link", "set", target.link, "nomaster")
    for link in (target.link, near):
        network.run_inside("ip", "link", "set", link, "promisc", "on", "up")
    network.run_inside("ip", "link", "set", far, "master", network.BRIDGE, "up")
    command = network.enter_command(sys.executable, str(RELAY), target.link, near, milliseconds, overtaking)
    relay = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
    _relay_pid(target).write_text(str(relay.pid))
    if relay.stdout:
        relay.stdout.readline()  # it says when it stands in the cable
        relay.stdout.close()


def reorder(target: LabHost, percent: str = "25") -> None:
    delay(target, "20", percent)


def undelay(target: LabHost, _: str = "") -> None:
    pid = _relay_pid(target)
    if not pid.exists():
        return
    boot.end(int(pid.read_text()))
    pid.unlink()
    network.run_inside("ip", "link", "delete", _relay_links(target)[0], check=False)
    network.run_inside("ip", "link", "set", target.link, "promisc", "off", check=False)
    network.run_inside("ip", "link", "set", target.link, "master", network.BRIDGE, check=False)


def _relay_links(target: LabHost) -> tuple[str, str]:
    number = HOSTS.index(target)
    return f"relay{number}", f"relay{number}far"


def _relay_pid(target: LabHost) -> Path:
    return place.pid_file(target.name).with_name("relay.pid")


def firewall(target: LabHost, port: str = "8132") -> None:
    chain = f"type filter hook input priority 0; iifname != lo tcp dport {port} drop;"
    rule = f"table inet lab_{port} {{ chain input {{ {chain} }}; }}"
    boot.run(target, "nft", rule)


def no_firewall(target: LabHost, port: str = "8132") -> None:
    boot.run(target, "nft", f"delete table inet lab_{port}")


def end_relays() -> None:
    """What `down` has to end besides the hosts."""
    for each in HOSTS:
        if _relay_pid(each).exists():
            boot.end(int(_relay_pid(each).read_text()))


FAULTS = (
    Fault(
        "cut",
        "[PEER|outside|all] [PORT]",
        "no packet passes between the host and PEER (all), on PORT (all)",
        cut,
        uncut,
    ),
    Fault(
        "cut-to",
        "[PEER|outside|all] [PORT]",
        "packets from the host to PEER are lost, those back arrive",
        cut_to,
        uncut_to,
    ),
    Fault("lose", "[PERCENT]", "that share of the host's packets is lost, each way (30)", lose, lose_not),
    Fault("delay", "[MILLISECONDS]", "each packet to and from the host waits (200)", delay, undelay),
    Fault("reorder", "[PERCENT]", "that share of the host's packets overtakes others, by 20 ms (25)", reorder, undelay),
    Fault("firewall", "[PORT]", "the host itself drops what comes to PORT (8132)", firewall, no_firewall),
)
