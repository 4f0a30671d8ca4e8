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
    """Sums the rows of the relation `shadow_buckets`, whose columns begin with `prefix`."""

    prefix: str = "__sparkguard_"

    def columns(self) -> frozenset[str]:
        return frozenset()

    def aggregates(self) -> tuple[Sql, ...]:
        column = {
            f"{what}_{side}": sql.name(f"{self.prefix}{what}_{side}")
            for what in ("rows", "total", "xor", "strict")
            for side in ("control", "shadow")
        }
        same = sql.all_of(
            sql.template("{} = {}", column[f"{what}_control"], column[f"{what}_shadow"])
            for what in ("rows", "total", "xor")
        )
        unequal = sql.template("NOT ({})", same)
        strict = sql.template(
            "({}) AND ({} != {} OR {} != {})",
            unequal,
            column["rows_control"],
            column["rows_shadow"],
            column["strict_control"],
            column["strict_shadow"],
        )
        count = sql.count_if(unequal)
        numbers = sql.template(
            "collect_set(if({}, {}, NULL))", unequal, sql.name(f"{self.prefix}bucket")
        )
        sums = (("sum", "rows"), ("sum", "total"), ("bit_xor", "xor"))
        return (
            *(
                sql.call(function, column[f"{what}_{side}"])
                for side in ("control", "shadow")
                for function, what in sums
            ),
            Sql("count(1)"),
            sql.count_if(strict),
            *(
                sql.template("sum(if({}, {}, 0L))", unequal, column[f"rows_{side}"])
                for side in ("control", "shadow")
            ),
            sql.template(
                "CASE WHEN {} <= {} THEN {} END", count, sql.literal(MOST_LISTED), numbers
            ),
        )

    def state(self, cells: Sequence[Any], /) -> FingerprintsState:
        one, other = (
            Fingerprint(int(rows or 0), int(total or 0), int(xor or 0))
            for rows, total, xor in (cells[:3], cells[3:6])
        )
        buckets, strict, control, shadow, unequal = cells[6:]
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
