from __future__ import annotations

from typing import Any

from sparkguard.datatypes import from_json
from sparkguard.relations.live_with_shadow import LiveWithShadow
from sparkguard.relations.shadow_breakdown import ShadowBreakdown
from sparkguard.relations.shadow_buckets import ShadowBuckets
from sparkguard.relations.shadow_sides import Sides
from sparkguard.shadow_rules.columns import align
from tests.shadow.frames import Frames


def relation_of(*schemas: Any, key: tuple[str, ...]) -> LiveWithShadow:
    one, other = (from_json(frame.schema.jsonValue()) for frame in schemas)
    return LiveWithShadow(Sides("c", "s", align(one, other, key)))


def test_rows_are_paired_only_where_one_of_each_side_is_left(spark: Any) -> None:
    rows = [(1, "a"), (2, "a"), (2, "b"), (3, "x"), (4, "p"), (4, "q"), (None, "n")]
    others = [(1, "a"), (2, "a"), (2, "c"), (4, "r"), (4, "s"), (5, "y"), (None, "m")]
    ddl = "k int, v string"
    live, other = spark.createDataFrame(rows, ddl), spark.createDataFrame(others, ddl)
    relation = relation_of(live, other, key=("k",))
    tables = Frames({"c": live, "s": other})
    matched = {
        r["__sparkguard_key0"]: (r.rows_c, r.rows_s, r.left_c, r.left_s, r.pair)
        for r in relation.entries(tables, ()).collect()
    }
    assert matched == {
        1: (1, 1, 0, 0, False),
        2: (2, 2, 1, 1, True),
        3: (1, 0, 1, 0, False),
        4: (2, 2, 2, 2, False),
        5: (0, 1, 0, 1, False),
        None: (1, 1, 1, 1, True),
    }


def plan_of(frame: Any) -> str:
    import contextlib
    import io

    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        frame.explain()
    return text.getvalue()


def test_plans_do_not_grow_with_columns(spark: Any, lake: Any) -> None:
    """Scans and shuffles, which make jobs, are the same for 3 and 41 columns in every step."""
    shapes: dict[str, list[tuple[int, int]]] = {}
    for width in (2, 40):
        cells = (f"id + {i} AS c{i}" for i in range(width))
        rows = spark.range(10).selectExpr("id", *cells)
        folders = [str(lake / f"{side}{width}") for side in ("live", "shadow")]
        for folder in folders:
            rows.write.parquet(folder)
        live, other = map(spark.read.parquet, folders)
        matched = relation_of(live, other, key=("id",))
        for step in (ShadowBuckets(matched.sides), matched, ShadowBreakdown(matched)):
            text = plan_of(step.frame(Frames({"c": live, "s": other}), ()))
            counts = text.count("FileScan"), text.count("Exchange ")
            shapes.setdefault(step.kind, []).append(counts)
    assert {kind: len(set(counts)) for kind, counts in shapes.items()} == dict.fromkeys(shapes, 1)
    assert [scans for (scans, _), _ in shapes.values()] == [2, 2, 2]
