"""Which slices of the predictions changed because labels came, were corrected, or fell due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations.prediction_with_truth import PredictionWithTruth
from sparkguard.slices import Slice
from sparkguard.snapshot import Snapshot
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MOST_SLICES = 10_000
_ID, _TIME, _ARRIVAL = "__sparkguard_id", "__sparkguard_time", "__sparkguard_arrival"


@dataclass(frozen=True)
class LateLabels:
    """The predictions of `relation`, sliced `by`, since a run that looked from `since`.

    `label_version` is the Delta version of the label table that this run read; `since` is in
    microseconds since 1970.
    """

    snapshot: Snapshot
    relation: PredictionWithTruth
    by: tuple[str, ...]
    label_version: int
    since: int

    def touched(self) -> frozenset[Slice] | None:
        """Slices of which some prediction may be in another bucket, or have another label.

        These are the slices of predictions made after `since` less the horizon, which were
        pending or not there yet, and those of label rows that the change feed tells of, or that
        became known since. None where the label table has no change feed of that time.
        """
        of, slices = self.relation.predicted, [f"__sparkguard_k{i}" for i in range(len(self.by))]
        texts = (sql.template("CAST({} AS STRING)", sql.name(column)) for column in self.by)
        named = zip((*texts, sql.path(of.id), of.time), (*slices, _ID, _TIME), strict=True)
        predictions = self.snapshot.frame(of.table).selectExpr(
            *(sql.alias(value, name).text for value, name in named)
        )
        labels = self._labels()
        if labels is None:
            return None
        pending = sql.template(
            "{} > {}", sql.name(_TIME), sql.literal(self.since - self.relation.horizon)
        )
        found = (
            predictions.where(pending.text)
            .select(*slices)
            .union(predictions.join(labels.distinct(), _ID, "left_semi").select(*slices))
        )
        rows = found.distinct().limit(MOST_SLICES + 1).collect()
        if len(rows) > MOST_SLICES:
            return None
        return frozenset(Slice.of(dict(zip(self.by, row, strict=True))) for row in rows)

    def _labels(self) -> DataFrame | None:
        """The ids of label rows that changed or became known; None where nobody can tell."""
        of = self.relation.labels
        columns = (sql.alias(sql.path(of.id), _ID), sql.alias(of.arrival, _ARRIVAL))
        known_since = sql.template(
            "{0} > {1} AND {0} <= {2}",
            sql.name(_ARRIVAL), sql.literal(self.since), sql.literal(self.relation.as_of),
        )  # fmt: skip
        table = self.snapshot.frame(of.table)
        known = _chosen(table, *columns).where(known_since.text).select(_ID)
        pinned = self.snapshot.pinned[of.table]
        if pinned.version == self.label_version:
            return known
        if pinned.version < self.label_version:
            return None
        try:
            feed = self.snapshot.changes(of.table, self.label_version + 1)
            return _chosen(feed, *columns).select(_ID).union(known)
        except Exception:
            return None


def _chosen(frame: DataFrame, *columns: Sql) -> DataFrame:
    return frame.selectExpr(*(column.text for column in columns))
