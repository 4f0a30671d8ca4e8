"""What changed since the run before, check by check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sparkguard.report.model import Change, Trend
from sparkguard.report.words import RANK, TROUBLE
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.verdicts import Outcome

Outcomes = Mapping[str, Outcome]
"""Outcomes of one check by slice."""


class Before:
    """What was known of each check before a run: verdicts of the `last` one, else of an earlier.

    `earlier` are verdicts that speak for a check in the runs before, oldest first; they answer
    for what the last run left out.
    """

    def __init__(self, last: Iterable[ResultRow], earlier: Iterable[ResultRow]) -> None:
        self._last: dict[str, dict[str, Outcome]] = {}
        self._left_out: set[str] = set()
        for row in last:
            if row.is_left_out:
                self._left_out.add(row.check_id)
            else:
                self._last.setdefault(row.check_id, {})[row.slice] = Outcome(row.outcome)
        self._earlier = {
            row.check_id: Outcome(row.outcome) for row in earlier if not row.is_left_out
        }

    def change(self, check: str, mine: Outcomes) -> Change:
        """How a check moved since it was last judged."""
        if check not in self._left_out:
            return change(mine, self._last.get(check, {}))
        if check not in self._earlier:
            return Change(Trend.FIRST)
        # Only the worst verdict is known of it, so no slice can be called new.
        return replace(change(mine, {"": self._earlier[check]}), new_slices=())


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
    if was in TROUBLE and now is Outcome.PASS:
        return Trend.HEALED
    if was is None or was == now or now not in TROUBLE:
        return Trend.SAME
    return Trend.WORSE if RANK[now] < RANK[was] else Trend.BETTER
