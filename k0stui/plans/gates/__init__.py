"""Gates: what must hold before a step. One file each; `GATES` has them by id. No I/O, and none can be overridden."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from k0stui.plans.gates.gate import Gate


def _all() -> dict[str, Gate]:
    """Every file of this folder that ends in a `GATE`."""
    modules = [import_module(f"{__name__}.{it.name}") for it in iter_modules(__path__)]
    return {it.GATE.id: it.GATE for it in modules if hasattr(it, "GATE")}


GATES: dict[str, Gate] = _all()

CLUSTER = ("C-01", "C-02", "C-03", "C-04", "C-05", "C-06", "C-07", "C-08", "C-09")
ETCD = ("E-01", "E-02", "E-03", "E-04", "E-05", "E-06", "E-07")
API = ("A-01", "A-02", "A-03", "A-04", "A-05", "A-06")
RESTART = ("R-01", "R-02", "R-04", "R-05", "R-06", "R-07", "R-08")
WORKER = ("C-01", "C-03", "C-04", "C-05", "C-06", "C-07", "C-08", "R-01", "R-04", "R-05", "R-06", "R-08")
WORKER_CLUSTER = ("A-01", "A-02", "A-03", "A-04", "W-02", "W-03", "W-05", "W-07")
BALANCER = ("N-06", "N-07", "N-08", "N-09")
NLLB_STATIC = ("N-01", "N-02", "N-03", "N-04", "N-05", "N-06", "N-07", "N-08", "N-10", "N-11", "N-12")
NLLB_DYNAMIC = ("D-01", "N-01", "N-02", "N-04", "N-05", "N-06", "N-07", "N-08", "N-12")
PULLED = ("N-09", "N-12")
AGENTS = ("C-01", "C-02", "C-07", "C-08", "C-09", "A-01", "A-02", "A-03", "A-04", "A-05")
"""Which gates guard which act: safety.md §3. R-03 and D-03 to D-05 are asked by the steps that they belong to."""

ABOUT_HOSTS = frozenset({"C-01", "R-06", "R-07", "N-12"})
"""Gates that read `Situation.asked`: what is asked of a host only for them."""
