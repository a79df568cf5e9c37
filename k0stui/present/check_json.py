"""What `check --json` prints: the diagnosis for programs. Its schema is a promise; fields are added, never changed."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from k0stui.model.cluster import ApiObservation, ClusterSnapshot, HostObservation
from k0stui.model.finding import Diagnosis, Evidence, Finding
from k0stui.model.konnectivity import Link, Matrix
from k0stui.model.observed import Lack, Unknown

SCHEMA = 1

Json = dict[str, Any]


def check_document(snapshot: ClusterSnapshot, diagnosis: Diagnosis, matrix: Matrix) -> Json:
    """One snapshot and what the rules said of it."""
    now = snapshot.taken_at
    return {
        "schema": SCHEMA,
        "cluster": snapshot.cluster,
        "taken_at": now.isoformat(),
        "rules": diagnosis.rules,
        "hosts": [host_row(host, snapshot) for host in snapshot.hosts],
        "matrix": matrix_document(matrix, now),
        "findings": [finding_row(finding, now) for finding in diagnosis.findings],
        "inconclusive": [{"id": entry.rule, "why": entry.why} for entry in diagnosis.inconclusive],
    }


def host_row(host: HostObservation, snapshot: ClusterSnapshot) -> Json:
    role = host.known_role
    return {
        "name": host.name,
        "address": host.address,
        "role": role.value if role else None,
        "reachable": host.is_reachable,
        "discovered": host.discovered,
        "unknown": [*unknowns(host), *(unknowns(api) if (api := snapshot.api(host.name)) else [])],
    }


def unknowns(observation: HostObservation | ApiObservation) -> list[Json]:
    """What was asked and not answered; what this host is never asked is left out."""
    rows = []
    for entry in fields(observation):
        answer = getattr(observation, entry.name)
        if isinstance(answer, Unknown) and answer.lack is not Lack.NOT_ASKED:
            rows.append({"probe": entry.name, "why": answer.why, "lack": answer.lack.value})
    return rows


def matrix_document(matrix: Matrix, now: datetime) -> Json:
    return {
        "expected": matrix.expected,
        "up": matrix.up,
        "complete": matrix.is_complete,
        "columns": [
            {"controller": column.controller, "agents": column.agents, "expected": column.expected}
            for column in matrix.columns
        ],
        "rows": [
            {"agent": row.agent, "open": row.open, "known": row.known, "ghosts": row.ghosts, "target": row.target}
            for row in matrix.rows
        ],
        "cells": [cell_row(link, now) for link in matrix.links],
        "notes": list(matrix.notes),
    }


def cell_row(link: Link, now: datetime) -> Json:
    return {
        "agent": link.agent,
        "controller": link.controller,
        "state": link.state.value,
        "certainty": link.certainty.value,
        "server_side": link.server_side,
        "agent_side": link.agent_side,
        "age_s": _age(link.at, now),
        "story": list(link.story),
    }


def finding_row(finding: Finding, now: datetime) -> Json:
    return {
        "id": finding.rule,
        "severity": finding.severity.value,
        "sentence": finding.sentence,
        "subjects": list(finding.subjects),
        "since": finding.since.isoformat() if finding.since else None,
        "evidence": [evidence_row(evidence, now) for evidence in finding.evidence],
        "ruled_out": list(finding.ruled_out),
        "explained_by": finding.explained_by,
        "remedy": finding.plan or finding.remedy,
        "page": finding.rule,
    }


def evidence_row(evidence: Evidence, now: datetime) -> Json:
    return {
        "host": evidence.host,
        "probe": evidence.probe,
        "value": evidence.value,
        "age_s": _age(evidence.at, now),
    }


def _age(at: datetime | None, now: datetime) -> float | None:
    return round((now - at).total_seconds(), 1) if at else None


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": sorted(properties), "properties": properties}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


_TEXT: Json = {"type": "string"}
_MAYBE_TEXT: Json = {"type": ["string", "null"]}
_NUMBER: Json = {"type": "number"}
_MAYBE_NUMBER: Json = {"type": ["number", "null"]}
_BOOL: Json = {"type": "boolean"}
_MAYBE_BOOL: Json = {"type": ["boolean", "null"]}
_TIME: Json = {"type": "string", "format": "date-time"}

JSON_SCHEMA: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "k0stui check --json",
} | _object(
    schema={"const": SCHEMA},
    cluster=_TEXT,
    taken_at=_TIME,
    rules=_NUMBER,
    hosts=_list(
        _object(
            name=_TEXT,
            address=_TEXT,
            role=_MAYBE_TEXT,
            reachable=_BOOL,
            discovered=_BOOL,
            unknown=_list(_object(probe=_TEXT, why=_TEXT, lack=_TEXT)),
        )
    ),
    matrix=_object(
        expected=_NUMBER,
        up=_NUMBER,
        complete=_BOOL,
        columns=_list(_object(controller=_TEXT, agents=_MAYBE_NUMBER, expected=_NUMBER)),
        rows=_list(
            _object(agent=_TEXT, open=_MAYBE_NUMBER, known=_MAYBE_NUMBER, ghosts=_NUMBER, target=_TEXT),
        ),
        cells=_list(
            _object(
                agent=_TEXT,
                controller=_TEXT,
                state={"enum": ["up", "lost", "never", "unknown", "stale", "differs"]},
                certainty={"enum": ["certain", "likely", "unknown"]},
                server_side=_MAYBE_BOOL,
                agent_side=_MAYBE_BOOL,
                age_s=_MAYBE_NUMBER,
                story=_list(_TEXT),
            )
        ),
        notes=_list(_TEXT),
    ),
    findings=_list(
        _object(
            id=_TEXT,
            severity={"enum": ["critical", "warning", "info"]},
            sentence=_TEXT,
            subjects=_list(_TEXT),
            since=_MAYBE_TEXT,
            evidence=_list(_object(host=_MAYBE_TEXT, probe=_TEXT, value=_TEXT, age_s=_NUMBER)),
            ruled_out=_list(_TEXT),
            explained_by=_MAYBE_TEXT,
            remedy=_TEXT,
            page=_TEXT,
        )
    ),
    inconclusive=_list(_object(id=_TEXT, why=_TEXT)),
)
