"""Results in Delta tables: schemas, records, and the store that writes them exactly once."""

from sparkguard.results.location import Location
from sparkguard.results.records import (
    Origin,
    PinRow,
    ResultRow,
    RunRecord,
    TransitionRow,
    checked_rows,
    evidence_rows,
    outcome_counts,
    profile_rows,
    verdict_of,
    violation_rows,
)
from sparkguard.results.store import Store
from sparkguard.results.transitions import Conflict

__all__ = [
    "Conflict",
    "Location",
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
