"""Leader election of kube-controller-manager and kube-scheduler: a lease in kube-system, 15 s."""

from __future__ import annotations

import os
import signal
import threading
import uuid
from pathlib import Path

from standin.client import Api
from standin.leases import Elector
from standin.process import flag
from standin.settings import NODE


def join(name: str) -> tuple[Api, Elector]:
    """Take part from now on; SIGTERM releases and ends the process."""
    api = Api(Path(flag("kubeconfig")))
    elector = Elector(api, name, f"{NODE}_{uuid.uuid4()}", "kube-system", 15, 2.0)
    threading.Thread(target=elector.run, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=_leave, args=(elector,)).start())
    return api, elector


def _leave(elector: Elector) -> None:
    # As these programs do: no release, the lease runs out.
    elector.stopping.set()
    os._exit(0)
