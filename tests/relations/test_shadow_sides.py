from __future__ import annotations

from typing import Any

from sparkguard.datatypes import from_json
from sparkguard.relations.shadow_sides import Sides
from sparkguard.shadow_rules.columns import align
from sparkguard.slices import Slice
from tests.shadow.frames import Frames


def test_only_the_named_buckets_and_slices_are_read(spark: Any) -> None:
    live = spark.sql("SELECT id, nullif(id % 3, 2) AS part FROM range(300)")
    schema = from_json(live.schema.jsonValue())
    sides = Sides("c", "s", align(schema, schema, ("id",)), buckets=200)
    tables = Frames({"c": live})
    found = live.selectExpr("id", f"{sides.bucket('control')} AS bucket").collect()
    wanted = [0, 63, 64, 127, 199]
    read = sides.rows(tables, "control", buckets=wanted).collect()
    assert sorted(r.id for r in read) == sorted(r.id for r in found if r.bucket in wanted)
    slices = [Slice.of({"part": None}), Slice.of({"part": "1"})]
    assert sides.rows(tables, "control", slices).count() == 200
    within = Sides("c", "s", sides.columns, Slice.of({"part": "0"}))
    assert within.rows(tables, "control").count() == 100
