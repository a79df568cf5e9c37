"""Whether this worker can open TCP to the API port and the agent port of every controller.

All at once, 4 s each: a lost SYN is sent again after 1 s and after 3 s. Answer: `ADDRESS:PORT rc=N words`, 0 = open,
124 = no answer. bash dials where there is one, else curl, which counts connections made; not nc: some have no `-z`, and
an unknown option looks like a closed port. No root.
"""

from __future__ import annotations

import re

from k0stui.errors import ProbeFailed, ToolMissing
from k0stui.model.cluster import Reachable
from k0stui.ports import Reply
from k0stui.probes.answer import reads, told
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.sh import question
from k0stui.probes.sockets import bare

TEXT = """
dial() {
  m=
  if command -v bash >/dev/null; then
    m=$(timeout 4 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1)
    r=$?
  else
    h=$1; case $h in *:*) h="[$h]" ;; esac
    n=$(curl -s -o /dev/null --max-time 4 -w '%{num_connects}' "http://$h:$2/")
    r=$?
    if [ "$n" = 1 ]; then r=0; elif [ "$r" = 28 ]; then r=124; fi
  fi
  echo "$1:$2 rc=$r $(echo "$m" | head -n 1)"
}
a=$1 b=$2
shift 2
for c in "$@"; do
  dial "$c" "$a" &
  dial "$c" "$b" &
done
wait
"""

ROW = re.compile(r"^(\S+):(\d{1,5}) rc=(\d{1,3})(?: (.*))?$", re.MULTILINE)


def _read(reply: Reply, expected: int) -> tuple[Reachable, ...]:
    rows = ROW.findall(told(reply, "dialling the controllers"))
    if any(status == "127" for _, _, status, _ in rows):
        raise ToolMissing("neither bash nor curl is on this host, and dialling the controllers needs one")
    if len(rows) < expected:
        raise ProbeFailed("not every controller was dialled in time")
    found = [Reachable(bare(host), int(port), rc == "0", _why(int(rc), words)) for host, port, rc, words in rows]
    return tuple(sorted(found, key=lambda one: (one.address, one.port)))


def _why(status: int, words: str) -> str:
    words = words.lower()
    if status == 0:
        return ""
    if status == 124 or "timed out" in words:
        return "timeout"
    if "refused" in words:
        return "refused"
    return "no route" if "no route" in words or "unreachable" in words else "failed"


def probe(subject: Subject) -> HostProbe[tuple[Reachable, ...]]:
    expected = 2 * len(subject.controllers)

    @reads("dialling the controllers")
    def read(reply: Reply) -> tuple[Reachable, ...]:
        return _read(reply, expected)

    return HostProbe("reach", question(TEXT, subject.api_port, subject.agent_port, *subject.controllers), read)
