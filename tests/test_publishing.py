from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard import gate
from sparkguard.errors import ConfigurationError
from sparkguard.publishing import publish, read_version
from sparkguard.results.registry import Registry
from sparkguard.results.registry_rows import Published
from sparkguard.tables import TableRef
from tests.stores import create_store

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


def publish_file(file: Path, registry: Registry, by: str, **legal: Any) -> Published:
    return publish(*read_version(file), registry, by, **legal)


def test_a_file_that_is_no_utf_8_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "latin1.odcs.yaml"
    file.write_bytes((HEAD.format(version="1.0.0") + OLD + "# Größe\n").encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"latin1.odcs.yaml:11:1: not UTF-8 text"):
        read_version(file)
    file.write_bytes((HEAD.format(version="1.0.0") + OLD + "# Größe\n").encode("utf-8-sig"))
    assert read_version(file)[1].startswith("apiVersion")


def test_stored_rows_prove_a_stricter_rule_or_block_it(spark: Any, lake: Path) -> None:
    create_store(spark, lake / "results")
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
    unproven = publish_file(new, registry, "ann", tables={"": TableRef(path=str(table))})
    assert [b.change.rule for b in unproven.decision.blocks] == ["required"]
    spark.sql(f"DELETE FROM delta.`{table}` WHERE a IS NULL")
    done = publish_file(new, registry, "ann", tables={"": TableRef(path=str(table))})
    assert done.publication is not None
    row = registry.listing()[-1]
    assert {(p["scanned"], p["rows"], p["violations"]) for p in row["proofs"]} == {(1, 1, 0)}
    assert {p["version"] for p in row["proofs"]} == {1}


RETYPED = """      - {name: a, logicalType: integer, physicalType: smallint}
      - {name: b, logicalType: integer, physicalType: int}
      - {name: c, logicalType: integer, physicalType: int, required: true,
         customProperties: [{property: default, value: 0}]}
"""


def test_a_rewritten_and_backfilled_table_proves_it(spark: Any, lake: Path) -> None:
    create_store(spark, lake / "results")
    registry = Registry(spark, str(lake / "results"))
    old, new = lake / "old.yaml", lake / "new.yaml"
    old.write_text(HEAD.format(version="1.0.0") + OLD)
    new.write_text(HEAD.format(version="1.1.0") + RETYPED)
    table = str(lake / "orders")
    spark.sql("SELECT 1 AS a, 2 AS b").write.format("delta").save(table)
    publish_file(old, registry, "ann")
    tables = {"": TableRef(path=table)}
    blocked = publish_file(new, registry, "ann", acknowledged="0 is fine", tables=tables)
    assert sorted(b.change.rule for b in blocked.decision.blocks) == ["added_required", "narrowing"]
    rewritten = spark.sql("SELECT CAST(1 AS SMALLINT) AS a, 2 AS b, 0 AS c").write.format("delta")
    rewritten.mode("overwrite").option("overwriteSchema", "true").save(table)
    done = publish_file(new, registry, "ann", acknowledged="0 is fine", tables=tables)
    assert done.publication is not None, done.decision.blocks


