"""The keys of a join's two inputs beside those of the output that was made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations import keys
from sparkguard.relations.base import Relation, Tables, in_full
from sparkguard.sql import Path, Sql

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_IN, _RIGHT, _OUT = keys.ROWS, "__sparkguard_right", "__sparkguard_out"
_SUM_IN, _SUM_OUT = "__sparkguard_sum_in", "__sparkguard_sum_out"


@dataclass(frozen=True)
class JoinBalance(Relation, kind="join_balance"):
    """One row per slice and key, with the rows of the left input, the right input and the output.

    `left_filter` and `right_filter` are applied to the inputs first. `left_sum` and `output_sum`
    are a number of the left input and what became of it in the output. Without `sliced` the left
    input has no slice columns and only the whole is compared. A NULL in a key is equal to NULL
    here, and has no right row.
    """

    output: str
    output_columns: tuple[Path, ...]
    left: str
    left_columns: tuple[Path, ...]
    right: str
    right_columns: tuple[Path, ...]
    left_sum: Path = ()
    output_sum: Path = ()
    left_filter: Sql | None = None
    right_filter: Sql | None = None
    sliced: bool = True
    whole_apart = True

    @property
    def subject(self) -> str:
        return self.output

    def tables(self) -> frozenset[str]:
        return frozenset((self.output, self.left, self.right))

    @property
    def rows_in(self) -> Sql:
        return sql.name(_IN)

    @property
    def rows_right(self) -> Sql:
        return sql.name(_RIGHT)

    @property
    def rows_out(self) -> Sql:
        return sql.name(_OUT)

    @property
    def sum_in(self) -> Sql:
        return sql.name(_SUM_IN)

    @property
    def sum_out(self) -> Sql:
        return sql.name(_SUM_OUT)

    @property
    def null_parts(self) -> Sql:
        return keys.null_parts(len(self.left_columns))

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        of = by if self.sliced else ()
        one = F.lit(1).cast("bigint")
        none = F.lit(0).cast("bigint")
        left = keys.select(
            _filtered(tables.frame(self.left), self.left_filter),
            of,
            map(sql.path, self.left_columns),
            **{_IN: one, _OUT: none, _SUM_IN: _number(self.left_sum), _SUM_OUT: _number(())},
        )
        output = keys.select(
            tables.frame(self.output),
            of,
            map(sql.path, self.output_columns),
            **{_IN: none, _OUT: one, _SUM_IN: _number(()), _SUM_OUT: _number(self.output_sum)},
        )
        right = keys.select(
            _filtered(in_full(tables, self.right), self.right_filter),
            (),
            map(sql.path, self.right_columns),
            **{_RIGHT: one},
        ).where(sql.template("{} = 0", self.null_parts).text)
        names = keys.key_names(len(self.left_columns))
        sums = (_IN, _OUT, _SUM_IN, _SUM_OUT)
        rows = keys.levelled(left.unionByName(output), right, of, names, sums, (_RIGHT,))
        missing = [column for column in by if column not in of]
        return rows.select("*", *(F.lit(None).cast("string").alias(c) for c in missing))


def _filtered(frame: DataFrame, condition: Sql | None) -> DataFrame:
    return frame if condition is None else frame.where(sql.is_true(condition).text)


def _number(path: Path) -> Column:
    """The number as a decimal with the fraction digits of its type; 0 where none is compared."""
    from pyspark.sql import functions as F  # noqa: N812

    value = F.expr(sql.path(path).text) if path else F.lit(0)
    return F.coalesce(value.cast("decimal(28,6)"), F.lit(0).cast("decimal(28,6)"))
