"""Fingerprints of two tables, and the buckets in which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.shadow_rules.differences import Fingerprint
from sparkguard.sql import Sql

MOST_LISTED = 100_000
"""Unequal buckets of a slice beyond which their list is dropped: all of it is compared then."""
_SIDES = ("control", "shadow")
_SUMS = ("rows", "high", "low", "xor")


@dataclass(frozen=True)
class FingerprintsState:
    """Of the rows seen: both fingerprints, the number of buckets, and those that differ.

    `strict` counts the unequal buckets that differ in columns without tolerance too. `unequal`
    lists their numbers, None when there were too many. The rows in them are counted by side.
    """

    control: Fingerprint = field(default_factory=Fingerprint)
    shadow: Fingerprint = field(default_factory=Fingerprint)
    buckets: int = 0
    strict: int = 0
    unequal_control: int = 0
    unequal_shadow: int = 0
    unequal: frozenset[int] | None = frozenset()

    @property
    def identical(self) -> int:
        """Rows of a side in equal buckets; the other side has the same."""
        return self.control.rows - self.unequal_control

    @property
    def equal(self) -> bool:
        return self.unequal == frozenset()

    @property
    def unequal_share(self) -> float:
        """Rows in unequal buckets over all rows, both sides together; 0 for no rows."""
        rows = self.control.rows + self.shadow.rows
        return (self.unequal_control + self.unequal_shadow) / rows if rows else 0.0

    def merge(self, other: FingerprintsState, /) -> FingerprintsState:
        known = self.unequal is not None and other.unequal is not None
        return FingerprintsState(
            self.control.merge(other.control),
            self.shadow.merge(other.shadow),
            self.buckets + other.buckets,
            self.strict + other.strict,
            self.unequal_control + other.unequal_control,
            self.unequal_shadow + other.unequal_shadow,
            self.unequal | other.unequal if known else None,  # type: ignore[operator]
        )


@dataclass(frozen=True)
class Fingerprints(Measure[FingerprintsState], kind="shadow_fingerprints"):
    """Sums the rows of the relation `shadow_buckets`, whose columns begin with `prefix`.

    `strict` says that it has the sums without tolerant columns.
    """

    strict: bool = False
    prefix: str = "__sparkguard_"

    def columns(self) -> frozenset[str]:
        return frozenset()

    def aggregates(self) -> tuple[Sql, ...]:
        unequal = sql.any_of(self._differs(what) for what in _SUMS)
        exact = ("rows", "strict_high", "strict_low") if self.strict else _SUMS
        unequal_count = sql.count_if(unequal)
        numbers = sql.template(
            "collect_set(if({}, {}, NULL))", unequal, sql.name(f"{self.prefix}bucket")
        )
        return (
            *(_total(what, self._cell(what, side)) for side in _SIDES for what in _SUMS),
            Sql("count(1)"),
            sql.count_if(sql.any_of(self._differs(what) for what in exact)),
            *(
                sql.template("sum(if({}, {}, 0L))", unequal, self._cell("rows", side))
                for side in _SIDES
            ),
            sql.template(
                "CASE WHEN {} <= {} THEN {} END", unequal_count, sql.literal(MOST_LISTED), numbers
            ),
        )

    def _cell(self, what: str, side: str) -> Sql:
        return sql.name(f"{self.prefix}{what}_{side}")

    def _differs(self, what: str) -> Sql:
        return sql.template("{} != {}", *(self._cell(what, side) for side in _SIDES))

    def state(self, cells: Sequence[Any], /) -> FingerprintsState:
        one, other = (
            Fingerprint(int(rows or 0), int(high or 0) * 2**32 + int(low or 0), int(xor or 0))
            for rows, high, low, xor in (cells[:4], cells[4:8])
        )
        buckets, strict, control, shadow, unequal = cells[8:]
        return FingerprintsState(
            one,
            other,
            buckets,
            strict,
            control or 0,
            shadow or 0,
            None if unequal is None else frozenset(unequal),
        )

    def metrics(self, state: FingerprintsState, /) -> Metrics:
        return {
            "rows_control": state.control.rows,
            "rows_shadow": state.shadow.rows,
            "buckets": state.buckets,
            "unequal_buckets": None if state.unequal is None else len(state.unequal),
            "unequal_beyond_tolerance": state.strict,
            "unequal_share": state.unequal_share,
        }

    def payload(self, state: FingerprintsState, /) -> bytes:
        sides = [[s.rows, s.total, s.xor] for s in (state.control, state.shadow)]
        counts = [state.buckets, state.strict, state.unequal_control, state.unequal_shadow]
        return to_json([*sides, counts, None if state.unequal is None else sorted(state.unequal)])

    def restore(self, payload: bytes, version: int, /) -> FingerprintsState:
        control, shadow, counts, unequal = from_json(payload)
        known = None if unequal is None else frozenset(unequal)
        sides = Fingerprint(*control), Fingerprint(*shadow)
        buckets, strict, unequal_control, unequal_shadow = counts
        return FingerprintsState(*sides, buckets, strict, unequal_control, unequal_shadow, known)


def _total(what: str, cell: Sql) -> Sql:
    if what == "xor":
        return sql.call("bit_xor", cell)
    # Each bucket's sum fits into a bigint; that of more than 2^31 rows may not.
    wide = cell if what == "rows" else sql.template("CAST({} AS DECIMAL(20, 0))", cell)
    return sql.call("sum", wide)
