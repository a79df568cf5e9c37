"""Memory of a million stored lines, in a process of its own; beside it the same lines as a list.

Bar: 80 MB. Measured as the growth of the process' resident memory after a collection, not by our own estimate.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.logs_corpus import lines
from bench.result import report
from k0stui.logs import blocks
from k0stui.logs.record import ShortReader
from k0stui.logs.store import LogStore
from k0stui.model.host import HostName
from k0stui.model.log import Source

LINES = 1_000_000


def resident() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def measure(kind: str) -> dict[str, float]:
    """Fill, in this process."""
    generated = lines(LINES)
    warm = ShortReader().feed(list(islice(generated, 1_000)))
    before = resident()
    kept: object
    estimate = 0
    if kind == "list":
        kept = list(generated)
    else:
        store = LogStore()
        log = store.log(Source(HostName("c1"), "k0scontroller"))
        store.append(log, warm)
        reader = ShortReader()
        while piece := list(islice(generated, 2_000)):
            store.append(log, reader.feed(piece))
        kept, estimate = store, store.size
    grown = resident() - before
    del kept
    return {"bytes": grown, "estimate": estimate}


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
        return
    found = {
        kind: json.loads(subprocess.run([sys.executable, __file__, kind], capture_output=True, check=True).stdout)
        for kind in ("store", "list")
    }
    ours, peer = found["store"]["bytes"], found["list"]["bytes"]
    report(
        "logs_memory",
        lines=LINES,
        packed_by="lz4" if blocks._lz4 else "zlib",
        megabytes=round(ours / 1e6, 1),
        own_estimate_megabytes=round(found["store"]["estimate"] / 1e6, 1),
        bytes_per_line=round(ours / LINES, 1),
        list_megabytes=round(peer / 1e6, 1),
        share_of_list=round(ours / peer, 3),
        bar_megabytes=80,
        met=ours <= 80e6,
    )


if __name__ == "__main__":
    main()
