"""What a reader needs to follow a silent drift by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparkguard.silent_drift.points import Column, Drift
from sparkguard.verdicts import Evidence


def hypotheses(found: Sequence[Drift]) -> Iterator[Evidence]:
    """What each drift may be, and the numbers that speak for it."""
    for ordinal, drift in enumerate(found):
        yield Evidence(
            "hypotheses", "silent drift", ordinal, label=f"{drift.kind} of {drift.column}",
            text=str(drift),
        )  # fmt: skip
        for at, (label, number) in enumerate(drift.numbers):
            name = f"{drift.kind} of {drift.column}"
            yield Evidence("work", name, at, label=label, number=number, text=drift.since)


def null_shares(found: Sequence[Drift], columns: Sequence[Column]) -> Iterator[Evidence]:
    """The share of NULLs over time, of every column that drifted."""
    drifted = {drift.column for drift in found}
    for column in columns:
        if column.name in drifted:
            for at, point in enumerate(column.points):
                share = point.traits.null / point.traits.rows if point.traits.rows else None
                yield Evidence(
                    "series", f"share of NULL in {column.name}", at, label=point.label,
                    x=float(at), number=share, count=point.traits.rows,
                )  # fmt: skip
