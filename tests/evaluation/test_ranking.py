from __future__ import annotations

import math

import pytest

from sparkguard.evaluation.ranking import UNIT, metrics
from tests.evaluation.oracle import of_queries, of_query

GAINS = (10, 0, 0, 1, 5)


@pytest.mark.parametrize(
    ("scores", "k", "digits", "expected"),
    [
        ((0.1, 0.2, 0.3, 4, 70), 5, 2, 0.69),
        ((0.05, 1.1, 1.0, 0.5, 0.0), 5, 2, 0.49),
        ((0.05, 1.1, 1.0, 0.5, 0.0), 4, 2, 0.35),
        ((1, 0, 0, 0, 1), 1, 2, 0.75),
    ],
)
def test_documented_ndcg(scores: tuple[float, ...], k: int, digits: int, expected: float) -> None:
    found = of_query(zip(scores, GAINS, strict=True), k)
    assert found is not None
    # The documented values are printed cut off, 0.695 as 0.69.
    assert math.floor(found[0] * 10**digits / UNIT) / 10**digits == expected


def test_queries_without_a_positive_are_counted_and_left_out() -> None:
    of = of_queries([[(0.9, 1.0), (0.1, 0.0)], [(0.5, 0.0)], []], 2)
    assert (of.n, of.no_positive) == (1, 2)
    assert {m.name: m.value for m in metrics(of, 2)} == {
        "ndcg_2": 1.0, "mrr": 1.0, "precision_2": 0.5
    }  # fmt: skip
    assert all(m.value is None and m.reason for m in metrics(of_queries([], 2), 2))


def test_one_query_tells_no_error() -> None:
    (ndcg, *_) = metrics(of_queries([[(0.9, 0.0), (0.1, 1.0)]], 2), 2)
    assert (ndcg.low, ndcg.high, ndcg.error) == (None, None, None)
    assert "no standard error" in ndcg.reason


def test_ties_share_their_places() -> None:
    found = of_query([(1.0, 1.0), (1.0, 0.0), (0.0, 0.0)], 1)
    assert found is not None
    assert found[2] == UNIT // 2  # the positive is first in half of the orders
    assert found[1] == round(UNIT / 1.5)
