"""Result tables of earlier releases, read and continued by this one."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkguard.report import read_report, render
from sparkguard.results import Store, reporting, verify
from sparkguard.results.baselines import Baselines
from sparkguard.results.metrics import KINDS, view_name
from sparkguard.results.schemas import TABLES
from sparkguard.run import Request, audit, initialise
from sparkguard.slices import WHOLE
from tests.golden.make import BASELINE, At, summary
from tests.report.facts import NOW, counted, row, run
from tests.shops import write_audit

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
RELEASES = sorted(folder.name for folder in HERE.iterdir() if (folder / "runs").is_dir())
OF_DOCS = re.compile(r"(main\.sparkguard\.|delta\.`/lake/sparkguard/)(\w+)`?")
DOCS = HERE.parents[1] / "docs" / "tables.md"
SCHEMA = "golden_tables"


@pytest.fixture(scope="module", params=RELEASES)
def store(request: pytest.FixtureRequest, spark: Any, tmp_path_factory: Any) -> Store:
    """A copy of a release's tables, brought up to this release."""
    folder = tmp_path_factory.mktemp("golden") / request.param
    shutil.copytree(HERE / request.param, folder)
    store = Store(spark, str(folder), clock=At(NOW))
    store.init()
    return store


def test_an_old_run_is_shown_as_it_was(store: Store) -> None:
    report = read_report(store, "run+0")
    told = json.loads((Path(str(store.location)) / "told.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(summary(report))) == told
    assert "orders.drift.delay" in render(report)


def test_old_rows_still_have_the_digests_that_their_run_recorded(store: Store) -> None:
    record = reporting.run_of(store, "run+0")
    tables = {part.table for part in record.parts}
    assert verify.read_back(store.access, record.run_id, tables).parts == record.parts


def test_an_older_run_does_not_see_what_came_later(store: Store) -> None:
    record = reporting.run_of(store, "run-2")
    assert [each.run_id for each in reporting.runs_until(store, record)] == ["run-3", "run-2"]


def test_states_of_an_old_baseline_are_read(store: Store, spark: Any) -> None:
    found = Baselines(spark, store.location).in_force("orders")
    assert found is not None
    approved, profile = found
    assert (approved.id, approved.by) == ("q1", "ana")
    assert profile.states == BASELINE.profile.states


def test_a_new_run_goes_on_beside_the_old_ones(store: Store) -> None:
    rows = [row("orders.range.amount", "pass")]
    night = run(1, **counted(rows))
    last = store.last_run("shop", night.as_of)
    assert last is not None
    assert store.verdicts(last).keys() >= {("orders.range.amount", WHOLE)}
    store.append("results", rows, night.run_id)
    store.commit(night)
    assert [each.run_id for each in store.runs("shop", most=2)] == ["run+1", "run+0"]


@pytest.fixture(scope="module")
def config(tmp_path_factory: Any) -> Path:
    """An audit of a table in a catalog schema, with its results there too."""
    profile = {"type": "custom", "engine": "sparkguard", "implementation": {"check": "profile"}}
    table = {"properties": [{"name": "amount", "logicalType": "integer"}], "quality": [profile]}
    place = {"orders": {"table": f"{SCHEMA}.shop_orders"}}
    folder = tmp_path_factory.mktemp("catalog")
    return write_audit(folder, {"orders": table}, place, results={"schema": SCHEMA})


@pytest.fixture(scope="module")
def schema(spark: Any, config: Path) -> Iterator[str]:
    """The newest release's runs in a catalog schema, and what `sparkguard init` adds to them."""
    folder = config.parents[1]
    shutil.copytree(HERE / RELEASES[-1], folder / "golden")
    spark.sql(f"CREATE SCHEMA {SCHEMA}")
    of_runs = [
        t.name for t in TABLES.values() if t.by_run and (folder / "golden" / t.name).exists()
    ]
    for name in of_runs:
        place = folder / "golden" / name
        spark.sql(f"CREATE TABLE {SCHEMA}.{name} USING delta LOCATION '{place}'")
    actions = {change.table: change.action for change in initialise(config, spark=spark)}
    assert {actions.pop(name) for name in of_runs} <= {"unchanged", "upgraded"}
    assert set(actions.values()) == {"created"}
    yield SCHEMA
    spark.sql(f"DROP SCHEMA {SCHEMA} CASCADE")


def profiles(spark: Any, run_id: str) -> Any:
    view = spark.table(f"{SCHEMA}.{view_name('orders', KINDS[0])}")
    return view.where(f"run_id = '{run_id}'").orderBy("column_name").collect()


def test_profiles_in_the_shape_of_databricks(schema: str, spark: Any) -> None:
    table, amount = profiles(spark, "run+0")
    assert (table["column_name"], table["slice_key"], table["count"]) == (":table", None, 10_000)
    assert (amount["column_name"], amount["slice_value"]) == ("amount", None)
    found = {name: amount[name] for name in ("count", "num_nulls", "avg", "median", "quantiles")}
    assert found == {
        "count": 10_000, "num_nulls": 250, "avg": 41.5, "median": 40.0,
        "quantiles": [5, 20, 40, 66, 91],
    }  # fmt: skip
    assert (amount["percent_null"], amount["percent_distinct"]) == (2.5, 41.0)
    assert amount["window"]["start"] == amount["window"]["end"]


def test_drift_in_the_shape_of_databricks(schema: str, spark: Any) -> None:
    (found,) = spark.table(f"{schema}.{view_name('orders', KINDS[1])}").collect()
    assert (found["column_name"], found["drift_type"]) == ("delay", "BASELINE")
    assert (found["population_stability_index"], found["outcome"]) == (0.231, "fail")


def test_the_documented_queries_find_something(schema: str, spark: Any) -> None:
    queries = re.findall(r"```sql\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(queries) == 8
    for query in queries:
        assert spark.sql(OF_DOCS.sub(rf"{schema}.\2", query)).head() is not None, query


def test_a_table_of_the_catalog_is_audited_into_it(schema: str, config: Path, spark: Any) -> None:
    orders = spark.range(4).selectExpr("CAST(id AS INT) AS amount")
    orders.write.format("delta").saveAsTable(f"{schema}.shop_orders")
    result = audit(config, Request("real"), spark=spark)
    assert (result.exit_code, result.location) == (0, schema)
    table, amount = profiles(spark, "real")
    assert (table["column_name"], table["count"]) == (":table", 4)
    assert (amount["column_name"], amount["count"], amount["max"]) == ("amount", 4, 3.0)
