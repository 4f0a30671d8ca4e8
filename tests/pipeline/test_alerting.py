"""One alert per cause, and none for a rule that is gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparkguard.results import Store
from sparkguard.results.alerts import last_rows
from sparkguard.run import audit
from tests.shops import run_audit, save, write_audit

ID = {"name": "id", "physicalType": "bigint", "required": True}
AMOUNT = {
    "name": "amount",
    "physicalType": "double",
    "logicalTypeOptions": {"minimum": 0},
    "logicalType": "number",
}


def alerts(spark: Any, folder: Path) -> dict[str, tuple[str, str]]:
    """State and outcome by check."""
    rows = last_rows(Store(spark, str(folder / "lake" / "sparkguard")))
    return {check: (row.state, row.outcome) for (_, check), row in rows.items()}


def test_a_table_that_can_not_be_read_is_one_alert_and_closes_when_it_can(
    spark: Any, tmp_path: Path
) -> None:
    config = write_audit(tmp_path, {"t": {"properties": [ID, AMOUNT]}})
    run_audit(config, spark)
    assert alerts(spark, tmp_path) == {"t.table": ("open", "error")}
    save(spark.range(3).selectExpr("id", "1D AS amount"), tmp_path, "t")
    assert audit(config, spark=spark).exit_code == 0
    assert alerts(spark, tmp_path) == {"t.table": ("resolved", "pass")}


def test_a_missing_column_is_the_alert_of_its_schema_and_a_rule_that_goes_takes_its_own_along(
    spark: Any, tmp_path: Path
) -> None:
    save(spark.range(3), tmp_path, "t")
    run_audit(write_audit(tmp_path, {"t": {"properties": [ID, AMOUNT]}}), spark)
    assert alerts(spark, tmp_path) == {"t.schema": ("open", "fail")}
    frame = spark.range(3).selectExpr("id", "-1D AS amount")
    frame.write.format("delta").mode("overwrite").option("overwriteSchema", True).save(
        str(tmp_path / "lake" / "t")
    )
    audit(write_audit(tmp_path, {"t": {"properties": [ID, AMOUNT]}}), spark=spark)
    by_range = {"t.schema": ("resolved", "pass"), "t.range.amount": ("open", "fail")}
    assert alerts(spark, tmp_path) == by_range
    other = write_audit(tmp_path, {"t": {"properties": [ID]}}, audit="another")
    audit(other, spark=spark)
    assert alerts(spark, tmp_path) == by_range, "another audit's rule is not ours to close"
    audit(write_audit(tmp_path, {"t": {"properties": [ID]}}), spark=spark)
    assert alerts(spark, tmp_path)["t.range.amount"] == ("resolved", "skipped")
