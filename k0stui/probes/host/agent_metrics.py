"""What the konnectivity agent on this worker believes: connections that it counts as open, servers that it knows of.

Dead connections count for it, so this is one side of the truth only. With root it is asked in its own network
namespace; without, by its pod's address, or on loopback behind a balancer. No series `open`: it never reached a server,
and `known` (0 or 1) means nothing. Source: KNP pkg/agent/metrics/metrics.go.
"""

from __future__ import annotations

from k0stui.errors import ProbeFailed
from k0stui.model.konnectivity import AgentMetrics
from k0stui.ports import Reply
from k0stui.probes.answer import failed, heard, reads
from k0stui.probes.probe import HostProbe, Subject
from k0stui.probes.prometheus import Metrics
from k0stui.probes.sh import AS_ROOT, question

PREFIX = "konnectivity_network_proxy_agent_"

TEXT = (
    AS_ROOT
    + f"""
pid=$(pgrep -nx proxy-agent)
if [ -n "$pid" ] && $S true 2>/dev/null; then
  m=$($S nsenter -t "$pid" -n curl -sS --max-time 3 http://127.0.0.1:8093/metrics) || exit
else
  m=$(curl -sS --max-time 3 "http://${{1:-127.0.0.1}}:8093/metrics") || exit
fi
printf '%s\\n' "$m" | grep -E '^{PREFIX}(open_server_connections|known_server_count)|^process_start_time_seconds'
exit 0
"""
)


@reads("the agent's metrics")
def read(reply: Reply) -> AgentMetrics:
    text = heard(reply, "the agent's metrics")
    if reply.exit_status == 7:
        raise ProbeFailed("the konnectivity agent does not answer on its port 8093: it does not run, or not yet")
    if reply.exit_status:
        failed(reply, "the agent's metrics")
    metrics = Metrics.of(text)
    if not metrics.series:
        raise ProbeFailed("what answered on port 8093 is no konnectivity agent")
    held, known = metrics.find(f"{PREFIX}open_server_connections"), metrics.find(f"{PREFIX}known_server_count")
    return AgentMetrics(None if held is None else int(held), None if known is None else int(known))


def probe(subject: Subject) -> HostProbe[AgentMetrics]:
    return HostProbe("agent_metrics", question(TEXT, subject.agent_address), read)
