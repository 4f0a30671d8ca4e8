from __future__ import annotations

import json
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from sparkguard.drift.comparison import Comparison
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.profile import Need, Profile
from sparkguard.profiling import ColumnSummary, TableProfile
from sparkguard.relations.table import Table
from sparkguard.rendering.tabular import MOST_ROWS, Grid, Tabular
from sparkguard.results.baselines import Stored
from sparkguard.results.run_result import RunResult
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome
from tests.report.facts import row, run

WICKED = "<script>alert(1)</script>\u202e"


def results(count: int) -> RunResult:
    rows = [row(f"t.range.c{n:03d}", "fail", f"m={n}", reason=WICKED) for n in range(count)]
    return RunResult(run(failed=count), tuple(rows), "/lake")


def profile() -> TableProfile:
    numbers = {"rows": 10, "null": 3, "mean": 2.5}
    summaries = (
        ColumnSummary(WICKED, "int", WHOLE, Outcome.PASS, "", numbers, "1", "4"),
        ColumnSummary("b", "map", Slice.of({"m": "1"}), Outcome.NOT_EVALUABLE, "no statistics", {}),
    )
    return TableProfile(7, summaries, Profile())


def baseline() -> Stored:
    states = {(Need(Table("t"), Rows()), WHOLE): RowsState(10)}
    return Stored("q1", "t", 3, (), Profile(states))


def comparison() -> Comparison:
    one, level = np.array([0.5, np.nan]), np.array([1, 0])
    yes = np.array([True, True])
    return Comparison(
        *(one, one, one, level, one, one, one, yes, one, one, one, one, level), {0: WICKED}
    )


@pytest.mark.parametrize("shown", [results(3), profile(), baseline(), comparison()])
def test_a_notebook_shows_it_escaped(shown: Tabular) -> None:
    root = ElementTree.fromstring(shown._repr_html_())
    assert not list(root.iter("script"))
    assert "\u202e" not in shown._repr_html_()
    assert len(list(root.iter("tr"))) == 1 + len(shown.grid().rows)


@pytest.mark.parametrize("shown", [results(3), profile(), baseline(), comparison()])
def test_it_becomes_pandas_and_plain_data(shown: RunResult | TableProfile | Stored) -> None:
    frame = shown.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert tuple(frame.columns) == shown.grid().names
    assert len(frame) == len(shown.grid().rows)
    assert json.loads(json.dumps(shown.to_dict(), default=str))


def test_long_results_are_capped_and_say_so() -> None:
    shown = results(MOST_ROWS + 25)._repr_html_()
    assert shown.count("<tr>") == 1 + MOST_ROWS
    assert "and 25 more rows" in shown
    assert len(results(5_000)._repr_html_()) < 100_000


class Mixed(Tabular):
    def grid(self) -> Grid:
        columns = (("n", "INT"), ("odd name", "STRING"), ("m", "MAP<STRING, DOUBLE>"))
        return Grid("mixed", columns, [(1, "x", {"a": 0.5}), (None, None, None)])


@pytest.mark.e2e
def test_it_becomes_a_typed_frame_of_spark(spark: object) -> None:
    frame = Mixed().to_spark(spark)  # type: ignore[arg-type]
    assert [tuple(found) for found in frame.collect()] == [(1, "x", {"a": 0.5}), (None,) * 3]
    verdicts = results(2).to_spark(spark)  # type: ignore[arg-type]
    assert verdicts.where("outcome = 'fail' AND reason LIKE '<script>%'").count() == 2
