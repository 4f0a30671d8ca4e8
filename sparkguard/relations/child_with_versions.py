"""The rows of a child table beside the versions of the parents that they refer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.relations import keys
from sparkguard.relations.base import Relation, Tables, in_full
from sparkguard.sql import Path, Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_AT, _VERSIONS = "__sparkguard_at", "__sparkguard_versions"
_VALID, _BEGUN, _LATER = "__sparkguard_valid", "__sparkguard_begun", "__sparkguard_later"


@dataclass(frozen=True)
class ChildWithVersions(Relation, kind="child_with_versions"):
    """One row per slice, key and time of the child, with how many versions are valid then.

    A version is valid from `valid_from` until before `valid_to`; a NULL `valid_to` is open. Empty
    and inverted versions, and those without a start, are valid never. Rows add up over slices.
    """

    child: str
    columns: tuple[Path, ...]
    at: Path
    parent: str
    parent_columns: tuple[Path, ...]
    valid_from: Path
    valid_to: Path

    @property
    def subject(self) -> str:
        return self.child

    def tables(self) -> frozenset[str]:
        return frozenset((self.child, self.parent))

    @property
    def rows(self) -> Sql:
        """The number of child rows with this key at this time."""
        return sql.name(keys.ROWS)

    @property
    def null_key(self) -> Sql:
        return sql.template("{} > 0", keys.null_parts(len(self.columns)))

    @property
    def null_time(self) -> Sql:
        return sql.template("{} IS NULL", sql.name(_AT))

    @property
    def known(self) -> Sql:
        """True when the parent has any version of the key."""
        return sql.template("{} IS NOT NULL", sql.name(_VALID))

    @property
    def valid(self) -> Sql:
        """The number of versions that are valid at the time; NULL for an unknown key."""
        return sql.name(_VALID)

    @property
    def begun(self) -> Sql:
        """True when a version began at or before the time."""
        return sql.is_true(sql.name(_BEGUN))

    @property
    def later(self) -> Sql:
        """True when a version begins after the time."""
        return sql.is_true(sql.name(_LATER))

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        names = keys.key_names(len(self.columns))
        parts = map(sql.path, self.columns)
        at = F.expr(sql.path(self.at).text)
        child = keys.select(tables.frame(self.child), by, parts, **{_AT: at, keys.ROWS: F.lit(1)})
        child = keys.grouped(child, by, [*names, _AT], (keys.ROWS,))
        joined = child.join(self._versions(tables), names, "left")
        return joined.select(
            *(F.expr(sql.name(column).text).alias(column) for column in by),
            *names,
            _AT,
            keys.ROWS,
            *(F.expr(cell.text).alias(name) for name, cell in _CELLS.items()),
        )

    def _versions(self, tables: Tables) -> DataFrame:
        """One row per parent key with its versions, so that a key meets each child row once."""
        from pyspark.sql import functions as F  # noqa: N812

        starts, ends = F.expr(sql.path(self.valid_from).text), F.expr(sql.path(self.valid_to).text)
        names = keys.key_names(len(self.columns))
        parts = map(sql.path, self.parent_columns)
        version = F.struct(starts.alias("begins"), ends.alias("ends"))
        usable = F.col("version.begins").isNotNull() & (
            F.col("version.ends").isNull() | (F.col("version.begins") < F.col("version.ends"))
        )
        parent = keys.select(in_full(tables, self.parent), (), parts, version=version)
        parent = parent.where(sql.template("NOT ({})", self.null_key).text)
        # Versions that are valid never stay out, but the key is known all the same.
        kept = F.collect_list(F.when(usable, F.col("version")))
        return parent.groupBy(*names).agg(kept.alias(_VERSIONS))


def _over_versions(template: str) -> Sql:
    return sql.template(template, sql.name(_VERSIONS), at=sql.name(_AT))


_CELLS = {
    _VALID: _over_versions(
        # Without ANSI, Spark's `size` of NULL may be -1.
        "CASE WHEN {0} IS NOT NULL THEN"
        " size(filter({0}, v -> v.begins <= {at} AND (v.ends IS NULL OR {at} < v.ends))) END"
    ),
    _BEGUN: _over_versions("exists({}, v -> v.begins <= {at})"),
    _LATER: _over_versions("exists({}, v -> v.begins > {at})"),
}
