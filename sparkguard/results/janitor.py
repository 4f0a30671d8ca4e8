"""Deletion of what no longer counts: rows of incomplete runs, old runs, old samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sparkguard import sql
from sparkguard.errors import ConfigurationError
from sparkguard.results.access import Access
from sparkguard.results.schemas import TABLES
from sparkguard.results.setup import RETENTION_DAYS

_MOST_RUNS = 100_000
_AT_ONCE = 500


@dataclass(frozen=True)
class Cleaned:
    """What `clean` deleted: ids of incomplete and of complete runs, and whether samples went."""

    incomplete: tuple[str, ...]
    expired: tuple[str, ...]
    samples_before: datetime | None


def clean(
    access: Access,
    now: datetime,
    older_than: timedelta | None,
    samples_older_than: timedelta | None,
) -> Cleaned:
    """Deletes incomplete runs too old to be replayed, runs and samples older than asked.

    A younger incomplete run stays: Delta still knows its parts, so once deleted they could
    never be written again. Raises ConfigurationError for `older_than` below that time.
    """
    replayable = timedelta(days=RETENTION_DAYS)
    if older_than is not None and older_than < replayable:
        raise ConfigurationError(
            f"runs are kept for {RETENTION_DAYS} days at least, found {older_than.days} days"
        )
    expired = [] if older_than is None else _committed_before(access, now - older_than)
    # The run's own row goes first: a crash leaves invisible rows, not half a run.
    _delete(access, "runs", expired)
    incomplete = _incomplete_before(access, now - replayable)
    for table in TABLES.values():
        if table.by_run and table.name != "runs":
            _delete(access, table.name, sorted({*expired, *incomplete}))
    samples_before = None if samples_older_than is None else now - samples_older_than
    if samples_before is not None:
        access.execute(
            sql.template(
                "DELETE FROM {} WHERE ordinal > 0 AND written_at < {}",
                access.location.table("violations").sql,
                sql.literal(samples_before),
            ),
            "deleting samples",
        )
    return Cleaned(tuple(sorted(set(incomplete) - set(expired))), tuple(expired), samples_before)


def _committed_before(access: Access, moment: datetime) -> list[str]:
    runs = access.load(TABLES["runs"])
    old = runs.where(sql.template("written_at < {}", sql.literal(moment)).text)
    rows = access.collect(old.select("run_id").distinct(), "old runs", _MOST_RUNS)
    return sorted(row["run_id"] for row in rows)


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
        access.execute(
            sql.template(
                "DELETE FROM {} WHERE run_id IN ({})", access.location.table(table).sql, some
            ),
            f"deleting old rows of {table}",
        )
