"""Whether the konnectivity server runs (healthz) and has at least one agent (readyz).

Answer: `healthz CODE` and `readyz CODE`; 500 exactly when no agent is connected, 000 when nothing listens. No root.
"""

from __future__ import annotations

from k0stui.model.konnectivity import KonnectivityReady
from k0stui.ports import Reply
from k0stui.probes.answer import heard, reads
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question

COMMAND = question("""
for p in healthz readyz; do
  echo "$p $(curl -s -o /dev/null --max-time 3 -w '%{http_code}' "http://localhost:8092/$p")"
done
command -v curl >/dev/null || exit 127
""")


@reads("konnectivity-server's readyz")
def read(reply: Reply) -> KonnectivityReady:
    words = dict(line.split() for line in heard(reply, "konnectivity-server's readyz").splitlines())
    return KonnectivityReady(int(words["healthz"]), int(words["readyz"]))


PROBE = HostProbe("konnectivity_ready", COMMAND, read)
