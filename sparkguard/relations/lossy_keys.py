"""Orphan keys that would have a parent if keys were written alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.normal import Rule, normalised
from sparkguard.relations import keys
from sparkguard.relations.base import WHOLE_ROW, Relation, Tables
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.top_keys import TEXT, key_text
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CAUSE = "__sparkguard_cause"
DOUBLE = "double"
"""The cause of whole numbers beyond 2^53 that passed through a double on their way."""


@dataclass(frozen=True)
class Change:
    """A change of keys that makes some of them equal: text `rules`, or passing a double."""

    name: str
    rules: tuple[Rule, ...] = ()

    def of(self, value: Sql) -> Sql:
        """A part of a key after the change, as text."""
        if self.name != DOUBLE:
            return normalised(value, self.rules)
        lossy = sql.template("try_cast(try_cast({} AS DOUBLE) AS DECIMAL(38,0))", value)
        return sql.template("CAST({} AS STRING)", lossy)


@dataclass(frozen=True)
class LossyKeys(Relation, kind="lossy_keys"):
    """One row per change and orphan key of the whole table that has a parent after it.

    Each change is one semi join of the orphan keys with the parents' keys.
    """

    reference: ChildWithParent
    changes: tuple[Change, ...]
    whole_apart = True

    @property
    def subject(self) -> str:
        return self.reference.subject

    def tables(self) -> frozenset[str]:
        return self.reference.tables()

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        pairs = self.reference.frame(tables, ())
        parts = len(self.reference.columns)
        text = F.expr(key_text(parts).text).alias(TEXT)
        complete = pairs.where(sql.template("{} = 0", self.reference.null_parts).text)
        orphans = complete.where(self.reference.orphan.text)
        known = complete.where(sql.template("{} > 0", self.reference.parents).text)
        matched = [
            self._changed(change, orphans.select(*keys.key_names(parts), text, keys.ROWS), known)
            for change in self.changes
        ]
        rows = reduce(lambda one, other: one.unionByName(other), matched)
        nothing = [F.lit(None).cast("string").alias(column) for column in by]
        return rows.select("*", *nothing, F.lit(True).alias(WHOLE_ROW))

    def _changed(self, change: Change, orphans: DataFrame, known: DataFrame) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        names = keys.key_names(len(self.reference.columns))
        left, mine = _changed_keys(change, orphans, names, "mine", (TEXT, keys.ROWS))
        right, theirs = _changed_keys(change, known, names, "theirs", ())
        same = [F.col(m) == F.col(t) for m, t in zip(mine, theirs, strict=True)]
        joined = left.join(right, same, "left_semi")
        return joined.select(F.lit(change.name).alias(CAUSE), TEXT, keys.ROWS)


def _changed_keys(
    change: Change, frame: DataFrame, names: list[str], side: str, kept: tuple[str, ...]
) -> tuple[DataFrame, list[str]]:
    """The changed keys of `frame` beside the columns `kept`, and their names."""
    from pyspark.sql import functions as F  # noqa: N812

    own = [f"{name}_{side}" for name in names]
    cells = [
        F.expr(change.of(sql.name(name)).text).alias(new)
        for name, new in zip(names, own, strict=True)
    ]
    return frame.select(*kept, *cells), own
