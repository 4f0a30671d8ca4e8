"""Metrics of ranked lists: one number per query, then their mean over queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkguard.evaluation.metric import Metric, mean, undefined
from sparkguard.relations.ranked import UNIT


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
