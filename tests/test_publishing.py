from __future__ import annotations

from pathlib import Path
from typing import Any

from sparkguard.publishing import publish_file
from sparkguard.results import Store
from sparkguard.results.registry import Registry

HEAD = """apiVersion: v3.1.0
kind: DataContract
id: orders
version: {version}
status: active
schema:
  - name: orders
    properties:
"""
OLD = """      - {name: a, logicalType: integer, physicalType: int}
      - {name: b, logicalType: integer, physicalType: int}
"""
NEW = """      - {name: a, logicalType: integer, physicalType: int, required: true,
         logicalTypeOptions: {minimum: 0}}
      - {name: b, logicalType: integer, physicalType: int}
"""


def test_stored_rows_prove_a_stricter_rule_or_block_it(spark: Any, lake: Path) -> None:
    Store(spark, str(lake / "results")).init()
    registry = Registry(spark, str(lake / "results"))
    old, new = lake / "old.yaml", lake / "new.yaml"
    old.write_text(HEAD.format(version="1.0.0") + OLD)
    new.write_text(HEAD.format(version="1.1.0") + NEW)
    table = lake / "orders"
    spark.createDataFrame([(1, 1), (None, 2)], "a int, b int").write.format("delta").save(
        str(table)
    )
    assert publish_file(old, registry, "ann").publication is not None
    blind = publish_file(new, registry, "ann")
    assert sorted(b.change.rule for b in blind.decision.blocks) == ["required", "rule_added"]
    unproven = publish_file(new, registry, "ann", table=str(table))
    assert [b.change.rule for b in unproven.decision.blocks] == ["required"]
    spark.sql(f"DELETE FROM delta.`{table}` WHERE a IS NULL")
    done = publish_file(new, registry, "ann", table=str(table))
    assert done.publication is not None
    row = registry.listing()[-1]
    assert {(p["scanned"], p["rows"], p["violations"]) for p in row["proofs"]} == {(1, 1, 0)}
    assert {p["version"] for p in row["proofs"]} == {1}
