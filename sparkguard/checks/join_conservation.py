"""A join lost no row and multiplied none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal as Number
from typing import Any, ClassVar, Literal

from sparkguard import sql
from sparkguard.checks.base import (
    OF_THE_TABLE,
    Check,
    Context,
    Judgement,
    not_evaluable,
    passed,
    violated,
)
from sparkguard.datatypes import DataType, Decimal, is_integer
from sparkguard.errors import ConfigurationError, Location
from sparkguard.expressions import row_condition
from sparkguard.measures.key_list import KeyList, KeyListState
from sparkguard.measures.totals import Totals, TotalsState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.references.balance import CAUSES, balance, lost, surplus
from sparkguard.references.comparable import incomparable
from sparkguard.relations.join_balance import JoinBalance
from sparkguard.relations.keys import ROWS
from sparkguard.relations.top_keys import FIRST, HASH, TEXT, TopKeys
from sparkguard.rendering.plaintext import plural
from sparkguard.slices import WHOLE
from sparkguard.sql import Sql
from sparkguard.verdicts import Evidence, Outcome

_MOST_KEYS = 100
_SUMS = {
    "sum_in": "sum over the left input",
    "sum_joined": "sum over what the join gives",
    "sum_out": "sum over the output",
}


@dataclass(frozen=True)
class JoinConservation(Check, kind="join_conservation"):
    """This table is the join of `left` and `right`, and no row of `left` was lost or multiplied.

    `columns` are the key in this table, `left_columns` and `right_columns` in the inputs, and
    `join` says how they were joined. `left_where` and `right_where` are the pipeline's own
    filters on its inputs. `expect: conserved` asks for one output row per left row;
    `expect: joined` only for the rows that the join gives, whatever it loses or multiplies.
    `left_sum` and `output_sum` are an exact number whose sum must be conserved likewise. Slices
    are compared where `left` has the slice columns too.
    """

    beyond_a_write: ClassVar[str] = OF_THE_TABLE

    columns: tuple[ColumnPath, ...]
    left: str
    left_columns: tuple[ColumnPath, ...]
    right: str
    right_columns: tuple[ColumnPath, ...]
    join: Literal["inner", "left"] = "left"
    expect: Literal["conserved", "joined"] = "conserved"
    left_sum: ColumnPath | None = None
    output_sum: ColumnPath | None = None
    left_where: str = ""
    right_where: str = ""
    top: int = 20
    show_keys: bool = True

    evaluates_empty = True

    def __post_init__(self) -> None:
        if len({len(self.columns), len(self.left_columns), len(self.right_columns)}) > 1:
            raise ValueError("columns, left_columns and right_columns pair up one to one")
        if not self.columns:
            raise ValueError("join_conservation needs at least one column")
        if (self.left_sum is None) != (self.output_sum is None):
            raise ValueError("left_sum and output_sum belong together")
        if not 0 <= self.top <= _MOST_KEYS:
            raise ValueError(f"top lies between 0 and {_MOST_KEYS}, found {self.top}")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        mine = [*self.columns, *([self.output_sum] if self.output_sum else [])]
        left = [*self.left_columns, *([self.left_sum] if self.left_sum else [])]
        return frozenset(
            {(context.table.name, column) for column in mine}
            | {(self.left, column) for column in left}
            | {(self.right, column) for column in self.right_columns}
        )

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        self._refuse(context)
        of = self._relation(context)
        found = context.seen.at(WHOLE, self._totals(of))
        if found is None or not self._broken(found):
            return (self._totals(of),)
        return (self._totals(of), *self._top(of).values())

    def judge(self, seen: Profile, context: Context) -> Judgement:
        of = self._relation(context)
        if not context.where.is_whole and not of.sliced:
            reason = f"{self.left} has no slice columns; only the whole table is compared"
            return not_evaluable(reason, counts_as=Outcome.WARN)
        found = seen.at(context.where, self._totals(of))
        if found is None or not (found.count("rows_in") or found.count("rows_out")):
            return not_evaluable("the join has neither input nor output")
        if found.count("sum_overflow"):
            return Judgement(Outcome.ERROR, reason="an expected sum has more than 38 digits")
        broken = self._broken(found)
        expected = "one output row per left row" if self._conserving else f"the {self.join} join"
        details: dict[str, Any] = {
            "observed": found.count("rows_out"),
            "expected": f"{expected}: {self._expected_rows(found):,} rows",
            "unit": "rows",
            "rows": found.count("rows_out"),
            "violations": broken,
            "evidence": tuple(self._evidence(found, of, context)),
        }
        reasons = list(self._reasons(found))
        return violated("; ".join(reasons), **details) if reasons else passed(**details)

    @property
    def _conserving(self) -> bool:
        return self.expect == "conserved"

    def _expected_rows(self, found: TotalsState) -> int:
        return found.count("rows_in" if self._conserving else "rows_joined")

    def _broken(self, found: TotalsState) -> int:
        if self._conserving:
            return found.count("rows_lost") + found.count("rows_gained")
        return found.count("rows_missing") + found.count("rows_surplus")

    def _reasons(self, found: TotalsState) -> Iterator[str]:
        if self._conserving:
            for name, label in CAUSES.items():
                if found.count(name):
                    yield f"{found.count(name):,} {label}"
        else:
            for name, label in (("rows_missing", "fewer"), ("rows_surplus", "more")):
                if found.count(name):
                    rows = plural(found.count(name), "row")
                    yield f"{rows} {label} than the join of the inputs gives"
        if self.left_sum is not None:
            wanted = found["sum_in" if self._conserving else "sum_joined"]
            if wanted != found["sum_out"]:
                out, expected = _plain(found["sum_out"]), _plain(wanted)
                yield f"the sum of {'.'.join(self.output_sum or ())} is {out}, expected {expected}"

    def _evidence(
        self, found: TotalsState, of: JoinBalance, context: Context
    ) -> Iterator[Evidence]:
        rows = {
            "rows of the left input": "rows_in",
            f"rows that the {self.join} join gives": "rows_joined",
            "rows of the output": "rows_out",
            **{label: name for name, label in CAUSES.items()},
            "rows fewer than the join gives": "rows_missing",
            "rows more than the join gives": "rows_surplus",
        }
        for i, (label, name) in enumerate(rows.items()):
            yield Evidence("counts", "join", i, label=label, count=found.count(name))
        if self.left_sum is not None:
            for i, (name, label) in enumerate(_SUMS.items()):
                number, text = float(found[name]), _plain(found[name])
                yield Evidence("work", "join sums", i, label=label, number=number, text=text)
        if context.where.is_whole:
            for name, need in self._top(of).items():
                listed = context.seen.at(WHOLE, need) or KeyListState()
                for i, key in enumerate(listed.keys[: self.top]):
                    label = key.text if key.text is not None else key.hash[:12]
                    first = f"first in {key.first}" if key.first else None
                    yield Evidence("examples", name, i, label=label, count=key.rows, text=first)

    def _refuse(self, context: Context) -> None:
        """Raises ConfigurationError for keys or sums that can't be compared, before any read."""
        left, right = context.tables.get(self.left), context.tables.get(self.right)
        if left is None or right is None:
            return
        pairs = zip(self.columns, self.left_columns, self.right_columns, strict=True)
        for out, one, other in pairs:
            fields = [
                context.table.schema.at(out),
                left.schema.at(one),
                right.schema.at(other),
            ]
            types = [field.type for field in fields if field is not None]
            for type_ in types[1:]:
                if reason := incomparable(types[0], type_):
                    raise ConfigurationError(f"join_conservation, key {'.'.join(out)}: {reason}")
        sums = ((left.schema, self.left_sum), (context.table.schema, self.output_sum))
        for schema, path in sums:
            field = schema.at(path) if path else None
            if field is not None and not _summable(field.type):
                raise ConfigurationError(
                    "join_conservation sums whole numbers, and decimals with at most 22 digits "
                    f"before the point and 6 behind it; found {field.type}"
                )

    def _relation(self, context: Context) -> JoinBalance:
        left = context.tables.get(self.left)
        right = context.tables.get(self.right)
        here = Location("")

        def condition(text: str, facts: Any) -> Sql | None:
            if not text:
                return None
            schema = None if facts is None else facts.schema
            return Sql(row_condition(text, schema, here).text)

        return JoinBalance(
            context.table.name,
            self.columns,
            self.left,
            self.left_columns,
            self.right,
            self.right_columns,
            self.left_sum or (),
            self.output_sum or (),
            condition(self.left_where, left),
            condition(self.right_where, right),
            left is None or all(left.schema.get(column) for column in context.by),
        )

    def _totals(self, of: JoinBalance) -> Need[TotalsState]:
        reads = frozenset(column[0] for column in self.columns)
        return Need(of, Totals(balance(of, self.join), reads))

    def _top(self, of: JoinBalance) -> dict[str, Need[KeyListState]]:
        listed = KeyList(*(sql.name(name) for name in (HASH, TEXT, ROWS, FIRST)))
        wanted = of.rows_in if self._conserving else None
        weights = {
            "keys that lost most rows": lost(of, self.join, wanted),
            "keys that gained most rows": surplus(of, self.join, wanted),
        }
        return {
            name: Need(
                TopKeys(
                    of,
                    len(self.columns),
                    sql.template("{} > 0", weight),
                    weight,
                    _MOST_KEYS,
                    self.show_keys,
                ),
                listed,
            )
            for name, weight in weights.items()
        }


def _summable(type_: DataType) -> bool:
    if isinstance(type_, Decimal):
        return type_.scale <= 6 and type_.precision - type_.scale <= 22
    return is_integer(type_)


def _plain(value: int | Number) -> str:
    """Exact, without the zeros that the type of a sum brings along."""
    text = f"{value:,f}" if isinstance(value, Number) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text
