"""Orphan keys that would have a parent if keys were written alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations import keys
from sparkguard.relations.base import WHOLE_ROW, Relation, Tables
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.top_keys import TEXT, key_text
from sparkguard.sql import Sql
from sparkguard.sql.normalising import Rule, normalised

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

CAUSE, KEYS = "__sparkguard_cause", "__sparkguard_keys"
PARENT_TEXT = "__sparkguard_parent_text"
DOUBLE = "double"
"""The cause of whole numbers beyond 2^53 that passed through a double on their way."""
_INEXACT = r"\A-?([0-9]{16,38}|[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,2})\z"
"""Whole numbers, as text, that a double may have changed or written."""


@dataclass(frozen=True)
class Change:
    """A change of keys that makes some of them equal: text `rules`, or passing a double."""

    name: str
    rules: tuple[Rule, ...] = ()

    def of(self, value: Sql) -> Sql:
        """A part of a key after the change, as text."""
        if self.name != DOUBLE:
            return normalised(value, self.rules)
        text = sql.as_text(value)
        lossy = sql.template("try_cast(try_cast({} AS DOUBLE) AS DECIMAL(38,0))", value)
        return sql.template(
            "CASE WHEN {0} RLIKE {1} THEN coalesce(CAST({2} AS STRING), {0}) ELSE {0} END",
            *(text, sql.literal(_INEXACT), lossy),
        )


@dataclass(frozen=True)
class LossyKeys(Relation, kind="lossy_keys"):
    """One row per change and key after it that joins orphan keys of the whole with a parent's.

    `KEYS` orphan keys with `ROWS` rows become equal to a parent's key; `TEXT` is the one with most
    rows, `PARENT_TEXT` a parent's that it becomes equal to. Every key is written in each changed
    form and grouped: no join.
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

        complete = self.reference.frame(tables, ()).where(
            sql.template("{} = 0", self.reference.null_parts).text
        )
        # Collated text is a type of its own and can't share a column with plain text.
        collated = [change for change in self.changes if "unicode" in change.rules]
        plain = [change for change in self.changes if change not in collated]
        passes = [self._met(changes, complete) for changes in (plain, collated) if changes]
        rows = reduce(lambda one, other: one.unionByName(other), passes)
        nothing = [F.lit(None).cast("string").alias(column) for column in by]
        return rows.select("*", *nothing, F.lit(True).alias(WHOLE_ROW))

    def _met(self, changes: list[Change], complete: DataFrame) -> DataFrame:
        """Groups of keys that are equal after a change, where orphans meet a parent."""
        from pyspark.sql import functions as F  # noqa: N812

        names = keys.key_names(len(self.reference.columns))
        forms = F.array(*(_form(change, names) for change in changes))
        orphan = F.expr(self.reference.orphan.text)
        rows = F.expr(self.reference.rows.text)
        text = F.expr(key_text(len(names)).text)
        written = complete.select(
            F.when(F.expr(self.reference.parents.text) > 0, text).alias("known"),
            F.when(orphan, F.struct(rows.alias("rows"), text.alias("text"))).alias("orphan"),
            F.explode(forms).alias("form"),
        )
        met = (
            written.select("known", "orphan", "form.*")
            .groupBy("cause", *names)
            .agg(
                F.max("known").alias("known"),
                F.sum("orphan.rows").alias(keys.ROWS),
                F.count("orphan").alias(KEYS),
                F.max("orphan").alias("most"),
            )
        )
        return met.where(F.col("known").isNotNull() & (F.col(KEYS) > 0)).select(
            F.col("cause").alias(CAUSE),
            keys.ROWS,
            KEYS,
            F.col("most.text").alias(TEXT),
            F.col("known").alias(PARENT_TEXT),
        )


def _form(change: Change, names: list[str]) -> Column:
    """A key as the change writes it, beside the change's name."""
    from pyspark.sql import functions as F  # noqa: N812

    parts = [F.expr(change.of(sql.name(name)).text).alias(name) for name in names]
    return F.struct(F.lit(change.name).alias("cause"), *parts)
