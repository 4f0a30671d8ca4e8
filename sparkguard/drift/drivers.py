"""Which slices drive the change of a number that is followed through partitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparkguard.drift.metric import Metric, finite, parts
from sparkguard.drift.partitions import merged, ordered_in_time
from sparkguard.drift.references import days_of
from sparkguard.slices import Slice
from sparkguard.verdicts import Evidence

_MOST_NAMED = 10

Survey = Mapping[Slice, list[tuple[str, Any]]]
"""Label and state of each partition in the order of time, by segment."""


def drivers(metric: Metric, survey: Survey, time: str, season: int) -> Iterator[Evidence]:
    """Of the partition that lies furthest out, what each slice beside the time brings to it.

    `time` names the slice column of the time, `season` is in days; shares are of the change.
    """
    days: dict[str, dict[Slice, Any]] = {}
    for segment, ordered in survey.items():
        for label, state in ordered:
            days.setdefault(label, {})[segment] = state
    by_day = {Slice.of({time: label}): merged(states) for label, states in days.items()}
    worst, before = _worst(metric, ordered_in_time(by_day, time), season)
    if worst is None:
        return
    found = parts(metric, days[before], days[worst])
    for i, (segment, part) in enumerate(list(found.items())[:_MOST_NAMED]):
        text = f"{part.total:+g}, of which {part.mix:+g} by its size"
        yield Evidence(
            "hypotheses", f"what drives {worst}", i, str(segment), number=part.share, text=text
        )


def _worst(metric: Metric, days: list[tuple[str, Any]], season: int) -> tuple[str | None, str]:
    """The day whose total differs most from that one season before, and that day."""
    totals = [finite(metric, state) or 0.0 for _, state in days]
    back = season if days_of([label for label, _ in days]) else 1
    moves = [(abs(totals[i] - totals[i - back]), i) for i in range(back, len(days))]
    if not moves:
        return None, ""
    at = max(moves)[1]
    return days[at][0], days[at - back][0]
