"""The result store: what runs, reports and people read and write, in Delta tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sparkguard.checks.base import Past
from sparkguard.ports import Clock, Ids
from sparkguard.profile import Need
from sparkguard.results import history, janitor, metrics, setup, transitions
from sparkguard.results.access import Access, Writer
from sparkguard.results.once import RunWriter, table_named
from sparkguard.results.records import PinRow, RunRecord, TransitionRow
from sparkguard.results.retry import Retry
from sparkguard.results.rows import version_stamps
from sparkguard.results.schemas import TABLES
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.slices import Slice
from sparkguard.tables import ResultsPlace
from sparkguard.verdicts import Verdict

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Store:
    """Result tables in a folder (`/lake/sparkguard`) or in a catalog schema (`main.sparkguard`).

    Not safe for threads that write one table at once; processes and machines are.
    """

    def __init__(
        self,
        spark: SparkSession,
        location: ResultsPlace | str,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        writer: Writer | None = None,
        retry: Retry | None = None,
    ) -> None:
        self.access = Access.open(spark, location, clock=clock, ids=ids, writer=writer, retry=retry)
        self._runs = RunWriter(self.access)

    @property
    def location(self) -> ResultsPlace:
        return self.access.location

    def init(self, datasets: Iterable[str] = ()) -> tuple[setup.Change, ...]:
        """Creates missing tables and adds missing columns; safe to repeat and to race.

        A catalog schema gets views too, among them the metrics of `datasets`.
        """
        return setup.init(self.access, datasets)

    def metrics(self, dataset: str, kind: str = "profile_metrics") -> DataFrame:
        """A dataset's `profile_metrics` or `drift_metrics`, one row per run, slice and column.

        The columns are those of Databricks' tables of these names (docs/tables.md).
        """
        if kind not in metrics.KINDS:
            raise ValueError(f"metrics are {' or '.join(metrics.KINDS)}, found {kind[:40]!r}")
        return self.access.query(metrics.select(self.location, dataset, kind))

    def check(self, tables: Iterable[str] | None = None) -> None:
        """Raises ConfigurationError with the fix, or StoreError, unless `tables` can be used."""
        self._runs.ready(TABLES if tables is None else tables)

    def begin_new(self, run_id: str) -> None:
        """Begins a run whose id was drawn for it, so that nothing can be stored of it yet."""
        self._runs.begin_new(run_id)

    def stored_versions(self, run_id: str) -> Mapping[str, int]:
        """Table versions, by dataset, that rows of an interrupted run already name.

        Raises StoreError when they disagree, or when the run is too old to be continued.
        """
        return self._runs.begin(run_id).versions

    def pin(self, run_id: str, pins: Iterable[PinRow]) -> dict[str, PinRow]:
        """Fixes the versions a run reads and returns those in force, by dataset.

        They are the given ones unless the run was started before, here or elsewhere. Raises
        StoreError when it was started with other datasets.
        """
        return self._runs.pin(run_id, pins)

    def append(
        self, table: str, rows: Iterable[Any] | DataFrame, run_id: str, part: str = "0"
    ) -> None:
        """Stores `rows`, records or mappings or a DataFrame, exactly once per run and part.

        Rows are stamped with run, part, time and versions; many rows become several parts
        `0.0`, `0.1` ... A part that is stored already is left alone; `commit` compares it.
        Raises ConfigurationError when the table is absent or older, StoreError when the write
        fails for good, TypeError for a column that the table does not have.
        """
        self._runs.append(table, rows, run_id, part)

    def append_all(self, tables: Mapping[str, Iterable[Any]], run_id: str) -> None:
        """As `append`, the rows of each of `tables`, several at a time."""
        self._runs.begin(run_id)  # once, and not by each thread
        with ThreadPoolExecutor(setup.THREADS) as pool:
            for _ in pool.map(lambda name: self.append(name, tables[name], run_id), tables):
                pass  # so that a failure is raised here

    def commit(self, run: RunRecord) -> RunRecord:
        """Reads everything back, then writes the row that makes the run count; returns it.

        Raises StoreError when the tables hold other rows than were appended, or when the run
        was completed before with another judgement.
        """
        return self._runs.commit(run)

    def committed(self, run_id: str) -> RunRecord | None:
        """The row of a complete run, None when it is not complete."""
        return history.run_record(self.access, run_id)

    def results(self, run: RunRecord) -> tuple[ResultRow, ...]:
        """Every verdict of a complete run."""
        return history.result_rows(self.access, run)

    def read(self, table: str, committed: bool = True) -> DataFrame:
        """The rows of a table: of complete runs only, unless `committed` is False."""
        schema = table_named(table)
        return history.committed(self.access, schema) if committed else self.access.load(schema)

    def runs(self, audit: str | None = None, most: int = 20) -> tuple[RunRecord, ...]:
        """The latest complete runs, of all audits when `audit` is None, the newest first."""
        return history.runs(self.access, audit, most)

    def collect(self, frame: DataFrame, what: str, most: int) -> list[dict[str, Any]]:
        """At most `most` rows; timestamps are aware. Raises StoreError when there are more."""
        return self.access.collect(frame, what, most)

    def last_run(self, audit: str, before: datetime) -> RunRecord | None:
        """The complete run of `audit` with the greatest as-of time earlier than `before`."""
        return history.last_run(self.access, audit, before)

    def verdicts(self, run: RunRecord) -> dict[tuple[str, Slice], Verdict]:
        """The verdicts of a complete run by check id and slice."""
        return history.verdicts(self.access, run)

    def history(
        self,
        dataset: str,
        needs: Sequence[Need[Any]],
        slices: Iterable[Slice] | None = None,
        limit: int = 30,
        before: datetime | None = None,
        run_id: str | None = None,
        by_day: bool = False,
    ) -> tuple[Past, ...]:
        """Past profiles of `needs`, oldest first; at most `limit` per need and slice.

        All slices when `slices` is None; only runs that looked from before `before`, or the run
        that `run_id` names; with `by_day` only the latest of each day in UTC.
        """
        return history.past_profiles(
            self.access, dataset, needs, slices, limit, before, run_id, by_day
        )

    def last_rows(
        self, table: str, dataset: str, before: datetime, runs: Iterable[str] | None = None
    ) -> tuple[dict[str, Any], ...]:
        """The last row of each identity of a table, of runs that looked from before `before`.

        Only of those that `runs` names, unless it is None.
        """
        return history.last_rows(self.access, table_named(table), dataset, before, runs)

    def last_verdicts(self, dataset: str, before: datetime) -> dict[tuple[str, Slice], Verdict]:
        """The last word of runs from before `before` on every check and slice."""
        return history.last_verdicts(self.access, dataset, before)

    def same_versions(self, runs: Iterable[str], as_in: str) -> dict[str, dict[str, int]]:
        """By run, the version it read of each table that is the one that the run `as_in` reads."""
        return history.same_versions(self.access, runs, as_in)

    def transition(
        self,
        subject: str,
        kind: str,
        number: int,
        state: str,
        by: str,
        reason: str,
        details: Mapping[str, str] | None = None,
        request: str | None = None,
    ) -> TransitionRow:
        """Records change `number` of a subject; of several people at once one succeeds.

        `number` is that of the state the caller saw, plus one. Raises Conflict with the winner's
        row when somebody was faster. A caller that may repeat itself gives its own `request`.
        """
        wanted = TransitionRow(
            kind=kind,
            subject=subject,
            number=number,
            state=state,
            changed_by=by,
            reason=reason,
            at=self.access.clock.now(),
            request=request or self.access.ids.new(),
            details=dict(details or {}),
        )
        self._runs.ready(("transitions",))
        stamps = version_stamps(TABLES["transitions"], self.access.clock.now())
        return transitions.record(self.access, wanted, stamps)

    def state(self, subject: str, kind: str) -> TransitionRow | None:
        """The last change of a subject, None when there was none."""
        return transitions.fold(transitions.changes(self.access, kind, subject))

    def changes(self, subject: str, kind: str) -> tuple[TransitionRow, ...]:
        """All changes of a subject by number."""
        return transitions.changes(self.access, kind, subject)

    def states(self, kind: str) -> dict[str, TransitionRow]:
        """The last change of every subject of a kind, by subject."""
        return transitions.states(self.access, kind)

    def clean(
        self, older_than: timedelta | None = None, samples_older_than: timedelta | None = None
    ) -> janitor.Cleaned:
        """Deletes incomplete runs too old to be replayed, and runs and samples older than asked."""
        self._runs.ready(TABLES)
        return janitor.clean(self.access, self.access.clock.now(), older_than, samples_older_than)
