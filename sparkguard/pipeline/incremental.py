"""Partitions that did not change since the last run are not read again.

Delta's log names the partitions of every file that was added or removed; what was measured of
the others then still holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.evaluation.sources import micros
from sparkguard.layout import Scan, lay_out
from sparkguard.measures.rows import Rows
from sparkguard.pipeline.changed_slices import changed_slices, is_partitioned
from sparkguard.pipeline.late_labels import LateLabels
from sparkguard.plan import Needs, Plan
from sparkguard.profile import Need, Profile
from sparkguard.relations.base import Tables
from sparkguard.relations.prediction_with_truth import PredictionWithTruth
from sparkguard.relations.table import Table
from sparkguard.results import RunRecord, Store
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot
from sparkguard.sql.slices import is_in_any
from sparkguard.tables import Pinned

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RETAINED_DAYS = 7
"""Delta keeps files so long after their removal, unless a table says otherwise."""


@dataclass(frozen=True)
class Recalled:
    """What is known without reading; the other slices of `needs` are those of `changed`."""

    needs: frozenset[Need[Any]]
    profile: Profile
    changed: frozenset[Slice]


@dataclass(frozen=True)
class _Last:
    """What the last run measured, and the partitions that changed since."""

    run: RunRecord
    version: int
    states: Mapping[tuple[Need[Any], Slice], Any]
    changed: frozenset[Slice]


@dataclass(frozen=True)
class Memory:
    """Recalls the states that the last run of `audit` left of a run's tables.

    `by` are the slice columns of each dataset, `as_of` is the moment the run looks from.
    """

    audit: str
    store: Store
    snapshot: Snapshot
    by: Mapping[str, tuple[str, ...]]
    as_of: datetime
    _changes: dict[str, frozenset[Slice] | None] = field(default_factory=dict, repr=False)
    _late: dict[Need[Any], LateLabels | None] = field(default_factory=dict, repr=False)

    def scan(
        self, needs: Iterable[Need[Any]], tables: Tables, /
    ) -> Iterator[tuple[Scan, Tables, Profile]]:
        """Scans of everything that is not known, and of the changed partitions of what is."""
        by_dataset: dict[str, list[Need[Any]]] = {}
        rest: list[Need[Any]] = []
        for need in needs:
            if isinstance(need.relation, PredictionWithTruth):
                late = self.late_labels(need, need.relation)
                if late is not None and self._is_same_week(late.at):
                    (scan,) = lay_out([Need(late.relation, need.measure)], self.by)
                    yield scan, late, Profile(late.states)
                    continue
            plain = need.relation == Table(need.relation.subject) and need.measure.stored
            (by_dataset.setdefault(need.relation.subject, []) if plain else rest).append(need)
        for dataset, wanted in by_dataset.items():
            recalled = self.recall(dataset, wanted)
            if recalled is None:
                rest += wanted
                continue
            rest += [need for need in wanted if need not in recalled.needs]
            again = [need for need in wanted if need in recalled.needs]
            changed = Changed(tables, dataset, recalled.changed)
            known = recalled.profile.restricted([*again, Need(Table(dataset), Rows())])
            for scan in lay_out(again, self.by):
                own = [n for chunk in scan.chunks for n in scan.needs(chunk)]
                read = scan if recalled.changed else replace(scan, chunks=())
                yield read, changed, known.restricted(own)
        for scan in lay_out(rest, self.by):
            yield scan, tables, Profile()

    def late_labels(self, need: Need[Any], of: PredictionWithTruth) -> LateLabels | None:
        """The predictions that may count otherwise since the last run.

        None as for `recall`, and where the label table has no change feed that reaches back, or
        its version of then may be vacuumed.
        """
        if need not in self._late:
            self._late[need] = self._look_back(need, of)
        return self._late[need]

    def restated(self, plan: Plan, asked: Mapping[str, Needs]) -> dict[str, DataFrame]:
        """The rows of `evaluation_pairs` by the entry that asked first for what they are of."""
        found: dict[str, DataFrame] = {}
        told: set[Need[Any]] = set()
        for entry_id, needs in asked.items():
            for need in needs:
                late = self._late.get(need)
                if late is None or need in told:
                    continue
                told.add(need)
                table = need.relation.subject
                slices = (where for dataset, where in plan.rows if dataset == table)
                found[entry_id] = late.pairs(self.by[table], slices)
        return found

    def _look_back(self, need: Need[Any], of: PredictionWithTruth) -> LateLabels | None:
        table, labels = of.predicted.table, of.labels.table
        last = self._last(table, (need,)) if labels != table else None
        if last is None or (self.as_of - last.run.as_of).days > RETAINED_DAYS:
            return None
        version = self._version_in(labels, last.run.run_id)
        if version is None:
            return None
        late = LateLabels(
            self.snapshot,
            replace(of, since=micros(last.run.as_of)),
            last.run.as_of,
            {table: last.version, labels: version},
            last.states,
            is_in_any(last.changed),
        )
        return late if late.is_told() else None

    def _is_same_week(self, at: datetime) -> bool:
        return at.isocalendar()[:2] == self.as_of.isocalendar()[:2]

    def slice_values(self, dataset: str, by: tuple[str, ...]) -> Mapping[Slice, int]:
        """As the snapshot's, of which only the changed partitions are counted again."""
        rows: Need[Any] = Need(Table(dataset), Rows())
        recalled = self.recall(dataset, ())
        if recalled is None or rows not in recalled.needs:
            return self.snapshot.slice_values(dataset, by)
        found = {where: state.rows for (_, where), state in recalled.profile.states.items()}
        if recalled.changed:
            found |= self.snapshot.slice_values(dataset, by, recalled.changed)
        if sum(found.values()) != self.snapshot.pinned[dataset].rows:
            return self.snapshot.slice_values(dataset, by)
        return dict(sorted(found.items(), key=lambda item: item[0].key))

    def recall(self, dataset: str, needs: Iterable[Need[Any]]) -> Recalled | None:
        """What the last run saw of a dataset's unchanged partitions.

        None where it can't serve: no earlier run, or one of a slice alone or by other columns; a
        new week (everything is counted again), a table made anew, slices that are no partitions,
        or a log that does not tell.
        """
        rows: Need[Any] = Need(Table(dataset), Rows())
        every = tuple(dict.fromkeys([rows, *needs]))
        last = self._last(dataset, every)
        if last is None or not self._is_same_week(last.run.as_of):
            return None
        slices = {where for need, where in last.states if need == rows}
        seen = {n: {where for need, where in last.states if need == n} for n in every}
        known = {n for n in every if slices and slices == seen[n]}
        kept = {
            (need, where): s
            for (need, where), s in last.states.items()
            if need in known and where not in last.changed
        }
        return Recalled(frozenset(known), Profile(kept), last.changed)

    def _last(self, dataset: str, every: tuple[Need[Any], ...]) -> _Last | None:
        """The states of the last run, and the partitions that changed since; None as `recall`."""
        pinned, by = self.snapshot.pinned[dataset], self.by.get(dataset, ())
        if not by or not is_partitioned(pinned, by):
            return None
        run = self._last_run
        found = self.store.history(dataset, every, run_id=run.run_id) if run is not None else ()
        if run is None or not found:
            return None
        states = {key: s for past in found for key, s in past.profile.states.items()}
        if any({column for column, _ in where.values} != set(by) for _, where in states):
            # The audit sliced the dataset otherwise: states of both ways would count rows twice.
            return None
        version = found[0].version
        if dataset not in self._changes:
            self._changes[dataset] = self._changed_since(run.run_id, version, pinned, by)
        changed = self._changes[dataset]
        return None if changed is None else _Last(run, version, states, changed)

    @cached_property
    def _last_run(self) -> RunRecord | None:
        return self.store.last_run(self.audit, self.as_of)

    def _changed_since(
        self, run_id: str, version: int, pinned: Pinned, by: tuple[str, ...]
    ) -> frozenset[Slice] | None:
        if version > pinned.version or not self._saw_all(run_id, pinned):
            return None
        return changed_slices(self.snapshot, pinned, version, by)

    def _version_in(self, dataset: str, run_id: str) -> int | None:
        """The version of a dataset that a complete run read, if the table is the same."""
        condition = sql.template(
            "dataset = {} AND run_id = {} AND table_id = {}",
            *(sql.literal(dataset), sql.literal(run_id)),
            sql.literal(self.snapshot.pinned[dataset].table_id),
        )
        pins = self.store.read("pins").where(condition.text)
        found = pins.selectExpr("min(table_version) AS version").collect()[0]["version"]
        return None if found is None else int(found)

    def _saw_all(self, run_id: str, pinned: Pinned) -> bool:
        """Whether a complete run judged all of this very table.

        One that judged a slice has no verdict on the whole, and a table that was made anew has
        another id.
        """
        of_run = sql.template(
            "run_id = {} AND dataset = {}", sql.literal(run_id), sql.literal(pinned.dataset)
        )
        same = sql.template("table_id = {}", sql.literal(pinned.table_id))
        whole = sql.template("slice = {}", sql.literal(WHOLE.key))
        found = [
            self.store.read(table, committed=False)
            .where(sql.all_of((of_run, condition)).text)
            .select("run_id")
            .limit(1)
            for table, condition in (("pins", same), ("results", whole))
        ]
        return len(found[0].union(found[1]).collect()) == len(found)


@dataclass(frozen=True)
class Changed:
    """The tables of a run, one of them restricted to some of its slices."""

    tables: Tables
    dataset: str
    slices: frozenset[Slice]

    def frame(self, name: str, /) -> DataFrame:
        frame = self.tables.frame(name)
        if name != self.dataset:
            return frame
        return frame.where(is_in_any(self.slices).text)
