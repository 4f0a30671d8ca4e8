"""The keys of another relation that a condition picks, the heaviest first, up to a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations import keys
from sparkguard.relations.base import WHOLE_ROW, Relation, Tables
from sparkguard.relations.utc import in_utc
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

HASH, TEXT, FIRST = "__sparkguard_hash", "__sparkguard_text", "__sparkguard_first_slice"
_PICKED = "__sparkguard_picked"


def key_text(parts: int) -> Sql:
    """A key as people read it: its parts between commas, NULL by that word, 200 characters."""
    texts = [
        sql.template("coalesce({}, 'NULL')", sql.as_text(sql.name(name)))
        for name in keys.key_names(parts)
    ]
    return sql.template("left({}, 200)", sql.call("concat_ws", sql.literal(", "), *texts))


def key_hash(parts: int) -> Sql:
    """128 bits that identify a key between runs, as 32 hexadecimal digits."""
    texts = [sql.as_text(sql.name(name)) for name in keys.key_names(parts)]
    listed = sql.call("to_json", sql.call("array", *texts))
    return sql.template("left(sha2({}, 256), 32)", listed)


@dataclass(frozen=True)
class TopKeys(Relation, kind="top_keys"):
    """At most `most` keys of the whole for which `wanted` holds, by falling `weight`.

    `of` has rows by slice and key, as `keys.levelled` makes them, with `parts` key columns; its
    own counts say how many such keys there are, so what is left out here is not lost. `shown`
    puts the key's text beside its hash. The first slice is the least that holds the key.
    """

    of: Relation
    parts: int
    wanted: Sql
    weight: Sql
    most: int
    shown: bool = True
    whole_apart = True

    @property
    def subject(self) -> str:
        return self.of.subject

    def tables(self) -> frozenset[str]:
        return self.of.tables()

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        names = keys.key_names(self.parts)
        whole = F.col(WHOLE_ROW)
        # A key's slices are kept where the whole is picked, so that its first slice is known.
        picked = F.when(whole, F.expr(sql.is_true(self.wanted).text))
        weight = F.when(whole, F.expr(self.weight.text))
        first = F.min(F.when(~whole, _slice_text(by))) if by else F.max(F.lit(None).cast("string"))
        ranked = (
            self.of.frame(tables, by)
            .groupBy(*names)
            .agg(
                F.max(picked).alias(_PICKED),
                F.max(weight).alias(keys.ROWS),
                first.alias(FIRST),
            )
            .where(F.col(_PICKED))
            .orderBy(F.col(keys.ROWS).desc(), *names)
            .limit(self.most)
        )
        ranked = in_utc(ranked, names)
        text = F.expr(key_text(self.parts).text) if self.shown else F.lit(None).cast("string")
        nothing = [F.lit(None).cast("string").alias(column) for column in by]
        return ranked.select(
            F.lit(True).alias(WHOLE_ROW),
            *nothing,
            F.expr(key_hash(self.parts).text).alias(HASH),
            text.alias(TEXT),
            keys.ROWS,
            FIRST,
        )


def _slice_text(by: tuple[str, ...]) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    parts = [
        F.concat(
            F.lit(f"{column}="),
            F.coalesce(F.expr(sql.as_text(sql.name(column)).text), F.lit("NULL")),
        )
        for column in by
    ]
    return F.concat_ws("/", *parts)
