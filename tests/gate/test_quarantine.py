"""What is written beside a quarantine is judged by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard import gate
from sparkguard.contracts.odcs import parse_contract
from tests.gate.test_gate import CONTRACT, GOOD, ROWS, rows, table


def shares(least: float, most: float) -> Any:
    """The contract with a rule on how many rows have no state."""
    valid = "quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [open, paid]}}]}"
    share = f"{{check: null_share, min: {least}, max: {most}}}"
    rule = f"quality: [{{type: custom, engine: sparkguard, implementation: {share}}}]}}"
    assert valid in CONTRACT
    return parse_contract(CONTRACT.replace(valid, rule), "orders.odcs.yaml")


@pytest.mark.parametrize(
    ("limits", "bad"),
    [
        # Too few rows are NULL: those that are must not be the ones that go.
        ((0.6, 1.0), []),
        # One in four of all rows, but one in two of those that are left.
        ((0.0, 0.3), [(3, -1.0, "open", 1), (4, -1.0, "open", 1)]),
    ],
)
def test_rows_that_break_a_rule_only_once_others_are_left_out_refuse_the_write(
    spark: Any, lake: Path, limits: tuple[float, float], bad: list[Any]
) -> None:
    target = table(spark, lake / "orders")
    frame = spark.createDataFrame([GOOD[0], (2, 7.5, None, 2), *bad], ROWS)
    options = gate.GateOptions(quarantine=str(lake / "apart"))
    with pytest.raises(gate.Refused, match="null_share"):
        gate.write(frame, shares(*limits), target, options)
    assert rows(spark, target) == []
    assert sorted(path.name for path in lake.iterdir()) == ["orders"]


def test_an_overwrite_of_which_every_row_is_bad_leaves_the_table(spark: Any, lake: Path) -> None:
    contract = parse_contract(CONTRACT, "orders.odcs.yaml")
    target = table(spark, lake / "orders")
    gate.write(spark.createDataFrame(GOOD, ROWS), contract, target)
    options = gate.GateOptions(mode="overwrite", quarantine=str(lake / "apart"))
    frame = spark.createDataFrame([(3, -1.0, "open", 1)], ROWS)
    with pytest.raises(gate.Refused) as refused:
        gate.write(frame, contract, target, options)
    assert refused.value.exit_code == 3
    assert "would leave the table without a row" in str(refused.value)
    assert rows(spark, target) == GOOD
