from __future__ import annotations

from typing import Any

import pytest

from sparkguard.relations.window_totals import applies, enter
from sparkguard.windows.spec import Window
from tests.relations.window_specs import SPECS

BY_PAIRS = {"calendar", "calendar month", "calendar as of", "calendar tumbling"}


@pytest.mark.parametrize("name", SPECS)
def test_totals_serve_where_events_stay_for_a_constant_time(name: str) -> None:
    expected = name not in BY_PAIRS and SPECS[name].window.kind not in ("rows", "session")
    assert applies(SPECS[name]) is expected


@pytest.mark.parametrize(
    ("options", "at", "first"),
    [
        ({"kind": "range", "length": "PT1H", "bounds": "[)"}, 7, 8),
        ({"kind": "range", "length": "PT1H", "bounds": "(]"}, 7, 7),
        ({"kind": "hopping", "length": "PT2H", "hop": "PT1H", "bounds": "[)"}, 7, 3_600_000_000),
        ({"kind": "hopping", "length": "PT2H", "hop": "PT1H", "bounds": "(]"}, 0, 0),
    ],
)
def test_when_an_event_enters(spark: Any, options: Any, at: int, first: int) -> None:
    from pyspark.sql.functions import lit

    found = spark.range(1).select(enter(Window(clock="elapsed", **options), lit(at)))
    assert found.collect()[0][0] == first
