"""Each query's numbers against plain Python, ties and missing labels among them."""

from __future__ import annotations

import random
from typing import Any

from sparkguard.relations.effective_label import SCORE, TRUTH
from sparkguard.relations.ranked import QUERY, ranked, sums
from tests.evaluation.oracle import of_queries, of_query

K = 3


def test_every_query_agrees_with_plain_python(spark: Any) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    draw = random.Random(11)
    queries = {
        f"q{i}": [
            (draw.choice((0.1, 0.2, 0.2, 0.9)), draw.choice((0.0, 0.0, 1.0, 3.0)))
            for _ in range(draw.randrange(1, 9))
        ]
        for i in range(60)
    }
    rows = [(q, score, gain) for q, items in queries.items() for score, gain in items]
    rows += [("unknown", 0.5, 1.0), ("unknown", 0.4, None), (None, 0.5, 1.0)]
    frame = spark.createDataFrame(rows, f"{QUERY} STRING, {SCORE} DOUBLE, {TRUTH} DOUBLE")
    found = ranked(frame, F.lit(True), K)
    totals = found.selectExpr(*(f"sum({each.text}) AS s{i}" for i, each in enumerate(sums())))
    labelled, n, without, *numbers = totals.collect()[0]
    assert labelled == len(rows) - 1
    expected = of_queries(list(queries.values()), K)
    assert (n, without) == (expected.n, expected.no_positive)
    parts = [of_query(items, K) for items in queries.values()]
    for place, at in enumerate((0, 2, 4)):
        exact = sum(part[place] for part in parts if part is not None)
        assert abs(numbers[at] - exact) <= len(queries)  # one billionth per query
