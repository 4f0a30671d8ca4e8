"""Results in Delta tables: schemas, records, and the store that writes them exactly once."""

from sparkguard.results.records import PinRow, RunRecord, TransitionRow, outcome_counts
from sparkguard.results.store import Store
from sparkguard.results.transitions import Conflict
from sparkguard.results.verdict_rows import (
    Origin,
    ResultRow,
    checked_rows,
    evidence_rows,
    profile_rows,
    verdict_of,
    violation_rows,
)

__all__ = [
    "Conflict",
    "Origin",
    "PinRow",
    "ResultRow",
    "RunRecord",
    "Store",
    "TransitionRow",
    "checked_rows",
    "evidence_rows",
    "outcome_counts",
    "profile_rows",
    "verdict_of",
    "violation_rows",
]
