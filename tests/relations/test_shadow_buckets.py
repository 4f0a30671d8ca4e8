from __future__ import annotations

from typing import Any

from sparkguard.datatypes import from_json
from sparkguard.relations.shadow_buckets import ShadowBuckets
from sparkguard.relations.shadow_sides import Sides
from sparkguard.shadow_rules.columns import align
from sparkguard.shadow_rules.tolerance import Tolerance
from tests.shadow.frames import Frames


def test_both_sides_are_summed_by_slice_and_bucket(spark: Any) -> None:
    live = spark.sql("SELECT id, CAST(id % 2 AS INT) AS part, id / 2D AS x FROM range(100)")
    other = live.selectExpr("id", "part", "if(id = 3, x + 1e-9, x) AS x").where("id != 8")
    schema = from_json(live.schema.jsonValue())
    columns = align(schema, schema, ("id",), {"x": Tolerance(abs=1.0)})
    relation = ShadowBuckets(Sides("c", "s", columns, buckets=1))
    frame = relation.frame(Frames({"c": live, "s": other}), ("part",))
    rows = {r["part"]: r.asDict() for r in frame.collect()}
    sides = ("__sparkguard_rows_control", "__sparkguard_rows_shadow")
    assert {p: tuple(r[s] for s in sides) for p, r in rows.items()} == {
        "0": (50, 49),
        "1": (50, 50),
    }
    odd = rows["1"]
    assert odd["__sparkguard_low_control"] != odd["__sparkguard_low_shadow"]
    assert odd["__sparkguard_strict_low_control"] == odd["__sparkguard_strict_low_shadow"]
    assert (relation.subject, relation.tables()) == ("c", {"c", "s"})
