"""Deletion of what no longer counts: rows of incomplete runs, old runs, old samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sparkguard import sql
from sparkguard.errors import ConfigurationError
from sparkguard.lifecycles.alerts import AlertState, Subject
from sparkguard.results import alerts, history
from sparkguard.results.access import Access
from sparkguard.results.schemas import TABLES
from sparkguard.results.schemas.baselines import ALERTS
from sparkguard.results.setup import RETENTION_DAYS

_KEPT = ("runs", "results", "alerts")
"""Tables that keep rows of an old run while an alert stands as it left it."""

_MOST_RUNS = 100_000
_AT_ONCE = 500


@dataclass(frozen=True)
class Cleaned:
    """What `clean` deleted: ids of incomplete and of complete runs, and whether samples went.

    `alerting` are complete runs of which verdicts and the alerts that stand on them alone are left.
    """

    incomplete: tuple[str, ...]
    expired: tuple[str, ...]
    alerting: tuple[str, ...]
    samples_before: datetime | None


def clean(
    access: Access,
    now: datetime,
    older_than: timedelta | None,
    samples_older_than: timedelta | None,
) -> Cleaned:
    """Deletes incomplete runs too old to be replayed, runs and samples older than asked.

    A younger incomplete run stays: Delta still knows its parts, so once deleted they could
    never be written again. Of an old run that left an alert open, as it still is, the verdicts and
    that alert stay. Raises ConfigurationError for `older_than` below that time.
    """
    replayable = timedelta(days=RETENTION_DAYS)
    if older_than is not None and older_than < replayable:
        raise ConfigurationError(
            f"runs are kept for {RETENTION_DAYS} days at least, found {older_than.days} days"
        )
    moment = None if older_than is None else now - older_than
    old = [] if moment is None else _committed_before(access, moment)
    standing = _standing_alerts(access, old, moment) if old and moment is not None else {}
    expired = [run for run in old if run not in standing]
    # The run's own row goes first: a crash leaves invisible rows, not half a run.
    _delete(access, "runs", expired)
    incomplete = _incomplete_before(access, now - replayable)
    gone = {*expired, *incomplete}
    for table in TABLES.values():
        if table.by_run and table.name != "runs":
            also = () if table.name in _KEPT else standing
            _delete(access, table.name, sorted({*gone, *also}))
    _delete_but(access, standing)
    samples_before = None if samples_older_than is None else now - samples_older_than
    if samples_before is not None:
        old_samples = sql.template("ordinal > 0 AND written_at < {}", sql.literal(samples_before))
        _delete_where(access, "violations", old_samples)
    return Cleaned(
        tuple(sorted(set(incomplete) - set(expired))),
        tuple(expired),
        tuple(sorted(standing)),
        samples_before,
    )


def _committed_before(access: Access, moment: datetime) -> list[str]:
    runs = access.load(TABLES["runs"])
    old = runs.where(sql.template("written_at < {}", sql.literal(moment)).text)
    rows = access.collect(old.select("run_id").distinct(), "old runs", _MOST_RUNS)
    return sorted(row["run_id"] for row in rows)


def _standing_alerts(
    access: Access, runs: Sequence[str], moment: datetime
) -> dict[str, list[Subject]]:
    """By run, the alerts whose last row is of one of `runs`, which are from before `moment`.

    Only those that are open, and those that a younger row would speak for in its place: a run
    that looked from the past.
    """
    among, found = set(runs), dict[str, list[Subject]]()
    newest = "max(written_at) OVER (PARTITION BY dataset, check_id) AS newest"
    rows = history.committed(access, ALERTS)
    last = rows.selectExpr("run_id", "dataset", "check_id", "state", alerts.AGE, newest).where(
        sql.template(
            "age = 1 AND (state = {} OR newest >= {})",
            sql.literal(AlertState.OPEN.value),
            sql.literal(moment),
        ).text
    )
    for row in access.collect(last, "alerts", alerts.MOST):
        if row["run_id"] in among:
            found.setdefault(row["run_id"], []).append((row["dataset"], row["check_id"]))
    return found


def _incomplete_before(access: Access, moment: datetime) -> list[str]:
    complete = access.load(TABLES["runs"]).select("run_id")
    found: set[str] = set()
    for table in TABLES.values():
        if not table.by_run or table.name == "runs":
            continue
        ages = access.load(table).groupBy("run_id").agg({"written_at": "max"})
        old = ages.where(sql.template("`max(written_at)` < {}", sql.literal(moment)).text)
        left = old.select("run_id").join(complete, "run_id", "left_anti")
        found.update(row["run_id"] for row in access.collect(left, "old runs", _MOST_RUNS))
    return sorted(found)


def _delete(access: Access, table: str, runs: Sequence[str]) -> None:
    for start in range(0, len(runs), _AT_ONCE):
        some = sql.joined(", ", map(sql.literal, runs[start : start + _AT_ONCE]))
        _delete_where(access, table, sql.template("run_id IN ({})", some))


def _delete_but(access: Access, standing: Mapping[str, Sequence[Subject]]) -> None:
    """Deletes the alerts of runs but for those named: what came after them is gone as well."""
    runs = sorted(standing)
    for start in range(0, len(runs), _AT_ONCE):
        some = runs[start : start + _AT_ONCE]
        kept = sql.any_of(
            sql.template(
                "(run_id = {} AND dataset = {} AND check_id = {})",
                *map(sql.literal, (run, *subject)),
            )
            for run in some
            for subject in standing[run]
        )
        ids = sql.joined(", ", map(sql.literal, some))
        _delete_where(access, "alerts", sql.template("run_id IN ({}) AND NOT ({})", ids, kept))


def _delete_where(access: Access, table: str, condition: sql.Sql) -> None:
    statement = sql.template("DELETE FROM {} WHERE {}", access.location.table(table).sql, condition)
    access.execute(statement, f"deleting old rows of {table}")
