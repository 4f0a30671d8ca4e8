"""A condition on rows, or one value of a query, that a contract states in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from sparkguard import sql
from sparkguard.checks.base import Check, Context, Judgement, not_evaluable, passed, violated
from sparkguard.errors import ConfigurationError, Location
from sparkguard.expressions import Condition, Query, row_condition
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.measures.tally import Tally, TallyState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.relations.table_levels import TableLevels, WholeTable
from sparkguard.slices import WHOLE
from sparkguard.sql import Sql
from sparkguard.thresholds import Threshold, percent, zero_rows

_MARGIN = Decimal("1e-9")
"""What a double may differ from a limit, as a part of the limit, and count as equal to it."""


@dataclass(frozen=True)
class ValueState:
    """Rows, and the value of an aggregate over them: text of a number, or None.

    `rounded` tells that it is a double, whose last digits the order of the rows may change.
    """

    rows: int
    value: str | None
    rounded: bool = False

    def merge(self, other: ValueState, /) -> ValueState:
        if self.rows and other.rows:
            raise ValueError("the values of a query do not merge")
        return self if self.rows else other


@dataclass(frozen=True)
class Value(Measure[ValueState], kind="value"):
    """One aggregate of a contract's query, rebuilt from its checked tree."""

    aggregate: Sql
    reads: frozenset[str]

    def columns(self) -> frozenset[str]:
        return self.reads

    def aggregates(self) -> tuple[Sql, ...]:
        return (sql.template("count(1)"), self.aggregate)

    def state(self, cells: Sequence[Any], /) -> ValueState:
        rows, value = cells
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, type(None))):
            raise ValueError(f"the query gives a {type(value).__name__}, not a number")
        return ValueState(rows, None if value is None else str(value), isinstance(value, float))

    def metrics(self, state: ValueState, /) -> Metrics:
        return {"value": None if state.value is None else float(state.value)}

    def payload(self, state: ValueState, /) -> bytes:
        return to_json([state.rows, state.value, state.rounded])

    def restore(self, payload: bytes, version: int, /) -> ValueState:
        return ValueState(*from_json(payload))


@dataclass(frozen=True)
class SqlExpression(Check, kind="sql_expression"):
    """Either a condition that every row obeys, or a query whose one value obeys `threshold`.

    The text is parsed outside Spark and rebuilt from an allow-list. With `expression`,
    `threshold` limits the rows that break it, by default to none; `nulls` says what a row for
    which the condition is NULL means. A `query` that gives NULL can't be judged; one that gives a
    double within a billionth of a limit counts as equal to it, since the order in which Spark adds
    doubles changes their last digits. Other numbers compare exactly.
    """

    expression: str = ""
    query: Query | None = None
    threshold: Threshold = field(default_factory=zero_rows)
    nulls: Literal["violation", "allow"] = "violation"

    def __post_init__(self) -> None:
        if bool(self.expression) == (self.query is not None):
            raise ValueError("sql_expression takes either expression or query")
        try:
            if self.query is None:
                row_condition(self.expression, None, Location(""))
            else:
                self.query.of(None)
        except ConfigurationError as error:
            problems = error.problems
            text = "; ".join(p.message for p in problems) if problems else str(error)
            raise ValueError(text) from None
        if self.query is not None and self.threshold.unit != "rows":
            raise ValueError("a query's value has no percentage")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        if self.query is not None:
            return frozenset((self.query.table, column) for column in self.query.columns)
        columns = row_condition(self.expression, None, Location("")).columns
        return frozenset((context.table.name, column) for column in columns)

    def tables(self, context: Context) -> frozenset[str]:
        # A query may count rows and name no column.
        counted = frozenset() if self.query is None else frozenset({self.query.table})
        return super().tables(context) | counted

    def violates(self, context: Context) -> Sql | None:
        if self.query is not None:
            return None
        condition = self._condition(context)
        if self.nulls == "violation":
            return sql.template("NOT ({})", sql.is_true(condition))
        return sql.is_true(sql.template("NOT ({})", condition))

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return (self._value(context) if self.query is not None else self._tally(context),)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        if self.query is not None:
            return self._judge_value(seen, context)
        tally = seen.at(context.where, self._tally(context)) or TallyState()
        broken = tally.false + (tally.null if self.nulls == "violation" else 0)
        details: dict[str, Any] = {
            "observed": broken,
            "expected": f"{self.threshold} against the expression",
            "unit": "rows",
            "rows": tally.rows,
            "violations": broken,
        }
        if not tally.rows or (tally.null == tally.rows and self.nulls == "allow"):
            return not_evaluable("the expression is NULL for every row", **details)
        in_percent = self.threshold.unit == "percent"
        measured = percent(broken, tally.rows) if in_percent else broken
        if self.threshold.holds(measured):
            return passed(**details)
        reason = f"{tally.false:,} of {tally.rows:,} rows break the expression"
        if tally.null:
            reason += f"; it is NULL for {tally.null:,}"
        missed = "" if self.threshold.forbids_any else self.threshold.missed(measured)
        return violated(reason + missed, **details)

    def _judge_value(self, seen: Profile, context: Context) -> Judgement:
        assert self.query is not None
        elsewhere = self._is_elsewhere(context)
        at = WHOLE if elsewhere else context.where
        need = self._value(context)
        found = context.seen.at(at, need) or seen.at(at, need)
        if found is None or found.value is None:
            return not_evaluable("the query gives NULL", expected=self._limit)
        number = Decimal(found.value)
        if not number.is_finite():
            reason = f"the query gives {number}; expected {self._limit}"
            return violated(reason, expected=self._limit)
        details: dict[str, Any] = {
            "observed": int(number) if number == number.to_integral_value() else float(number),
            "expected": self._limit,
            "rows": None if elsewhere else found.rows,
        }
        if self.threshold.holds(self._near(number) if found.rounded else number):
            return passed(**details)
        return violated(f"the query gives {number:,}; expected {self._limit}", **details)

    @property
    def _limit(self) -> str:
        """The threshold of a query's value, which has no unit."""
        return self.threshold.words

    def _near(self, number: Decimal) -> Decimal:
        """The limit that a double is as good as equal to, or the double."""
        limits = [Decimal(str(limit)) for limit in self.threshold.limits]
        near = (limit for limit in limits if abs(number - limit) <= _MARGIN * abs(limit))
        return next(near, number)

    def _condition(self, context: Context) -> Condition:
        return row_condition(self.expression, context.table.schema, Location(""))

    def _tally(self, context: Context) -> Need[TallyState]:
        condition = self._condition(context)
        reads = frozenset(column[0] for column in condition.columns)
        return Need(Table(context.table.name), Tally(Sql(condition.text), reads))

    def _value(self, context: Context) -> Need[ValueState]:
        assert self.query is not None
        facts = context.tables.get(self.query.table)
        # The contract may not say which type a column has, and times are compared by type.
        query = self.query.of(None if facts is None else facts.schema)
        reads = frozenset(column[0] for column in query.columns)
        value = Value(query.value, reads)
        if self._is_elsewhere(context):
            return Need(WholeTable(query.table), value)
        return Need(TableLevels(query.table), value)

    def _is_elsewhere(self, context: Context) -> bool:
        assert self.query is not None
        return self.query.table != context.table.name
