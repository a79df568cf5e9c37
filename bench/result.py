"""Where a bench leaves its figures: one JSON object on stdout, and one per name in bench/results.json."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.json")


def report(name: str, **figures: Any) -> None:
    """Print the figures and put them in the place of the last run's. Seconds, bytes and ratios as plain numbers."""
    result = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "load": round(os.getloadavg()[0], 1), **figures}
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({**results, name: result}, indent=1, sort_keys=True) + "\n")
    print(json.dumps({"bench": name, **result}))
