from __future__ import annotations

from pathlib import Path
from typing import Any

from sparkguard import gate
from sparkguard.suggest import suggest
from sparkguard.tables import TableRef


def test_the_data_a_suggestion_comes_from_passes_it(spark: Any, lake: Path) -> None:
    orders, shops = lake / "orders", lake / "shops"
    spark.range(20).selectExpr("id AS id", "CAST(id AS STRING) AS name").write.format("delta").save(
        str(shops)
    )
    spark.range(2_000).selectExpr(
        "CAST(id / 10 AS BIGINT) AS `order`",
        "CAST(id % 10 AS INT) AS line",
        "id % 5 AS shop",
        "id % 21 AS visited",
        "CASE WHEN id % 7 > 0 THEN CAST(id AS DECIMAL(10,2)) / 8 END AS amount",
        "element_at(array('open', 'paid', 'lo:st'), CAST(id % 3 + 1 AS INT)) AS state",
        "concat('n', id * 7919) AS note",
        "timestamp_seconds(1700000000 + id) AS at",
        "CAST(NULL AS DATE) AS never",
        "array(id) AS tags",
        "IF(id % 2 = 0, NULL, id) AS `a.b`",
        "named_struct('b', 7) AS a",
    ).write.format("delta").save(str(orders))
    others = dict.fromkeys(("shops", "sh-ops"), TableRef(path=str(shops)))
    found = suggest(str(orders), others=others, spark=spark)
    table = found.contract.table("orders")
    assert table is not None
    assert set(table.primary_key) <= {"order", "line", "note", "at"}
    text = found.text.replace('"', "")
    assert "to: shops.id" in text
    assert "# no reference to shops.id: 1 of 21 values are not there" in text
    assert "to_table: sh-ops" in text
    options = gate.GateOptions(table="orders", tables=others)
    result = gate.audit_table(str(orders), found.contract, options=options, spark=spark)
    assert result.accepted, result.reasons
    assert [c.required for c in table.columns if c.name == "a.b"] == [False]
    states = next(rule for rule in table.rules if rule.kind == "invalid_values")
    assert states.options["valid"] == ("lo:st", "open", "paid")
