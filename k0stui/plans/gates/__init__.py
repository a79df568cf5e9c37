"""Gates: what must hold before a step. One file each; `GATES` lists them by id. No I/O, and none can be overridden."""

from __future__ import annotations

from k0stui.plans.gates import (
    a01_api_ready,
    a02_controllers_counted,
    a03_leader_known,
    a04_settled,
    a05_server_count,
    a06_columns,
    c01_host_identity,
    c02_cluster_identity,
    c03_unit,
    c04_privileges,
    c05_clock,
    c06_disk,
    c07_no_other_actor,
    c08_lock,
    c09_executor_survives,
    d01_dynamic_mode,
    e01_membership,
    e02_etcd_health,
    e03_alarms,
    e04_disk_latency,
    e05_quorum_without,
    e06_not_leaving,
    e07_storage,
    n01_topology,
    n02_addresses,
    n03_static_mode,
    n04_version_roles,
    n05_platforms,
    n06_ports_free,
    n07_reach,
    n08_localhost,
    n09_image,
    n10_splice,
    n11_equal_after,
    n12_workers_ready,
    r01_binary_runs,
    r02_config_runs,
    r04_token_trap,
    r05_certificates,
    r06_unit_starts,
    r07_no_orphans,
    r08_stable,
    w02_floor,
    w03_cordons,
    w07_worker_config,
)
from k0stui.plans.gates.gate import Gate

GATES: dict[str, Gate] = {
    it.GATE.id: it.GATE
    for it in (
        a01_api_ready,
        a02_controllers_counted,
        a03_leader_known,
        a04_settled,
        a05_server_count,
        a06_columns,
        c01_host_identity,
        c02_cluster_identity,
        c03_unit,
        c04_privileges,
        c05_clock,
        c06_disk,
        c07_no_other_actor,
        c08_lock,
        c09_executor_survives,
        d01_dynamic_mode,
        e01_membership,
        e02_etcd_health,
        e03_alarms,
        e04_disk_latency,
        e05_quorum_without,
        e06_not_leaving,
        e07_storage,
        n01_topology,
        n02_addresses,
        n03_static_mode,
        n04_version_roles,
        n05_platforms,
        n06_ports_free,
        n07_reach,
        n08_localhost,
        n09_image,
        n10_splice,
        n11_equal_after,
        n12_workers_ready,
        r01_binary_runs,
        r02_config_runs,
        r04_token_trap,
        r05_certificates,
        r06_unit_starts,
        r07_no_orphans,
        r08_stable,
        w02_floor,
        w03_cordons,
        w07_worker_config,
    )
}

CLUSTER = ("C-01", "C-02", "C-03", "C-04", "C-05", "C-06", "C-07", "C-08", "C-09")
ETCD = ("E-01", "E-02", "E-03", "E-04", "E-05", "E-06", "E-07")
API = ("A-01", "A-02", "A-03", "A-04", "A-05", "A-06")
RESTART = ("R-01", "R-02", "R-04", "R-05", "R-06", "R-07", "R-08")
WORKER = ("C-01", "C-03", "C-04", "C-05", "C-06", "C-07", "C-08", "R-01", "R-04", "R-05", "R-06", "R-08")
WORKER_CLUSTER = ("A-01", "A-02", "A-03", "A-04", "W-02", "W-03", "W-07")
BALANCER = ("N-06", "N-07", "N-08", "N-09")
NLLB_STATIC = ("N-01", "N-02", "N-03", "N-04", "N-05", "N-06", "N-07", "N-08", "N-10", "N-11", "N-12")
NLLB_DYNAMIC = ("D-01", "N-01", "N-02", "N-04", "N-05", "N-06", "N-07", "N-08", "N-12")
PULLED = ("N-09", "N-12")
AGENTS = ("C-01", "C-02", "C-07", "C-08", "C-09", "A-01", "A-02", "A-03", "A-04", "A-05")
"""Which gates guard which act: safety.md §3. R-03 and D-03 to D-05 are asked by the steps that they belong to."""
