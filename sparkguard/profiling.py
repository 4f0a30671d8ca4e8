"""The profile of a table without a contract: every column measured, nothing judged or stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sparkguard.bound_rules import Bound
from sparkguard.checks.base import TableFacts
from sparkguard.checks.profile import ColumnProfile, ProfileColumns, path_text
from sparkguard.contracts.spec import CheckSpec
from sparkguard.errors import ConfigurationError, Location, did_you_mean, listed
from sparkguard.options import ColumnPath
from sparkguard.pipeline.judging import judge
from sparkguard.pipeline.observe import observe
from sparkguard.plan import Situation, make_plan
from sparkguard.ports import Clock, SystemClock
from sparkguard.profile import Profile
from sparkguard.progress import Progress, Step, quiet
from sparkguard.relations.base import Tables
from sparkguard.rendering.tabular import Grid, Tabular
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot, refuse_zoned
from sparkguard.tables import TableRef
from sparkguard.verdicts import Outcome, Severity

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class ColumnSummary:
    """What was measured of one column over the rows of one slice.

    `numbers` are metrics by name (see docs/profile.md); `least`, `greatest` and `top` are texts
    of values. `outcome` is not_evaluable with its `reason` where the type or the rows allow no
    statistics, and error where a scan failed.
    """

    column: str
    type: str
    slice: Slice
    outcome: Outcome
    reason: str
    numbers: Mapping[str, float | int | None]
    least: str | None = None
    greatest: str | None = None
    top: tuple[tuple[str, int], ...] = ()


_SHOWN = (
    "column",
    "type",
    "slice",
    "rows",
    "null",
    "distinct",
    "mean",
    "stddev",
    "q50",
    "least",
    "greatest",
)


@dataclass(frozen=True)
class TableProfile(Tabular):
    """Every column of a table, in the table's order: the whole first, then each slice.

    `states` are what was measured; they merge with those of other tables of the same columns.
    """

    version: int
    summaries: tuple[ColumnSummary, ...]
    states: Profile

    def at(self, where: Slice = WHOLE) -> tuple[ColumnSummary, ...]:
        return tuple(found for found in self.summaries if found.slice == where)

    def grid(self) -> Grid:
        """A row per column and slice, with every number that any column has."""
        numbers = tuple(dict.fromkeys(name for one in self.summaries for name in one.numbers))
        texts = ("column", "type", "slice", "outcome", "reason", "least", "greatest")
        rows = [
            (
                *(one.column, one.type, str(one.slice), one.outcome.value, one.reason),
                *(one.least, one.greatest),
                *(None if (n := one.numbers.get(name)) is None else float(n) for name in numbers),
            )
            for one in self.summaries
        ]
        columns = (*((name, "STRING") for name in texts), *((name, "DOUBLE") for name in numbers))
        shown = tuple(name for name in _SHOWN if name in (*texts, *numbers))
        return Grid(f"Profile at version {self.version}", columns, rows, shown)

    def to_dict(self) -> Mapping[str, Any]:
        """Plain data for JSON: every number of every column and slice."""
        grid = self.grid()
        rows = [dict(zip(grid.names, row, strict=True)) for row in grid.rows]
        return {"version": self.version, "columns": rows}


def profile_table(
    spark: SparkSession,
    table: TableRef,
    *,
    by: tuple[str, ...] = (),
    columns: tuple[ColumnPath, ...] = (),
    clock: Clock | None = None,
    progress: Progress = quiet,
) -> TableProfile:
    """Measures a Delta table at its latest version, in total and per value of the columns `by`.

    Raises ConfigurationError for a column that the table does not have, SnapshotError for a table
    that can't be read, and EvaluationError for a TIMESTAMP in `by` unless the session is in UTC.
    """
    progress(Step("pinning the table's version"))
    snapshot = Snapshot.pin(spark, {_NAME: table})
    pinned = snapshot[_NAME]
    refuse_zoned(spark, str(table), pinned.schema, by)
    facts = TableFacts(_NAME, pinned.schema, pinned.partition_columns, pinned.version)
    return measure_columns(snapshot, facts, by=by, columns=columns, clock=clock, progress=progress)


def measure_columns(
    tables: Tables,
    facts: TableFacts,
    *,
    by: tuple[str, ...] = (),
    columns: tuple[ColumnPath, ...] = (),
    clock: Clock | None = None,
    progress: Progress = quiet,
) -> TableProfile:
    """As `profile_table`, of the table named `facts.name` among `tables`."""
    for column in (*columns, *((name,) for name in by)):
        if facts.schema.at(column) is None:
            names = facts.schema.names
            near = did_you_mean(column[0], names)
            raise ConfigurationError(
                f"the table has no column {path_text(column)!r}; it has {listed(names)}.{near}"
            )
    spec = CheckSpec("profile", ProfileColumns.kind, {}, Severity.INFO, Location("profile"))
    bound = Bound(facts.name, spec, ProfileColumns(columns))
    found = Situation(facts={facts.name: facts}, by={facts.name: by})
    as_of = (clock or SystemClock()).now()
    plan = make_plan([bound], found, as_of)
    sight = observe(plan, tables, progress)
    states = sight.scanned.profile
    slices = sorted({where for _, where in states.states if not where.is_whole}, key=str)
    if slices:
        entries = tuple(replace(entry, slices=(WHOLE, *slices)) for entry in plan.entries)
        plan = replace(plan, entries=entries)
    summaries: list[ColumnSummary] = []
    seen_at = {where: states.only(where) for where in (WHOLE, *slices)}
    for result in judge(plan, sight):
        check, verdict = result.entry.check, result.finding.verdict
        assert isinstance(check, ColumnProfile)
        context, seen = plan.context(result.entry), seen_at[verdict.slice]
        type_ = facts.schema.at(check.column)
        least, greatest = check.extremes(seen, context)
        summaries.append(
            ColumnSummary(
                path_text(check.column),
                str(type_.type) if type_ else "",
                verdict.slice,
                verdict.outcome,
                verdict.reason,
                check.numbers(seen, context),
                least,
                greatest,
                check.top(seen, context),
            )
        )
    ordered = sorted(summaries, key=lambda one: (one.slice != WHOLE, str(one.slice)))
    return TableProfile(facts.version, tuple(ordered), states)


_NAME = "table"
