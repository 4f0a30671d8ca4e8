"""A run as an OpenLineage event (spec 2-0-2): plain JSON data, without the OpenLineage client.

Facets: `dataQualityAssertions` 1-1-0 and `dataQualityMetrics` 1-0-3 of the inputs, `test` 1-0-1 of
the run. They know no outcome but success, so `params.outcome` says what SparkGuard said, and only
a pass is a success. What is not a number in JSON (NaN, infinity) is left out.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from sparkguard.contracts.audit_config import AuditConfig, Dataset
from sparkguard.errors import bounded
from sparkguard.results.run_result import RunResult
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.verdicts import Outcome, Severity

_SPEC = "https://openlineage.io/spec"
_SCHEMA_URL = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = {
    "dataQualityAssertions": "1-1-0/DataQualityAssertionsDatasetFacet",
    "dataQualityMetrics": "1-0-3/DataQualityMetricsInputDatasetFacet",
    "test": "1-0-1/TestRunFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
}
_RUNS = uuid.UUID("5ac6d2c1-7f3b-4a0e-9d0c-6f2f7e0f3b58")
"""Namespace of the run identifiers made from run ids that are no UUIDs (RFC 9562, version 5)."""

_QUANTILE = re.compile(r"q(\d\d)")
_LONGEST = 500

Numbers = Mapping[str, Mapping[str, float]]
"""By column, its metrics by name."""


def run_event(
    settings: AuditConfig,
    result: RunResult,
    namespace: str,
    producer: str,
    metrics: Mapping[str, Numbers],
) -> Mapping[str, Any]:
    """The event of a complete run; `metrics` are those of whole tables, by dataset."""
    run = result.record
    checks = _by_check(result.worst_first())
    columns = dict(_columns(settings))
    return {
        "eventType": "COMPLETE" if run.status == "complete" else "FAIL",
        "eventTime": run.finished_at.isoformat(),
        "producer": producer,
        "schemaURL": _SCHEMA_URL,
        "run": {
            "runId": run_uuid(run.run_id),
            "facets": {
                "test": _facet(producer, "test", tests=[_test(rows) for rows in checks.values()])
            },
        },
        "job": {"namespace": namespace, "name": run.audit},
        "inputs": [
            _input(dataset, result, namespace, producer, checks, columns, metrics)
            for dataset in settings.datasets
        ],
        "outputs": [],
    }


def run_uuid(run_id: str) -> str:
    """The run id if it is a UUID, else one made from it, always the same."""
    try:
        return str(uuid.UUID(run_id))
    except ValueError:
        return str(uuid.uuid5(_RUNS, run_id))


def dataset_name(dataset: Dataset, namespace: str) -> tuple[str, str]:
    """(namespace, name) after OpenLineage's naming: by storage, or by catalog name."""
    if dataset.table.path is None:
        return namespace, ".".join(dataset.table.parts)
    parts = urlsplit(dataset.table.path)
    if not parts.scheme:
        return "file", parts.path
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else parts.scheme, parts.path or "/"


def _by_check(rows: Iterable[ResultRow]) -> dict[tuple[str, str], list[ResultRow]]:
    """All verdicts of each check, the worst first."""
    found: dict[tuple[str, str], list[ResultRow]] = {}
    for row in rows:
        found.setdefault((row.dataset, row.check_id), []).append(row)
    return found


def _columns(settings: AuditConfig) -> Iterable[tuple[str, str]]:
    for contract in settings.contracts:
        for rule in contract.rules:
            named = rule.options.get("column") or rule.options.get("columns")
            if isinstance(named, str):
                yield rule.id, named
            elif isinstance(named, Sequence) and len(named) == 1 and isinstance(named[0], str):
                yield rule.id, named[0]


def _input(
    dataset: Dataset,
    result: RunResult,
    namespace: str,
    producer: str,
    checks: Mapping[tuple[str, str], list[ResultRow]],
    columns: Mapping[str, str],
    metrics: Mapping[str, Numbers],
) -> Mapping[str, Any]:
    where, name = dataset_name(dataset, namespace)
    assertions = [
        _assertion(rows, columns.get(check))
        for (of, check), rows in checks.items()
        if of == dataset.name and rows[0].outcome != Outcome.SKIPPED
    ]
    numbers = {column: _numbers(found) for column, found in metrics.get(dataset.name, {}).items()}
    measured: dict[str, Any] = {"columnMetrics": numbers}
    rows = [r.snapshot_rows for r in result.where(slice="") if r.dataset == dataset.name]
    if counted := [n for n in rows if n is not None]:
        measured["rowCount"] = counted[0]
    entry: dict[str, Any] = {
        "namespace": where,
        "name": name,
        "inputFacets": {
            "dataQualityAssertions": _facet(
                producer, "dataQualityAssertions", assertions=assertions
            ),
            "dataQualityMetrics": _facet(producer, "dataQualityMetrics", **measured),
        },
    }
    version = result.record.table_versions.get(dataset.name)
    if version is not None:
        facet = _facet(producer, "version", datasetVersion=str(version))
        entry["facets"] = {"version": facet}
    return entry


def _facet(producer: str, kind: str, **content: Any) -> Mapping[str, Any]:
    address = _FACETS[kind]
    name = address.partition("/")[2]
    return {
        "_producer": producer,
        "_schemaURL": f"{_SPEC}/facets/{address}.json#/$defs/{name}",
        **content,
    }


def _assertion(rows: Sequence[ResultRow], column: str | None) -> Mapping[str, Any]:
    worst = rows[0]
    return {
        "assertion": worst.check_kind,
        "success": worst.outcome == Outcome.PASS,
        **({"column": column} if column else {}),
        **_common(rows),
    }


def _test(rows: Sequence[ResultRow]) -> Mapping[str, Any]:
    status = {Outcome.PASS.value: "pass", Outcome.SKIPPED.value: "skip"}
    outcome = status.get(rows[0].outcome, "fail")
    return {"status": outcome, "type": rows[0].check_kind, **_common(rows)}


def _common(rows: Sequence[ResultRow]) -> Mapping[str, Any]:
    """What assertions and tests both say: of the worst verdict, and of how many like it."""
    worst = rows[0]
    actual = next(
        (v for v in (worst.observed_long, worst.observed_double, worst.observed_string)
         if v is not None), None,
    )  # fmt: skip
    texts = {
        "description": worst.reason,
        "expected": worst.expected,
        "actual": "" if actual is None else f"{actual} {worst.unit}".strip(),
    }
    return {
        "name": worst.check_id,
        "severity": "error" if worst.severity == Severity.ERROR else "warn",
        **{name: bounded(text, _LONGEST) for name, text in texts.items() if text},
        "params": {
            "outcome": worst.outcome,
            "slice": worst.slice,
            "slices_with_this_outcome": sum(row.outcome == worst.outcome for row in rows),
            "slices": len(rows),
        },
    }


def _numbers(found: Mapping[str, float]) -> Mapping[str, Any]:
    known = {name: n for name, n in found.items() if math.isfinite(n)}
    numbers: dict[str, Any] = {}
    for theirs, ours in (("nullCount", "null"), ("distinctCount", "distinct")):
        if ours in known:
            numbers[theirs] = int(known[ours])
    if "rows" in known and "null" in known:
        numbers["count"] = known["rows"] - known["null"]
    numbers |= {name: known[name] for name in ("min", "max") if name in known}
    matches = ((_QUANTILE.fullmatch(name), n) for name, n in known.items())
    quantiles = {f"{int(match[1]) / 100:g}": n for match, n in matches if match}
    return {**numbers, "quantiles": quantiles} if quantiles else numbers
