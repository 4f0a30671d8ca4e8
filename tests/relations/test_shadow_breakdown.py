from __future__ import annotations

from typing import Any

from sparkguard.datatypes import from_json
from sparkguard.relations.live_with_shadow import LiveWithShadow
from sparkguard.relations.shadow_breakdown import ShadowBreakdown
from sparkguard.relations.shadow_sides import Sides
from sparkguard.shadow_rules.columns import align
from tests.shadow.frames import Frames


def test_wrong_and_equal_rows_are_counted_by_attribute(spark: Any) -> None:
    live = spark.sql(
        "SELECT if(id < 6, 'big', concat('e', id)) AS entity, id AS at, id % 2 = 0 AS flag, 1D AS x"
        " FROM range(10)"
    )
    other = live.selectExpr("entity", "at", "flag", "if(entity = 'big', 2D, x) AS x")
    schema = from_json(live.schema.jsonValue())
    matched = LiveWithShadow(Sides("c", "s", align(schema, schema, ("entity", "at"))))
    relation = ShadowBreakdown(matched, (("entity",),))
    names = [a.name for a in relation.attributes(())]
    assert names == ["rows per entity", "entity", "at", "flag", "x"]
    found = [r.asDict() for r in relation.frame(Frames({"c": live, "s": other}), ()).collect()]
    population = {
        (r["__sparkguard_wrong"], r["__sparkguard_equal"], r["__sparkguard_wrong_low"])
        for r in found
        if r["__sparkguard_i"] == 0
    }
    assert population == {(6, 0, 6.0), (0, 4, None)}
    (entity,) = (r for r in found if r["__sparkguard_i"] == 1 and r["__sparkguard_wrong"])
    assert (entity["__sparkguard_text_low"], entity["__sparkguard_text_high"]) == ("big", "big")
