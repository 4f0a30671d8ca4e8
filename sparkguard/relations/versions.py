"""The versions of a table's keys, each beside those that began before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations import keys
from sparkguard.relations.base import Relation, Tables, in_full
from sparkguard.sql import Path, Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_START, _END = "__sparkguard_start", "__sparkguard_end"
_BEFORE, _OPEN_BEFORE = "__sparkguard_before", "__sparkguard_open_before"


@dataclass(frozen=True)
class Versions(Relation, kind="versions"):
    """One row per version, with the latest end of the earlier versions of its key.

    The latest earlier end, not the previous row's, so that a version inside a longer one counts
    as overlapping. Empty, inverted and startless versions are compared with none. All versions,
    also in a run that judges one slice: its rows may refer to any.
    """

    table: str
    columns: tuple[Path, ...]
    valid_from: Path
    valid_to: Path

    @property
    def subject(self) -> str:
        return self.table

    @property
    def inverted(self) -> Sql:
        """True for a version that ends before or when it begins, or has no start."""
        return sql.template(
            "coalesce({start} IS NULL OR {end} <= {start}, false)",
            start=sql.name(_START),
            end=sql.name(_END),
        )

    @property
    def several_open(self) -> Sql:
        """True for an open version of a key that has an earlier open one."""
        return sql.template(
            "NOT ({}) AND {} IS NULL AND {}", self.inverted, sql.name(_END), self._open_before
        )

    @property
    def overlap(self) -> Sql:
        """True for a version that begins before an earlier one of its key has ended."""
        beyond = sql.is_true(sql.template("{} < {}", sql.name(_START), sql.name(_BEFORE)))
        return sql.template("NOT ({}) AND ({} OR {})", self.inverted, self._open_before, beyond)

    @property
    def gap(self) -> Sql:
        """True for a version before which its key is valid at no time, though it was earlier."""
        after = sql.is_true(sql.template("{} > {}", sql.name(_START), sql.name(_BEFORE)))
        return sql.template("NOT ({}) AND NOT {} AND {}", self.inverted, self._open_before, after)

    @property
    def _open_before(self) -> Sql:
        return sql.is_true(sql.name(_OPEN_BEFORE))

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import Window
        from pyspark.sql import functions as F  # noqa: N812

        names = keys.key_names(len(self.columns))
        rows = keys.select(
            in_full(tables, self.table),
            by,
            map(sql.path, self.columns),
            **{
                _START: F.expr(sql.path(self.valid_from).text),
                _END: F.expr(sql.path(self.valid_to).text),
            },
        )
        complete = rows.where(sql.template("{} = 0", keys.null_parts(len(self.columns))).text)
        usable = F.expr(sql.template("NOT ({})", self.inverted).text)
        earlier = (
            Window.partitionBy(*names, usable)
            .orderBy(_START, F.col(_END).asc_nulls_last())
            .rowsBetween(Window.unboundedPreceding, -1)
        )
        return complete.select(
            "*",
            F.max(_END).over(earlier).alias(_BEFORE),
            F.max(F.col(_END).isNull()).over(earlier).alias(_OPEN_BEFORE),
        )
