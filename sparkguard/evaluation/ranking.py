"""Metrics of ranked lists: one number per query, then their mean over queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sparkguard.evaluation.metric import Metric, mean, undefined
from sparkguard.relations.ranked import UNIT, discounts


@dataclass(frozen=True)
class Queries:
    """Sums over queries that have a positive, in billionths; `no_positive` are the others."""

    n: int = 0
    no_positive: int = 0
    ndcg: int = 0
    ndcg2: int = 0
    reciprocal: int = 0
    reciprocal2: int = 0
    precision: int = 0
    precision2: int = 0


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


def metrics(of: Queries, k: int) -> Iterator[Metric]:
    named = (
        (f"ndcg_{k}", of.ndcg, of.ndcg2),
        ("mrr", of.reciprocal, of.reciprocal2),
        (f"precision_{k}", of.precision, of.precision2),
    )
    for name, first, second in named:
        if not of.n:
            yield undefined(name, "no query has a positive")
        else:
            yield mean(name, first / UNIT, second / UNIT, of.n)
