"""What complete runs left behind: runs, verdicts and past profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.checks.base import Past
from sparkguard.profile import Need, Profile
from sparkguard.results.access import Access
from sparkguard.results.records import Part, RunRecord, record_of
from sparkguard.results.schemas import TABLES, Table
from sparkguard.results.verdict_rows import ResultRow, verdict_of
from sparkguard.results.verify import of_run
from sparkguard.slices import Slice
from sparkguard.verdicts import LEFT_OUT, Outcome, Verdict

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_MOST_STATES = 250_000
"""States that the driver reads at a time: 500 columns of a year's days are 182,500."""
_MOST_ROWS = 1_000_000


def committed(access: Access, table: Table, among: str = "true") -> DataFrame:
    """The rows of committed runs; all rows of a table that does not belong to runs.

    `among` is a condition of our own source on `runs`.
    """
    if not table.by_run or table.name == "runs":
        return access.load(table)
    # The runs come first: a run seen there had its rows stored before.
    runs = access.load(TABLES["runs"]).where(among).selectExpr("run_id AS __run").distinct()
    rows = access.load(table)
    return runs.join(rows, runs["__run"] == rows["run_id"]).drop("__run")


def run_record(access: Access, run_id: str) -> RunRecord | None:
    """The row of `runs`, None when the run is not complete."""
    rows = access.collect(of_run(access.load(TABLES["runs"]), run_id), f"run {run_id}", 1)
    return run_of_row(rows[0]) if rows else None


def runs(access: Access, audit: str | None, most: int) -> tuple[RunRecord, ...]:
    """The latest complete runs, of all audits when `audit` is None, the newest first."""
    rows = access.load(TABLES["runs"])
    if audit is not None:
        rows = rows.where(sql.template("audit = {}", sql.literal(audit)).text)
    latest = rows.orderBy(rows["finished_at"].desc(), rows["run_id"]).limit(most)
    return tuple(run_of_row(row) for row in access.collect(latest, "runs", most))


def last_run(access: Access, audit: str, before: datetime) -> RunRecord | None:
    """The complete run of `audit` with the greatest as-of time earlier than `before`."""
    rows = access.load(TABLES["runs"]).where(
        sql.template(
            "audit = {} AND status = 'complete' AND as_of < {}",
            sql.literal(audit),
            sql.literal(before),
        ).text
    )
    latest = rows.orderBy(rows["as_of"].desc(), rows["finished_at"].desc()).limit(1)
    found = access.collect(latest, f"last run of {audit}", 1)
    return run_of_row(found[0]) if found else None


def verdicts(access: Access, run: RunRecord) -> dict[tuple[str, Slice], Verdict]:
    """The verdicts of a complete run by check id and slice."""
    rows = of_run(access.load(TABLES["results"]), run.run_id)
    found = map(verdict_of, access.collect(rows, f"results of run {run.run_id}", run.reported))
    return {(verdict.check, verdict.slice): verdict for verdict in found}


def result_rows(access: Access, run: RunRecord) -> tuple[ResultRow, ...]:
    """Everything that a complete run reported, by check id and slice."""
    rows = of_run(access.load(TABLES["results"]), run.run_id)
    found = access.collect(rows, f"results of run {run.run_id}", run.reported)
    results = (record_of(ResultRow, row) for row in found)
    return tuple(sorted(results, key=lambda row: (row.check_id, row.slice)))


def past_profiles(
    access: Access,
    dataset: str,
    needs: Sequence[Need[Any]],
    slices: Iterable[Slice] | None,
    limit: int,
    before: datetime | None,
    run_id: str | None = None,
    by_day: bool = False,
) -> tuple[Past, ...]:
    """Past states of `needs`, oldest first, at most `limit` per need and slice.

    Of each day in UTC only the latest, where `by_day` asks for days. Those of one complete run
    alone where `run_id` names it. Raises StoreError when more than
    250,000 states would have to be read; ValueError when a stored state is of a version that this
    SparkGuard does not read.
    """
    if not needs:
        return ()
    by_id = {need.id: need for need in needs}
    rows = committed(access, TABLES["profiles"], "status = 'complete'")
    rows = rows.where(sql.template("dataset = {}", sql.literal(dataset)).text)
    if before is not None:
        rows = rows.where(sql.template("as_of < {}", sql.literal(before)).text)
    if run_id is not None:
        rows = of_run(rows, run_id)
    rows = among(rows, ("need_id",), ((id_,) for id_ in by_id))
    if slices is not None:
        rows = among(rows, ("slice",), ((where.key,) for where in slices))
    moment = "unix_micros(as_of) DIV 86400000000" if by_day else "as_of"
    # Of several runs with one as-of time the latest counts, as a correction of the others.
    latest = rows.selectExpr(
        *("need_id", "slice", "table_version", "as_of", "state", "run_id"),
        f"row_number() OVER (PARTITION BY need_id, slice, {moment} "
        "ORDER BY as_of DESC, written_at DESC, run_id) AS again",
    ).where("again = 1")
    ranked = latest.selectExpr(
        "*",
        "row_number() OVER (PARTITION BY need_id, slice ORDER BY as_of DESC) AS age",
    ).where(sql.template("age <= {}", sql.literal(limit)).text)
    found = access.collect(ranked, f"profiles of {dataset}", _MOST_STATES)
    return _grouped(found, by_id)


