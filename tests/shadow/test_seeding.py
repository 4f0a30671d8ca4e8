"""Seeded faults are found by a sound comparison, whatever the rows hold."""

from __future__ import annotations

from typing import Any

import pytest

from sparkguard.datatypes import from_json
from sparkguard.errors import EvaluationError
from sparkguard.shadow.comparison import Settings
from sparkguard.shadow.seeding import FAULT, detected, seeded, told
from sparkguard.shadow_rules.columns import align
from sparkguard.shadow_rules.tolerance import Tolerance
from sparkguard.shadow_rules.verdict import (
    PartitionOutcome,
    PartitionVerdict,
    errored,
)
from sparkguard.slices import WHOLE, Slice

VALUES = {
    "mixed signs": "40 * sin(id)",
    "large": "1e15 + id * 1e13",
    "unlike": "if(id % 37 = 0, -1e6, 1e-3 * id)",
    "odd": "CASE id % 5 WHEN 0 THEN NULL WHEN 1 THEN DOUBLE('NaN') WHEN 2 THEN 0D"
    " WHEN 3 THEN DOUBLE('-infinity') ELSE 7D END",
    "single": "CAST(1000 * cos(id) AS FLOAT)",
}


@pytest.mark.parametrize(
    "rule", [Tolerance(rel=1e-6), Tolerance(rel=1e-6, abs=1e-12), Tolerance(abs=1e-12)], ids=str
)
def test_a_small_bias_shows_in_thirty_rows_of_any_values(spark: Any, rule: Tolerance) -> None:
    for what, value in VALUES.items():
        frame = spark.range(30).selectExpr("id", f"{value} AS x")
        schema = from_json(frame.schema.jsonValue())
        settings = Settings(key=("id",), columns={"x": rule}, explain=False)
        columns = align(schema, schema, settings.key, settings.columns)
        found = seeded(frame, schema, columns, settings, WHOLE)
        assert found == dict.fromkeys(("dropped row", "duplicated row", "small bias"), True), what


def test_what_was_not_compared_is_no_missed_fault() -> None:
    at = Slice.of({FAULT: "one unit"})
    clean = PartitionVerdict(at, PartitionOutcome.CLEAN, "")
    assert detected("one unit", {at: clean}) is False
    assert detected("one unit", {at: PartitionVerdict(at, PartitionOutcome.DIRTY, "")}) is True
    for verdicts in ({at: errored(at, "executor lost")}, {WHOLE: errored(WHOLE, "executor lost")}):
        with pytest.raises(EvaluationError, match="'one unit' was not compared: executor lost"):
            detected("one unit", verdicts)


def test_what_was_left_out_is_told() -> None:
    found = told({"dropped row": True, "one unit": True}, WHOLE)
    assert found.outcome is PartitionOutcome.CLEAN
    assert found.reason.startswith("2 faults detected; left out, as no column or too few rows hold")
    assert found.reason.endswith("truncated decimal, small bias")
    missed = told({"dropped row": False}, WHOLE)
    assert (missed.outcome, missed.reason[:25]) == (
        PartitionOutcome.DIRTY,
        "not detected: dropped row",
    )
