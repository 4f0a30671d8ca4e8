"""Which label counts, in which bucket every row is, and ranked lists, in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sparkguard.evaluation.ranking import Queries
from sparkguard.relations.effective_label import LabelBucket as L
from sparkguard.relations.effective_label import PredictionBucket as P
from sparkguard.relations.label_rows import LabelRow
from sparkguard.relations.ranked import UNIT, discounts

DAY = 86_400_000_000


@dataclass(frozen=True)
class Prediction:
    id: int | None
    time: int | None
    score: float
    week: str = "1"


@dataclass(frozen=True)
class Label:
    id: int | None
    label: int | None
    event: int | None
    arrival: int | None
    rank: int | None
    deleted: bool = False


@dataclass(frozen=True)
class Outcome:
    """Rows by bucket, orphans apart, and (id, score, truth) of the predictions that count.

    `of_id` is the bucket of each of these, `rows` all label rows by what is known of them, and
    `used` labels by the days of their prediction and of their arrival.
    """

    predictions: Counter[P]
    labels: Counter[L]
    orphans: int
    truth: tuple[tuple[int, float, int | None], ...]
    of_id: dict[int, P]
    rows: Counter[LabelRow]
    used: Counter[tuple[int, int]]


def evaluate(
    predictions: Sequence[Prediction], labels: Sequence[Label], horizon: int, as_of: int
) -> Outcome:
    counted: Counter[P] = Counter()
    rows: Counter[L] = Counter()
    kept: dict[int, Prediction] = {}
    for one in sorted(
        (p for p in predictions if p.time is not None and p.id is not None and p.time <= as_of),
        key=lambda p: (p.time, p.score),
    ):
        assert one.id is not None
        first = kept.setdefault(one.id, one)
        if first is not one:
            counted[P.REPEATED_SAME if one.score == first.score else P.REPEATED_CONFLICT] += 1
    for one in predictions:
        if one.id is None:
            counted[P.NULL_ID] += 1
        elif one.time is None:
            counted[P.NO_TIME] += 1
        elif one.time > as_of:
            counted[P.NOT_YET] += 1
    states = [_state(x, as_of) for x in labels]
    known = [x for x, state in zip(labels, states, strict=True) if state is LabelRow.KNOWN]
    truth, of_id = [], {}
    used: Counter[tuple[int, int]] = Counter()
    for id_, prediction in kept.items():
        bucket, value, arrival = _label_of(
            prediction, [x for x in known if x.id == id_], horizon, rows
        )
        if arrival is not None:
            used[(prediction.time or 0) // DAY, arrival // DAY] += 1
        assert prediction.time is not None
        if bucket is None:
            bucket = P.PENDING if as_of <= prediction.time + horizon else P.OVERDUE
        counted[bucket] += 1
        of_id[id_] = bucket
        truth.append((id_, prediction.score, value))
    orphans = sum(x.id not in kept for x in known)
    return Outcome(counted, rows, orphans, tuple(sorted(truth)), of_id, Counter(states), used)


def _state(x: Label, as_of: int) -> LabelRow:
    if x.arrival is not None and x.arrival > as_of:
        return LabelRow.NOT_YET
    if x.id is None:
        return LabelRow.NULL_ID
    return LabelRow.NO_ARRIVAL if x.arrival is None else LabelRow.KNOWN


def _label_of(
    prediction: Prediction, labels: list[Label], horizon: int, rows: Counter[L]
) -> tuple[P | None, int | None, int | None]:
    """Bucket, label, and when the row that is used was known."""
    usable = []
    for x in labels:
        assert prediction.time is not None
        if x.event is None:
            rows[L.NO_TIME] += 1
        elif x.event < prediction.time:
            rows[L.BEFORE_PREDICTION] += 1
        elif x.event > prediction.time + horizon:
            rows[L.LATE] += 1
        else:
            usable.append(x)
    if not usable:
        return None, None, None
    top = max((x.rank for x in usable), key=_height)
    said: set[Any] = {_said(x) for x in usable if x.rank == top}
    if len(said) > 1:
        for x in usable:
            if x.rank == top:
                rows[L.CONFLICTING] += 1
            else:
                rows[L.DELETE_MARK if _said(x) is None else L.SUPERSEDED] += 1
        return P.CONFLICTING, None, None
    (value,) = said
    same = 0
    for x in usable:
        if _said(x) is None:
            rows[L.DELETE_MARK] += 1
        elif value is not None and x.label == value:
            rows[L.DUPLICATE if same else L.USED] += 1
            same += 1
        else:
            rows[L.SUPERSEDED] += 1
    if value is None:
        return None, None, None
    unchanged = len(usable) > 1 and {_said(x) for x in usable} == {value}
    return (P.DUPLICATE_LABEL if unchanged else P.LABELLED), value, _known_first(usable, value)


def _known_first(usable: list[Label], value: int) -> int | None:
    """Version by version from the last one back, as long as each says `value` and nothing else."""
    arrivals: list[int] = []
    for rank in sorted({x.rank for x in usable}, key=_height, reverse=True):
        of_version = [x for x in usable if x.rank == rank]
        if {_said(x) for x in of_version} != {value}:
            break
        arrivals += [x.arrival for x in of_version if x.arrival is not None]
    return min(arrivals)


def _height(rank: int | None) -> float:
    return float("-inf") if rank is None else rank


def _said(x: Label) -> int | None:
    return None if x.deleted else x.label


def of_query(items: Iterable[tuple[float, float]], k: int) -> tuple[int, int, int] | None:
    """(NDCG@k, reciprocal rank, precision@k) of (score, gain) pairs, in billionths.

    Equal scores share their places (McSherry and Najork, 2008): each gets the mean discount of
    its group, the mean share of the first `k` places, and the expected place of the group's
    first positive. None where no gain is positive.
    """
    groups: dict[float, list[float]] = {}
    for score, gain in items:
        groups.setdefault(score, []).append(gain)
    gains = sorted((gain for group in groups.values() for gain in group), reverse=True)
    if not any(gain > 0 for gain in gains):
        return None
    weights = discounts(k)
    ideal = sum(gain * weight for gain, weight in zip(gains, weights, strict=False))
    dcg = hits = reciprocal = 0.0
    place = 0
    for score in sorted(groups, reverse=True):
        group = groups[score]
        size, inside = len(group), max(0, min(len(group), k - place))
        dcg += sum(group) * sum(weights[place : place + inside]) / size
        positives = sum(gain > 0 for gain in group)
        hits += positives * inside / size
        if positives and not reciprocal:
            reciprocal = 1 / (place + 1 + (size - positives) / (positives + 1))
        place += size
    return round(dcg / ideal * UNIT), round(reciprocal * UNIT), round(hits / k * UNIT)


def of_queries(queries: Iterable[Sequence[tuple[float, float]]], k: int) -> Queries:
    """The sums of many queries, in plain Python."""
    total = Queries()
    for items in queries:
        found = of_query(items, k)
        if found is None:
            total = Queries(*_added(total, (0, 1, *(0,) * 6)))
        else:
            pairs = [x for value in found for x in (value, value * value // UNIT)]
            total = Queries(*_added(total, (1, 0, *pairs)))
    return total


def _added(one: Queries, other: Sequence[int]) -> Iterator[int]:
    mine = (
        *(one.n, one.no_positive, one.ndcg, one.ndcg2),
        *(one.reciprocal, one.reciprocal2, one.precision, one.precision2),
    )
    return (a + b for a, b in zip(mine, other, strict=True))
