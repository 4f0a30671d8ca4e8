"""The metric views and the documented queries, run by DuckDB over the rows of a small store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import sqlglot

from sparkguard.results.metrics import KINDS, select, view_name
from sparkguard.results.views import metric_views
from sparkguard.tables import ResultsPlace
from sparkguard.verdicts import Evidence
from tests.report.facts import facts, history

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
BY_RUN = ("results", "evidence", "alerts")


def rows() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Rows of the tables that the queries read."""
    told = facts()
    last = {"run_id": told.run.run_id, "as_of": told.run.as_of, "table_version": 7}
    kinds = {row.check_id: row.check_kind for row in told.results}
    fields = Evidence.__dataclass_fields__
    yield "runs", [{k: v for k, v in vars(run).items() if k != "parts"} for run, _ in history()]
    yield (
        "results",
        [
            {**vars(row), "run_id": run.run_id, "as_of": run.as_of}
            for run, found in history()
            for row in found
        ],
    )
    yield (
        "evidence",
        [
            {
                **{name: getattr(row.evidence, name) for name in fields},
                "check_id": row.place[0],
                "slice": row.place[1],
                **last,
                "check_kind": kinds[row.place[0]],
                "dataset": row.place[0].split(".")[0],
            }
            for row in told.evidence
        ],
    )
    yield "pins", [{**vars(pin), **last} for pin in told.pins.values()]
    alert = {"dataset": "orders", "check_id": "c", "outcome": "fail", "state": "open"}
    details = {"slices": ["m=1"], "reason": "r", "first_seen": last["as_of"]}
    yield "alerts", [{**alert, **details, **last, "written_at": last["as_of"]}]


@pytest.fixture(scope="module")
def duck() -> Iterator[Any]:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA sg")
        for name, found in rows():
            frame = pd.DataFrame(found)
            maps = [c for c in frame if any(isinstance(v, dict) for v in frame[c])]
            connection.register("frame", frame.drop(columns=maps))
            empty = "".join(f", MAP([]::VARCHAR[], []::VARCHAR[]) AS {c}" for c in maps)
            connection.execute(f"CREATE TABLE sg.{name} AS SELECT *{empty} FROM frame")
            connection.unregister("frame")
        for name in BY_RUN:
            connection.execute(f"CREATE VIEW sg.{name}_committed AS SELECT * FROM sg.{name}")
        for kind in KINDS:
            query = transpiled(select(ResultsPlace(schema="sg"), "orders", kind).text)
            connection.execute(f"CREATE VIEW sg.{view_name('orders', kind)} AS {query}")
        yield connection


def transpiled(query: str) -> str:
    named = query.replace(f"CAST(X'{b'orders'.hex()}' AS STRING)", "'orders'")
    named = re.sub(r"(main\.sparkguard\.|delta\.`/lake/sparkguard/)(\w+)`?", r"sg.\2", named)
    (text,) = sqlglot.transpile(named, "spark", "duckdb")
    return text


def test_profiles_in_the_shape_of_databricks(duck: Any) -> None:
    amount, table = duck.execute(
        "SELECT column_name, slice_key, count, num_nulls, avg, median, quantiles, percent_null,"
        " percent_distinct FROM sg.orders_profile_metrics ORDER BY column_name DESC"
    ).fetchall()
    assert amount == (
        *("amount", None, 10_000, 250, 41.5, 40.0),
        *([5.0, 20.0, 40.0, 66.0, 91.0], 2.5, 41.0),
    )
    assert table[:4] == (":table", None, 10_000, None)


def test_drift_in_the_shape_of_databricks(duck: Any) -> None:
    found = duck.execute(
        "SELECT column_name, drift_type, population_stability_index, outcome"
        " FROM sg.orders_drift_metrics"
    ).fetchall()
    assert found == [("delay", "BASELINE", 0.231, "fail")]


@pytest.mark.parametrize("query", QUERIES)
def test_the_documented_queries_find_something(query: str, duck: Any) -> None:
    assert duck.execute(transpiled(query)).fetchall()


def test_views_are_named_after_datasets_and_none_are_made_for_folders() -> None:
    assert metric_views(ResultsPlace(path="/lake"), ["orders"]) == ()
    made = metric_views(ResultsPlace(schema="main.sg"), ["my-orders.v2"])
    assert [view.text.partition(" AS ")[0] for view in made] == [
        f"CREATE OR REPLACE VIEW `main`.`sg`.`my_orders_v2_{kind}`" for kind in KINDS
    ]