def last_rows(
    access: Access,
    table: Table,
    dataset: str,
    before: datetime,
    runs: Iterable[str] | None = None,
    where: sql.Sql | None = None,
) -> tuple[dict[str, Any], ...]:
    """The last row of each identity that complete runs from before `before` stored.

    Only those that `runs` names, unless it is None, and for which `where` is true. Raises
    StoreError for more than 1,000,000 rows.
    """
    rows = committed(access, table, "status = 'complete'").where(
        sql.template("dataset = {} AND as_of < {}", sql.literal(dataset), sql.literal(before)).text
    )
    if runs is not None:
        rows = among(rows, ("run_id",), ((run,) for run in runs))
    if where is not None:
        rows = rows.where(where.text)
    keys = sql.joined(", ", map(sql.name, table.identity))
    place = sql.template(
        "row_number() OVER (PARTITION BY {} ORDER BY as_of DESC, written_at DESC) AS age", keys
    )
    found = rows.selectExpr("*", place.text).where("age = 1").drop("age")
    return tuple(access.collect(found, f"{table.name} of {dataset}", _MOST_ROWS))


def last_verdicts(
    access: Access, dataset: str, before: datetime
) -> dict[tuple[str, Slice], Verdict]:
    """The last word on every check and slice; a run that left a check out has none."""
    outcome, reason = sql.literal(Outcome.SKIPPED.value), sql.literal(LEFT_OUT)
    said = sql.template("NOT (outcome = {} AND reason <=> {})", outcome, reason)
    rows = last_rows(access, TABLES["results"], dataset, before, where=said)
    return {(v.check, v.slice): v for v in map(verdict_of, rows)}


def same_versions(access: Access, runs: Iterable[str], as_in: str) -> dict[str, dict[str, int]]:
    """By run, the version it read of each table that is the one that the run `as_in` reads."""
    names = (*runs, as_in)
    pins = among(access.load(TABLES["pins"]), ("run_id",), ((name,) for name in names))
    pins = pins.select("run_id", "dataset", "table_id", "table_version")
    found = access.collect(pins, f"pins of {as_in} and before", _MOST_ROWS)
    same = {(row["dataset"], row["table_id"]) for row in found if row["run_id"] == as_in}
    versions: dict[str, dict[str, int]] = {name: {} for name in names}
    for row in found:
        if (row["dataset"], row["table_id"]) in same:
            versions[row["run_id"]][row["dataset"]] = row["table_version"]
    return versions


def _grouped(rows: Iterable[Mapping[str, Any]], needs: Mapping[str, Need[Any]]) -> tuple[Past, ...]:
    states: dict[tuple[datetime, str, int], dict[tuple[Need[Any], Slice], Any]] = {}
    runs: dict[tuple[datetime, str, int], str] = {}
    for row in rows:
        need, where = needs[row["need_id"]], Slice.parse(row["slice"])
        version = -1 if row["table_version"] is None else row["table_version"]
        key = (row["as_of"], row["slice"], version)
        runs[key] = row["run_id"]
        states.setdefault(key, {})[need, where] = need.measure.load(bytes(row["state"]))
    return tuple(
        Past(Slice.parse(key), version, at, Profile(together), runs[at, key, version])
        for (at, key, version), together in sorted(states.items(), key=lambda item: item[0])
    )


def among(
    rows: DataFrame, columns: tuple[str, ...], values: Iterable[tuple[str, ...]]
) -> DataFrame:
    """The rows whose `columns` hold one of `values`."""
    # A join, because a long list of literals makes a plan that Spark is slow to optimise.
    schema = ", ".join(f"{column} STRING" for column in columns)
    wanted = rows.sparkSession.createDataFrame(sorted(set(values)), schema)
    return rows.join(wanted, list(columns))


def run_of_row(row: Mapping[str, Any]) -> RunRecord:
    """The record that a row of `runs` holds."""
    return record_of(RunRecord, row, parts=tuple(Part(**part) for part in row["parts"] or ()))