def test_versions_without_live_files_no_longer_count(spark: Any, lake: Path) -> None:
    create_store(spark, lake / "results")
    registry = Registry(spark, str(lake / "results"))
    versions = {
        "1.0.0": "      - {name: c, logicalType: string, physicalType: string}\n",
        "1.1.0": "",
        "1.2.0": "      - {name: c, logicalType: integer, physicalType: int}\n",
    }
    mode = "customProperties: [{property: sparkguard.compatibility, value: history}]\nschema:\n"
    files = {}
    for version, column in versions.items():
        files[version] = lake / f"{version}.yaml"
        head = HEAD.format(version=version).replace("schema:\n", mode)
        files[version].write_text(
            head + "      - {name: k, logicalType: integer, physicalType: int}\n" + column
        )
    target = str(lake / "orders")
    tables = {"": TableRef(path=target)}
    assert publish_file(files["1.0.0"], registry, "ann").publication is not None
    gate.write(spark.sql("SELECT 1 AS k, 'x' AS c"), files["1.0.0"], target, registry=registry)
    assert publish_file(files["1.1.0"], registry, "ann").publication is not None
    blocked = publish_file(files["1.2.0"], registry, "ann", tables=tables).decision.blocks
    assert [(b.version, b.change.rule) for b in blocked] == [("1.0.0", "family")]
    spark.sql(f"DELETE FROM delta.`{target}`")
    gate.write(
        spark.sql("SELECT 2 AS k"), files["1.1.0"], target,
        gate.GateOptions(mode="overwrite", overwrite_schema=True), registry=registry,
    )  # fmt: skip
    assert publish_file(files["1.2.0"], registry, "ann", tables=tables).publication is not None


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"order": "/x"}, "has no table 'order'.*Did you mean 'orders'"),
        ({"": "/x"}, "several tables"),
    ],
)
def test_a_table_that_the_contract_does_not_know_is_refused(
    tmp_path: Path, tables: dict[str, str], said: str
) -> None:
    file = tmp_path / "two.yaml"
    two = "  - {name: shops, properties: [{name: id, logicalType: integer}]}\n"
    file.write_text(HEAD.format(version="1.0.0") + OLD + two)
    refs = {name: TableRef(path=path) for name, path in tables.items()}
    with pytest.raises(ConfigurationError, match=said):
        publish_file(file, None, "ann", tables=refs)  # type: ignore[arg-type]


CYCLE = """      - {name: a, logicalType: integer, physicalType: int, unique: true}
      - {name: shop, logicalType: integer, physicalType: int, relationships: [{to: shops.id}]}
  - name: shops
    properties:
      - {name: id, logicalType: integer, physicalType: int, unique: true}
      - {name: last, logicalType: integer, physicalType: int, relationships: [{to: orders.a}]}
"""
MANY = "".join(
    f"      - {{name: c{i}, logicalType: number, physicalType: double, required: true}}\n"
    for i in range(5_000)
)


def test_a_contract_is_published_as_a_whole_or_not_at_all(spark: Any, lake: Path) -> None:
    registry = Registry(spark, str(lake / "results"))
    file = lake / "orders.yaml"

    def published(columns: str, version: str = "1.0.0", id: str = "orders") -> Any:
        file.write_text(HEAD.format(version=version).replace("id: orders", f"id: {id}") + columns)
        return publish_file(file, registry, "ann")

    with pytest.raises(ConfigurationError, match="sparkguard init"):
        published(OLD)
    create_store(spark, lake / "results")
    assert published(CYCLE, id="staff").publication is not None
    assert published(CYCLE, id="staff").decision.already is not None
    assert published(MANY, id="wide").publication is not None
    renamed = published(MANY.replace("c4999", "d4999"), "1.1.0", id="wide")
    assert {b.change.rule for b in renamed.decision.blocks} == {
        "added_required", "dropped_required",
    }  # fmt: skip
    with pytest.raises(ConfigurationError, match=r"1\.0\.0 is not above 1\.0\.0"):
        published(OLD, id="wide")
    for text in ("only words", "- a list", "apiVersion: v9.0.0", HEAD.format(version="1.0.0")):
        file.write_text(text)
        with pytest.raises(ConfigurationError, match=r"orders\.yaml"):
            publish_file(file, registry, "ann")
    with pytest.raises(ConfigurationError, match="shopz"):
        published(CYCLE.replace("shops.id", "shopz.id"))
    assert [(row["contract_id"], row["version"]) for row in registry.listing()] == [
        ("staff", "1.0.0"),
        ("wide", "1.0.0"),
    ]


def test_a_registry_of_a_newer_release_is_refused_before_a_table_is_read(
    spark: Any, lake: Path
) -> None:
    store = str(lake / "results")
    create_store(spark, store)
    file = lake / "orders.yaml"
    file.write_text(HEAD.format(version="1.0.0") + OLD)
    assert publish_file(file, Registry(spark, store), "ann").publication is not None
    spark.sql(f"ALTER TABLE delta.`{store}/runs` SET TBLPROPERTIES ('sparkguard.generation'='9')")
    file.write_text(HEAD.format(version="1.1.0") + NEW)
    absent = {"": TableRef(path=str(lake / "absent"))}
    with pytest.raises(ConfigurationError, match=r"generation 9.*Use a newer SparkGuard"):
        publish_file(file, Registry(spark, store), "ann", tables=absent)
    assert len(Registry(spark, store).listing()) == 1
