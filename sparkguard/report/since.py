"""What changed since the run before, check by check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sparkguard.report.model import Change, Trend
from sparkguard.report.words import RANK, TROUBLE
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.verdicts import Outcome

Outcomes = Mapping[str, Outcome]
"""Outcomes of one check by slice."""


def outcomes(rows: Iterable[ResultRow]) -> dict[str, dict[str, Outcome]]:
    """Outcomes by check id and slice."""
    found: dict[str, dict[str, Outcome]] = {}
    for row in rows:
        found.setdefault(row.check_id, {})[row.slice] = Outcome(row.outcome)
    return found


def change(mine: Outcomes, theirs: Outcomes | None) -> Change:
    """How a check moved from `theirs`, the run before; None when there was no such run.

    A check that the run before did not have is new where it is in trouble. Slices count as new
    when they are in trouble and were not, or were not there.
    """
    worst = min(mine.values(), key=lambda outcome: RANK[outcome])
    if theirs is None:
        return Change(Trend.FIRST)
    was = min(theirs.values(), key=lambda outcome: RANK[outcome], default=None)
    troubled = {slice_ for slice_, outcome in mine.items() if outcome in TROUBLE}
    before_troubled = {slice_ for slice_, outcome in theirs.items() if outcome in TROUBLE}
    new = tuple(sorted(filter(None, troubled - before_troubled)))
    return Change(_trend(worst, was), was, new)


def _trend(now: Outcome, was: Outcome | None) -> Trend:
    if now in TROUBLE and was not in TROUBLE:
        return Trend.NEW
    if was in TROUBLE and now not in TROUBLE:
        return Trend.HEALED
    if was is None or was == now or now not in TROUBLE:
        return Trend.SAME
    return Trend.WORSE if RANK[now] < RANK[was] else Trend.BETTER
