"""Metrics of a model over its cohorts, and how far the truth of each has come, as evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sparkguard.report.model import Picture
from sparkguard.slices import Slice
from sparkguard.verdicts import Evidence

COVERAGE = "label coverage by cohort"


def pictures(
    rows: Iterable[Mapping[str, Any]], checks: Collection[str]
) -> dict[str, tuple[Picture, ...]]:
    """By check, coverage over cohorts, and every metric with its interval.

    `rows` are of the table `evaluations`, in the order of the cohorts; in `left_out` they may say
    how many more cohorts are stored. A metric that has a check
    of its own among `checks` is shown there, others with the check that stored them. The curve of
    coverage has what is to be expected at the age of each cohort beside it: the label-maturity
    curve.
    """
    found: dict[str, dict[str, list[Evidence]]] = {}
    left_out: dict[str, int] = {}
    for row in rows:
        own = f"{row['check_id'].rpartition('.')[0]}.{row['metric']}"
        check = own if own in checks else row["check_id"]
        series, left_out[check] = found.setdefault(check, {}), row.get("left_out", 0)
        label = _label(row["slice"])
        coverage = series.setdefault(COVERAGE, [])
        is_new = not coverage or coverage[-1].label != label
        if row["coverage"] is not None and is_new:
            ends = {"high": row["expected_coverage"], "count": row["n_predictions"]}
            coverage.append(_point(COVERAGE, coverage, label, row["coverage"], **ends))
        metric = series.setdefault(f"{row['metric']} by cohort", [])
        if row["value"] is not None:
            ends = {"low": row["low"], "high": row["high"], "count": row["n_labelled"]}
            metric.append(_point(f"{row['metric']} by cohort", metric, label, row["value"], **ends))
    return {
        check: tuple(
            Picture("series", name, tuple(points), left_out[check])
            for name, points in series.items()
        )
        for check, series in found.items()
    }


def _point(name: str, before: list[Evidence], label: str, number: float, **ends: Any) -> Evidence:
    at = len(before)
    return Evidence("series", name, at, label, x=float(at), number=number, **ends)


def _label(key: str) -> str:
    return " ".join("NULL" if value is None else value for _, value in Slice.parse(key).values)
