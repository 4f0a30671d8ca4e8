"""Rows of the result tables that come from verdicts: results, evidence, violations, profiles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkguard.kinds import canonical_text
from sparkguard.profile import Profile
from sparkguard.slices import Slice
from sparkguard.verdicts import LEFT_OUT, Coverage, Evidence, Outcome, Severity, Verdict

_LONG = 2**63


@dataclass(frozen=True)
class Origin:
    """Where a row comes from: the check, its contract, and the table version that was read."""

    dataset: str
    table_version: int | None
    as_of: datetime
    check_kind: str = ""
    check_fingerprint: str | None = None
    contract_id: str | None = None
    contract_version: str | None = None
    contract_fingerprint: str | None = None
    spark_version: str | None = None


@dataclass(frozen=True)
class ResultRow:
    """One verdict with its origin."""

    check_id: str
    check_kind: str
    dataset: str
    table_version: int | None
    slice: str
    slice_values: Mapping[str, str | None]
    outcome: str
    severity: str
    as_of: datetime
    counts_as: str | None = None
    observed_double: float | None = None
    observed_long: int | None = None
    observed_string: str | None = None
    unit: str = ""
    expected: str = ""
    reason: str = ""
    rows: int | None = None
    snapshot_rows: int | None = None
    violations: int | None = None
    coverage: str | None = None
    condition: str | None = None
    contract_id: str | None = None
    contract_version: str | None = None
    contract_fingerprint: str | None = None
    check_fingerprint: str | None = None
    spark_version: str | None = None

    @property
    def is_left_out(self) -> bool:
        """True where the run was asked for other checks, so that an earlier verdict stands."""
        return self.outcome == Outcome.SKIPPED.value and self.reason == LEFT_OUT

    @classmethod
    def of(
        cls,
        verdict: Verdict,
        origin: Origin,
        *,
        snapshot_rows: int | None = None,
    ) -> ResultRow:
        double, long, string = observed_cells(verdict.observed)
        return cls(
            check_id=verdict.check,
            check_kind=origin.check_kind,
            dataset=origin.dataset,
            table_version=origin.table_version,
            slice=verdict.slice.key,
            slice_values=dict(verdict.slice.values),
            outcome=verdict.outcome.value,
            severity=verdict.severity.value,
            as_of=origin.as_of,
            counts_as=verdict.counts_as.value if verdict.counts_as else None,
            observed_double=double,
            observed_long=long,
            observed_string=string,
            unit=verdict.unit,
            expected=verdict.expected,
            reason=verdict.reason,
            rows=verdict.rows,
            snapshot_rows=snapshot_rows,
            violations=verdict.violations,
            coverage=verdict.coverage.value if verdict.coverage else None,
            condition=verdict.condition,
            contract_id=origin.contract_id,
            contract_version=origin.contract_version,
            contract_fingerprint=origin.contract_fingerprint,
            check_fingerprint=origin.check_fingerprint,
            spark_version=origin.spark_version,
        )


def observed_cells(
    observed: float | int | None,
) -> tuple[float | None, int | None, str | None]:
    """The judged number as (double, long, string); integers beyond 64 bits keep every digit."""
    match observed:
        case None:
            return None, None, None
        case float():
            return observed, None, None
    number = int(observed)
    if -_LONG <= number < _LONG:
        return None, number, None
    return None, None, str(number)


def verdict_of(row: Mapping[str, Any]) -> Verdict:
    """The verdict that a row of `results` was made from."""
    observed: float | int | None = row["observed_double"]
    if observed is None:
        observed = row["observed_long"]
    if observed is None and row["observed_string"] is not None:
        observed = int(row["observed_string"])
    return Verdict(
        check=row["check_id"],
        slice=Slice.parse(row["slice"]),
        outcome=Outcome(row["outcome"]),
        severity=Severity(row["severity"]),
        observed=observed,
        expected=row["expected"],
        reason=row["reason"],
        unit=row["unit"],
        rows=row["rows"],
        violations=row["violations"],
        coverage=Coverage(row["coverage"]) if row["coverage"] else None,
        condition=row["condition"],
        counts_as=Outcome(row["counts_as"]) if row["counts_as"] else None,
    )


def evidence_rows(
    verdict: Verdict, evidence: Iterable[Evidence], origin: Origin
) -> Iterator[dict[str, Any]]:
    """Rows of `evidence` for one verdict."""
    for item in evidence:
        yield {
            **checked(verdict.check, verdict.slice, origin),
            **{name: getattr(item, name) for name in Evidence.__dataclass_fields__},
        }


def checked_rows(verdict: Verdict, origin: Origin, rows: Iterable[Any]) -> Iterator[Any]:
    """Rows of a check's own table, with the check and slice they are of."""
    return ({**checked(verdict.check, verdict.slice, origin), **row} for row in rows)


def profile_rows(
    profile: Profile, versions: Mapping[str, int | None], as_of: datetime
) -> Iterator[dict[str, Any]]:
    """Rows of `profiles`: one per need and slice; `versions` are the pinned ones by dataset."""
    for (need, where), state in profile.states.items():
        if not need.measure.stored:
            continue
        dataset = need.relation.subject
        numbers = need.measure.metrics(state)
        yield {
            "dataset": dataset,
            "table_version": versions.get(dataset),
            "slice": where.key,
            "slice_values": dict(where.values),
            "need_id": need.id,
            "relation_kind": need.relation.kind,
            "relation": canonical_text(need.relation),
            "measure_kind": need.measure.kind,
            "measure": canonical_text(need.measure),
            "columns": sorted(need.measure.columns()),
            "state": need.measure.dump(state),
            "metrics": {name: _double(n) for name, n in numbers.items() if n is not None},
            "rows": getattr(state, "rows", None),
            "as_of": as_of,
        }


def violation_rows(
    verdict: Verdict,
    origin: Origin,
    mode: str = "off",
    sample: Iterable[Mapping[str, str | None]] = (),
) -> Iterator[dict[str, Any]]:
    """Rows of `violations`: the count, then sampled rows cell by cell, already made safe.

    `mode` is off, keys, hash, mask or raw.
    """
    sampled = tuple(sample)
    head = {
        **checked(verdict.check, verdict.slice, origin),
        "sample_mode": mode,
        "violations": verdict.violations,
        "sample_rows": len(sampled),
    }
    yield {**head, "ordinal": 0, "column": "", "value": None}
    for ordinal, cells in enumerate(sampled, start=1):
        for column, value in cells.items():
            yield {**head, "ordinal": ordinal, "column": column, "value": value}


def checked(check: str, where: Slice, origin: Origin) -> dict[str, Any]:
    """The cells that say which check, on which slice of which version, a row speaks of."""
    return {
        "check_id": check,
        "check_kind": origin.check_kind,
        "dataset": origin.dataset,
        "table_version": origin.table_version,
        "slice": where.key,
        "as_of": origin.as_of,
    }


def _double(number: float | int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)
