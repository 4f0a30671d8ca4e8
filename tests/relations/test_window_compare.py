from __future__ import annotations

from typing import Any

import pytest

from sparkguard.relations.window_compare import same
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate
from sparkguard.windows.values import Tolerance

SUM = Aggregate("sum", None, "amount")
EXACT = Feature(("total",), SUM)
LOOSE = Feature(("total",), SUM, Tolerance(absolute=0.5, relative=0.1))


@pytest.mark.parametrize(
    ("feature", "held", "exact", "equal"),
    [
        (EXACT, "1.5D", "1.5D", True),
        (EXACT, "1.5D", "1.50001D", False),
        (LOOSE, "1.5D", "1.9D", True),
        (LOOSE, "100D", "110D", True),
        (LOOSE, "100D", "120D", False),
        (LOOSE, "double('NaN')", "1D", False),
        (EXACT, "10.50BD", "10.5BD", True),
        (LOOSE, "10.50BD", "10.51BD", False),
        (EXACT, "9007199254740992L", "9007199254740993L", False),
    ],
)
def test_equality_is_exact_but_for_floats_with_a_tolerance(
    spark: Any, feature: Feature, held: str, exact: str, equal: bool
) -> None:
    frame = spark.range(1).selectExpr(f"{held} AS held", f"{exact} AS exact")
    found = same(feature, frame["held"], frame.schema["held"].dataType, frame["exact"])
    assert frame.select(found).collect()[0][0] is equal
