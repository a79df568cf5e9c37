"""How far the host's clock is from ours: k0s counts controllers by leases that a wrong clock misreads.

Answer: seconds since 1970 with a fraction (busybox has none). The middle of the round trip is when it was read.
"""

from __future__ import annotations

import re

from k0stui.errors import ProbeFailed
from k0stui.model.host import ClockOffset
from k0stui.ports import Reply
from k0stui.probes.answer import heard, reads
from k0stui.probes.probe import HostProbe
from k0stui.probes.sh import question


@reads("date")
def read(reply: Reply) -> ClockOffset:
    match = re.match(r"(\d{1,12})(\.\d+)?", heard(reply, "date"))
    if match is None:
        raise ProbeFailed("date printed no time")
    trip = (reply.answered - reply.asked).total_seconds()
    # Whole seconds were cut off: on average half a second more, and that much less certain.
    told, doubt = (float(match[0]), 0.0) if match[2] else (float(match[1]) + 0.5, 1.0)
    return ClockOffset(told - (reply.asked.timestamp() + trip / 2), trip + doubt)


PROBE = HostProbe("clock", question("date +%s.%N"), read)
