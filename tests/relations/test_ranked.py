"""Each query's numbers against plain Python, ties and missing labels among them."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from sparkguard.relations.effective_label import ID, SCORE, TRUTH
from sparkguard.relations.ranked import QUERY, ranked, sums, valid
from tests.evaluation.oracle import of_queries, of_query

K = 3


def frame_of(spark: Any, rows: Sequence[tuple[str | None, float, float | None]]) -> Any:
    """With the place of each row as its id."""
    return spark.createDataFrame(
        [(i, *row) for i, row in enumerate(rows)],
        f"{ID} INT, {QUERY} STRING, {SCORE} DOUBLE, {TRUTH} DOUBLE",
    )


def test_every_query_agrees_with_plain_python(spark: Any) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    draw = random.Random(11)
    queries = {
        f"q{i}": [
            (draw.choice((0.1, 0.2, 0.2, 0.9)), draw.choice((0.0, 0.0, 1.0, 3.0, 0.001, 1e9)))
            for _ in range(draw.randrange(1, 9))
        ]
        for i in range(60)
    }
    rows = [(q, score, gain) for q, items in queries.items() for score, gain in items]
    rows += [("unknown", 0.5, 1.0), ("unknown", 0.4, None), (None, 0.5, 1.0)]
    rows += [("invalid", 0.5, 1.0), ("invalid", 0.4, -1.0)]
    frame = frame_of(spark, rows)
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


def test_a_query_counts_at_the_least_id_of_its_highest_score_however_rows_lie(spark: Any) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    rows = [(f"q{i % 5}", 0.9 if i % 3 else 0.2, float(i % 2)) for i in range(60)]
    expected = {min(i for i, (q, score, _) in enumerate(rows) if q == f"q{n}" and score > 0.5)
                for n in range(5)}  # fmt: skip
    frame = frame_of(spark, rows)
    for one in (frame, frame.orderBy(F.col(ID).desc()).coalesce(1), frame.repartition(7, ID)):
        counted = ranked(one, F.lit(True), K).where(f"({sums()[1].text}) = 1")
        assert {row[ID] for row in counted.collect()} == expected


def test_what_has_no_place_in_a_list(spark: Any) -> None:
    fit = [("q", 0.5, gain) for gain in (None, 0.0, 0.001, 0.7, 1e9)]
    unfit: list[Any] = [("q", 0.5, gain) for gain in (-1.0, 0.0004, 2e9, math.inf, math.nan)]
    unfit += [(None, 0.5, 1.0), ("q", None, 1.0), ("q", math.nan, 1.0)]
    found = frame_of(spark, [*fit, *unfit]).where(valid().text)
    assert {row[ID] for row in found.collect()} == set(range(len(fit)))
