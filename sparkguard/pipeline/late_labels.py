"""Which predictions count otherwise since a run: labels came, were corrected, or fell due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.profile import Need
from sparkguard.relations.effective_label import (
    ARRIVAL,
    CHANGE,
    ID,
    PREDICTION,
    PredictionBucket,
)
from sparkguard.relations.prediction_with_truth import BEFORE, PredictionWithTruth
from sparkguard.slices import Slice
from sparkguard.snapshot import Snapshot
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_QUERY, _TABLE_ID = "__sparkguard_query", "__sparkguard_table_id"
_ID, _OF, _IS = "__sparkguard_touched", "__sparkguard_of", "__sparkguard_is"
_PAIR = ("slice", "prediction", "change", "bucket", "known_at", "label_version")


@dataclass(frozen=True)
class LateLabels:
    """Both tables of `relation`, now and as the last run read them, of touched predictions alone.

    That run looked from `at`, which is `relation.since`, read the Delta `versions` and counted
    `states`; `moved` holds for rows of the predictions that may have been written or removed
    since. A prediction is touched where its row or one of its labels changed or became known
    since, where it was made or fell due since, and, in a ranking, where one of its query is. What
    the others count is the same at both moments, so sums over the touched ones, now less then,
    are all that is to be added.
    """

    snapshot: Snapshot
    relation: PredictionWithTruth
    at: datetime
    versions: Mapping[str, int]
    states: Mapping[tuple[Need[Any], Slice], Any]
    moved: Sql

    def frame(self, name: str, /) -> DataFrame:
        of = self.relation
        table = name.removesuffix(BEFORE)
        rows = self._at(table, is_before=name.endswith(BEFORE))
        key = sql.path((of.predicted if table == of.predicted.table else of.labels).id)
        named = rows.selectExpr("*", sql.alias(key, _TABLE_ID).text)
        touched = named[_TABLE_ID].eqNullSafe(self._ids[_ID])
        return named.join(self._ids, touched, "left_semi").drop(_TABLE_ID)

    def is_told(self) -> bool:
        """Whether the label table says what changed since: it did not, or has a change feed."""
        table = self.relation.labels.table
        if self.snapshot.pinned[table].version <= self.versions[table]:
            return self.snapshot.pinned[table].version == self.versions[table]
        try:
            # Only reading tells, since Delta looks for the feed of each commit when it reads it.
            self._feed().limit(1).collect()
        except Exception:
            return False
        return True

    def pairs(self, by: tuple[str, ...], slices: Iterable[Slice]) -> DataFrame:
        """The rows of `evaluation_pairs`; of the tables' values they hold a hash of the id alone.

        `by` are the columns by which the predictions are sliced, `slices` the slices there are.
        """
        version = self.snapshot.pinned[self.relation.labels.table].version
        names = ", ".join(f"'{bucket.name.lower()}'" for bucket in PredictionBucket)
        moved = self.relation.restated(self, by).selectExpr(
            *(sql.alias(sql.as_text(sql.name(c)), f"{_OF}{i}").text for i, c in enumerate(by)),
            f"left(sha2({sql.as_text(sql.name(ID))}, 256), 32) AS prediction",
            f"{CHANGE} AS change",
            f"element_at(array({names}), {PREDICTION} + 1) AS bucket",
            f"timestamp_micros({ARRIVAL}) AS known_at",
            f"{version}L AS label_version",
        )
        keys = self._keys(by, slices)
        same = [moved[f"{_OF}{i}"].eqNullSafe(keys[f"{_IS}{i}"]) for i in range(len(by))]
        return moved.join(keys, same, "left").select(*_PAIR)

    def _keys(self, by: tuple[str, ...], slices: Iterable[Slice]) -> DataFrame:
        """The key of each slice beside its values."""
        every = sorted({*slices, *(where for _, where in self.states)}, key=lambda w: w.key)
        known = [
            (*(dict(where.values)[name] for name in by), where.key)
            for where in every
            if not where.is_whole
        ]
        columns = (*(f"{_IS}{i} STRING" for i in range(len(by))), "slice STRING")
        return self.snapshot.spark.createDataFrame(known, ", ".join(columns))

    def _feed(self) -> DataFrame:
        table = self.relation.labels.table
        return self.snapshot.changes(table, self.versions[table] + 1)

    def _at(self, table: str, is_before: bool) -> DataFrame:
        if is_before:
            return self.snapshot.frame_at(table, self.versions[table])
        return self.snapshot.frame(table)

    @cached_property
    def _ids(self) -> DataFrame:
        """The ids of touched predictions; NULL where rows without one may have changed."""
        of, labels = self.relation.predicted, self.relation.labels
        moved = sql.any_of((self._in_time(), self.moved)).text
        found = [
            *(_chosen(rows.where(moved), of.id) for rows in self._predictions()),
            _chosen(self._at(labels.table, False).where(self._became_known().text), labels.id),
        ]
        if self.snapshot.pinned[labels.table].version > self.versions[labels.table]:
            found.append(_chosen(self._feed(), labels.id))
        ids = reduce(lambda one, other: one.union(other), found).distinct()
        return ids if of.query is None else self._of_queries(ids, of.query)

    def _of_queries(self, ids: DataFrame, query: Sql) -> DataFrame:
        """The ids of all predictions of the queries in which one of `ids` is."""
        key = sql.alias(sql.path(self.relation.predicted.id), _ID)
        every = reduce(
            lambda one, other: one.union(other),
            (
                rows.selectExpr(key.text, sql.alias(query, _QUERY).text)
                for rows in self._predictions()
            ),
        )
        queries = every.join(ids, _ID, "left_semi").select(_QUERY).distinct()
        return every.join(queries, _QUERY, "left_semi").select(_ID).union(ids).distinct()

    def _predictions(self) -> Iterator[DataFrame]:
        """Those of now, and those of then where they are others."""
        table = self.relation.predicted.table
        yield self._at(table, False)
        if self.snapshot.pinned[table].version != self.versions[table]:
            yield self._at(table, True)

    def _in_time(self) -> Sql:
        """Predictions that were made since, or whose label is no longer awaited."""
        of, since = self.relation, self.relation.since or 0
        made = sql.template(
            "({0} > {1} AND {0} <= {2})",
            *(of.predicted.time, sql.literal(since), sql.literal(of.as_of)),
        )
        fell_due = sql.template(
            "({0} >= {1} AND {0} < {2})",
            *(of.predicted.time, sql.literal(since - of.horizon)),
            sql.literal(of.as_of - of.horizon),
        )
        return sql.any_of((made, fell_due))

    def _became_known(self) -> Sql:
        of = self.relation
        return sql.template(
            "{0} > {1} AND {0} <= {2}",
            *(of.labels.arrival, sql.literal(of.since or 0), sql.literal(of.as_of)),
        )


def _chosen(rows: DataFrame, key: sql.Path) -> DataFrame:
    return rows.selectExpr(sql.alias(sql.path(key), _ID).text)
