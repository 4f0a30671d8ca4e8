"""Whatever a reference refers to: an outcome with its reason, or a refusal before any read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.errors import ConfigurationError
from tests.shops import outcomes, run_audit, save, write_audit

ID = {"name": "id", "physicalType": "bigint"}


def table(*columns: str, **refers: str) -> dict[str, Any]:
    """A table of bigint columns; `refers` names, by column, what it refers to."""
    properties: list[dict[str, Any]] = [
        {"name": name, "physicalType": "bigint"} for name in columns
    ]
    properties += [
        {"name": name, "physicalType": "bigint", "relationships": [{"to": to}]}
        for name, to in refers.items()
    ]
    return {"properties": properties}


def test_every_bad_input_has_its_outcome_and_reason(spark: Any, tmp_path: Path) -> None:
    tables = {
        "child": table("id", to_gone="gone.id", to_empty="empty.id", boss="child.id", egg="hen.id"),
        "gone": table("id"),
        "empty": table("id"),
        "hen": table("id", hatched="child.id"),
        "nothing": table(to_child="child.id"),
    }
    rows = [(1, 1, 1, None, 5), (2, 1, 1, 1, 5), (3, 1, 1, 9, 6)]
    names = "id bigint, to_gone bigint, to_empty bigint, boss bigint, egg bigint"
    save(spark.createDataFrame(rows, names), tmp_path, "child")
    save(spark.range(0), tmp_path, "empty")
    save(spark.createDataFrame([(5, 1)], "id bigint, hatched bigint"), tmp_path, "hen")
    save(spark.range(0).selectExpr("id AS to_child"), tmp_path, "nothing")
    result = run_audit(write_audit(tmp_path, tables), spark)
    found = outcomes(result)
    reasons = {row.check_id: row.reason for row in result.results}
    assert {name: found[name] for name in found if ".references." in name} == {
        "child.references.to_gone": "error",
        "child.references.to_empty": "fail",
        "child.references.boss": "fail",
        "child.references.egg": "fail",
        "hen.references.hatched": "pass",
        "nothing.references.to_child": "not_evaluable",
    }
    assert "gone" in reasons["child.references.to_gone"]
    assert "does not exist" in reasons["child.references.to_gone"]
    assert reasons["child.references.to_empty"].startswith("the parent table empty has no keys")
    assert reasons["child.references.boss"].startswith("1 of 3 rows have no parent in child")
    assert reasons["child.references.egg"].startswith("1 of 3 rows have no parent in hen")
    assert reasons["nothing.references.to_child"] == "the table has no rows"
    assert result.exit_code == 3


def test_all_keys_that_cannot_be_compared_are_refused_before_any_row_is_read(
    spark: Any, tmp_path: Path
) -> None:
    frame = spark.createDataFrame([("1", 1.0)], "code string, share double")
    save(frame.selectExpr("*", "map('a', 1) AS tags"), tmp_path, "t")
    save(spark.range(3), tmp_path, "parent")
    # The rows are gone: only a look at the schema can still succeed.
    for file in (tmp_path / "lake" / "t").glob("*.parquet"):
        file.unlink()
    rules = [
        {
            "type": "custom",
            "engine": "sparkguard",
            "name": column,
            "implementation": {
                "check": "references",
                "columns": [column],
                "to_table": "parent",
                "to_columns": ["id"],
            },
        }
        for column in ("code", "share", "tags")
    ]
    properties = [
        {"name": "code", "physicalType": "string"},
        {"name": "share", "physicalType": "double"},
        {"name": "tags", "physicalType": "map<string,int>"},
    ]
    tables = {"t": {"properties": properties, "quality": rules}, "parent": {"properties": [ID]}}
    config = write_audit(tmp_path, tables)
    with pytest.raises(ConfigurationError) as raised:
        run_audit(config, spark)
    refused = str(raised.value).splitlines()
    assert [line.partition(": ")[0] for line in refused] == [
        "t.references", "t.references.share", "t.references.tags"
    ]  # fmt: skip
    reasons = ("string against bigint", "double is no key", "map<string,int> is no key")
    assert all(reason in line for reason, line in zip(reasons, refused, strict=True))
