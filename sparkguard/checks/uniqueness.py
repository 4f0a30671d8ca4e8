"""No key is held by two rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sparkguard.checks.base import Check, Context, Judgement, not_evaluable, passed, violated
from sparkguard.datatypes import Map
from sparkguard.measures.totals import Totals
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.key_counts import KeyCounts
from sparkguard.rendering.plaintext import plural
from sparkguard.verdicts import Outcome


@dataclass(frozen=True)
class Uniqueness(Check, kind="uniqueness"):
    """At most one row holds each value of `columns` together.

    `key_nulls` says what a row with a NULL in its key means: `ignore` leaves it out, as SQL's
    UNIQUE does; `violation` counts it against the rule, as a primary key does. Reported are
    surplus rows, the rows beyond the first of each key.
    """

    columns: tuple[ColumnPath, ...]
    key_nulls: Literal["violation", "ignore"] = "ignore"

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError("uniqueness needs at least one column")
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("uniqueness names a column twice")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset((context.table.name, column) for column in self.columns)

    def unsupported(self, context: Context) -> str:
        for column in self.columns:
            field = context.table.schema.at(column)
            if field is not None and isinstance(field.type, Map):
                return f"{'.'.join(column)} is a map; maps can't be compared"
        return ""

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return () if self.unsupported(context) else (self._need(context),)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        if reason := self.unsupported(context):
            return Judgement(Outcome.ERROR, reason=reason)
        found = seen.at(context.where, self._need(context))
        if found is None:
            return not_evaluable("no rows", rows=0)
        rows, nulls = found.count("rows"), found.count("null_rows")
        keys, surplus = found.count("duplicate_keys"), found.count("surplus_rows")
        broken = surplus + (nulls if self.key_nulls == "violation" else 0)
        details: dict[str, Any] = {
            "observed": broken,
            "expected": "no key twice" + (", none NULL" if self.key_nulls == "violation" else ""),
            "unit": "rows",
            "rows": rows,
            "violations": broken,
        }
        if nulls == rows and self.key_nulls == "ignore":
            return not_evaluable("every row has a NULL in its key", rows=rows)
        if not broken:
            return passed(**details)
        reasons = []
        if surplus:
            reasons.append(
                f"{plural(keys, 'key')} held more than once, by {plural(surplus, 'surplus row')}"
            )
        if nulls and self.key_nulls == "violation":
            reasons.append(f"{plural(nulls, 'row')} with a NULL in the key")
        return violated("; ".join(reasons), **details)

    def _need(self, context: Context) -> Need[Any]:
        counts = KeyCounts(context.table.name, self.columns)
        reads = frozenset(column[0] for column in self.columns)
        return Need(counts, Totals(counts.repetitions, reads))
