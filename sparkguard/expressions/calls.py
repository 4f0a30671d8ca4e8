"""Function calls and aggregates of an expression."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from sqlglot import exp

from sparkguard import sql
from sparkguard.errors import did_you_mean
from sparkguard.expressions import containers, nodes, times
from sparkguard.expressions.functions import (
    AGGREGATES,
    BOOLEAN,
    CONDITIONS_INSIDE,
    INT_FROM,
    INTEGER,
    NUMBER,
    NUMBERS_FROM,
    OF_TEXT,
    OF_TIMES,
    REASONS,
    ROW,
    TEXT,
    TIMES,
    Function,
)
from sparkguard.expressions.nodes import Refused, Typed, common
from sparkguard.expressions.parse import given
from sparkguard.sql import Sql

_ONE_TYPE = frozenset(
    (
        *("greatest", "least", "coalesce", "ifnull", "nvl", "nullif"),
        *("startswith", "endswith", "contains"),
    )
)
"""Functions whose arguments Spark brings to one type."""

_MAY_OVERFLOW = frozenset(("abs", "round"))
"""Functions whose result an integer's type may not hold, so that they get a decimal."""

_AS_THEY_ARE = frozenset(
    (
        *("isnull", "isnotnull", "array_contains", "map_contains_key"),
        *("element_at", "try_element_at"),
    )
)
"""Functions that read no calendar, or compare with values inside a column."""


class Calls(ABC):
    """The part of a rebuilding that knows functions; `aggregating` is true outside aggregates."""

    def __init__(self) -> None:
        self.filter: Sql | None = None
        self.aggregating = False
        self.distinct = False
        self.scope = "in a row condition"

    @abstractmethod
    def walk(self, node: Any) -> Typed: ...

    @abstractmethod
    def boolean(self, node: exp.Expression) -> Sql: ...

    @abstractmethod
    def alike(self, found: list[Any]) -> tuple[Typed, ...]: ...

    def function(self, node: exp.Expression) -> Typed:
        name = str(node.this).lower()
        if name in AGGREGATES:
            return self._aggregate(name, list(node.expressions), None)
        known = ROW.get(name)
        if known is None:
            reason = REASONS.get(name)
            why = f": {reason}" if reason else f".{did_you_mean(name, (*ROW, *AGGREGATES))}"
            raise Refused(f"function {name[:80]!r} is not allowed{why}")
        _arity(name, known, len(node.expressions))
        if name == "if":
            test, values = self.boolean(node.expressions[0]), self.alike(node.expressions[1:])
            return sql.call("if", test, *(value for value, _ in values)), common(values)
        if name in _ONE_TYPE:
            values = self.alike(list(node.expressions))
            if name in OF_TEXT:
                values = containers.written(values)
            return _call(name, known, values), known.gives or common(values)
        values = tuple(self.walk(argument) for argument in node.expressions)
        _numbers_only(name, known, values, {TEXT, BOOLEAN})
        values = containers.arguments(name, node.expressions, values)
        gives = containers.given(name, values, known.gives)
        if name in OF_TEXT:
            texts = NUMBERS_FROM.get(name, len(values))
            values = (*containers.written(values[:texts]), *values[texts:])
        if name not in _AS_THEY_ARE:
            values = tuple(times.argument(name, value) for value in values)
        if name in _MAY_OVERFLOW and values[0][1] in (INTEGER, None):
            values = ((nodes.as_decimal(values[0][0]), NUMBER), *values[1:])
        if name in INT_FROM:
            values = (*values[: INT_FROM[name]], *map(nodes.as_int, values[INT_FROM[name] :]))
        return _call(name, known, values), gives

    def filtered(self, node: exp.Expression) -> Typed:
        call, condition = node.this, node.expression
        if not is_aggregate(call) or not isinstance(condition, exp.Where):
            raise Refused("FILTER (WHERE ...) follows an aggregate")
        return self._aggregate(str(call.this).lower(), list(call.expressions), condition.this)

    def _aggregate(self, name: str, arguments: list[Any], condition: Any) -> Typed:
        if not self.aggregating:
            raise Refused(f"aggregate {name!r} is not allowed {self.scope}")
        self.aggregating = False
        try:
            call, gives = self._aggregate_call(name, AGGREGATES[name], arguments)
            filters = [self.filter] if self.filter is not None else []
            if condition is not None:
                filters.append(self.boolean(condition))
        finally:
            self.aggregating = True
        if filters:
            call = sql.template("{} FILTER (WHERE {})", call, sql.all_of(filters))
        return call, gives

    def _aggregate_call(self, name: str, known: Function, arguments: list[Any]) -> Typed:
        distinct = len(arguments) == 1 and isinstance(arguments[0], exp.Distinct)
        if distinct:
            if name != "count" or given(arguments[0]) - {"expressions"}:
                raise Refused("DISTINCT stands in count(DISTINCT ...) only")
            arguments, self.distinct = arguments[0].expressions, True
        _arity(name, known, len(arguments))
        star = isinstance(arguments[0], exp.Star)
        if star and (name != "count" or distinct or given(arguments[0])):
            raise Refused("a star stands in count(*) only")
        if star:
            return sql.call("count", sql.literal(1)), INTEGER
        if name in CONDITIONS_INSIDE:
            values: tuple[Typed, ...] = tuple((self.boolean(a), BOOLEAN) for a in arguments)
        else:
            values = tuple(self.walk(argument) for argument in arguments)
        _numbers_only(name, known, values, {TEXT, BOOLEAN, *TIMES})
        if name in ("sum", "try_sum") and values[0][1] == INTEGER:
            # A sum of bigints may pass bigint, and try_sum would call that NULL.
            values = ((sql.template("CAST({} AS DECIMAL(38,0))", values[0][0]), NUMBER),)
        if name in ("avg", "mean", "try_avg") and values[0][1] == INTEGER:
            values = ((nodes.as_double(values[0][0]), NUMBER),)
        if distinct:
            every = sql.joined(", ", (value for value, _ in values))
            return sql.template("count(DISTINCT {})", every), INTEGER
        return _call(name, known, values), known.gives or values[0][1]


def is_aggregate(node: Any) -> bool:
    return isinstance(node, exp.Anonymous) and str(node.this).lower() in AGGREGATES


def _call(name: str, known: Function, values: tuple[Typed, ...]) -> Sql:
    arguments = [value for value, _ in values]
    return sql.template(known.sql, *arguments) if known.sql else sql.call(name, *arguments)


def _arity(name: str, known: Function, found: int) -> None:
    if known.least <= found <= known.most:
        return
    wanted = str(known.least) if known.least == known.most else f"{known.least} to {known.most}"
    raise Refused(f"{name} takes {wanted} arguments, found {found}")


def _numbers_only(name: str, known: Function, values: tuple[Typed, ...], others: set[str]) -> None:
    counted = 0 if known.gives == NUMBER and name not in OF_TIMES else len(values)
    first = NUMBERS_FROM.get(name, counted)
    if any(family in others for _, family in values[first:]):
        raise Refused(f"{name} takes numbers; use cast(... as ...)")
