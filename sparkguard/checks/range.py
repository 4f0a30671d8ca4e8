"""Every value lies between two limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sparkguard import sql
from sparkguard.checks.row_rule import RowRule, Unsupported
from sparkguard.datatypes import Atomic, DataType, is_float, is_string, is_temporal
from sparkguard.sql import Sql
from sparkguard.sql.limits import above, below, comparable, is_number_like, moment
from sparkguard.sql.multiples import not_multiple
from sparkguard.sql.number_texts import is_number_text

Limit = int | float | str


@dataclass(frozen=True)
class Range(RowRule, kind="range"):
    """Every value of `column` lies between the limits that are given.

    Limits are numbers, or ISO 8601 text for dates and times (UTC where a timestamp's zone is not
    written). Text in a column is read as a number, and what is none breaks the rule; between text
    limits it is ordered by its characters' code points. NaN breaks the rule unless `nan` says
    allow; infinities are values.
    """

    min: Limit | None = None
    max: Limit | None = None
    exclusive_min: Limit | None = None
    exclusive_max: Limit | None = None
    multiple_of: int | float | None = None
    nan: Literal["violation", "allow"] = "violation"

    def __post_init__(self) -> None:
        limits = [self.min, self.max, self.exclusive_min, self.exclusive_max, self.multiple_of]
        given = [limit for limit in limits if limit is not None]
        if not given:
            raise ValueError("range needs min, max, exclusive_min, exclusive_max or multiple_of")
        if any(isinstance(limit, float) and math.isnan(limit) for limit in given):
            raise ValueError("a limit is a number; nothing compares with NaN")
        if self.multiple_of is not None and not 0 < self.multiple_of < math.inf:
            raise ValueError("multiple_of is a number above 0")
        lows = [x for x in (self.min, self.exclusive_min) if x is not None]
        highs = [x for x in (self.max, self.exclusive_max) if x is not None]
        for low in lows:
            for high in highs:
                if isinstance(low, str) != isinstance(high, str):
                    continue
                lower, upper = comparable(low, high)
                if lower > upper:
                    raise ValueError("the lower limit is above the upper one")

    def expected(self) -> str:
        words = {
            "at least": self.min,
            "more than": self.exclusive_min,
            "at most": self.max,
            "less than": self.exclusive_max,
            "a multiple of": self.multiple_of,
        }
        return " and ".join(f"{word} {limit}" for word, limit in words.items() if limit is not None)

    def causes(self, value: Sql, type_: DataType) -> Mapping[str, Sql]:
        if is_temporal(type_):
            return self._moments(value, type_)
        if is_string(type_) and self._is_text:
            return {"out of range": sql.any_of(self._ordered(value, sql.literal))}
        if not is_number_like(type_):
            raise Unsupported(f"range can't order values of type {type_}")
        if any(isinstance(limit, str) for limit in self._limits):
            raise Unsupported(f"range compares {type_} with numbers, and a limit is text")
        found = {"out of range": sql.any_of(self._outside(value, type_))}
        if self.multiple_of is not None:
            found["not a multiple"] = not_multiple(value, self.multiple_of, type_)
        if is_string(type_):
            number = is_number_text(value)
            found = {k: sql.template("{} AND {}", number, c) for k, c in found.items()}
            found["not a number"] = sql.template("NOT {}", number)
        if is_float(type_):
            nan = sql.template("isnan({})", value)
            found = {k: sql.template("NOT {} AND ({})", nan, c) for k, c in found.items()}
            if self.nan == "violation":
                found["NaN"] = nan
        return found

    @property
    def _limits(self) -> tuple[Limit | None, ...]:
        return (self.min, self.max, self.exclusive_min, self.exclusive_max)

    def _outside(self, value: Sql, type_: DataType) -> list[Sql]:
        found = []
        if isinstance(self.min, (int, float)):
            found.append(below(value, self.min, type_))
        if isinstance(self.exclusive_min, (int, float)):
            found.append(below(value, self.exclusive_min, type_, or_equal=True))
        if isinstance(self.max, (int, float)):
            found.append(above(value, self.max, type_))
        if isinstance(self.exclusive_max, (int, float)):
            found.append(above(value, self.exclusive_max, type_, or_equal=True))
        return found

    @property
    def _is_text(self) -> bool:
        given = [limit for limit in (*self._limits, self.multiple_of) if limit is not None]
        return all(isinstance(limit, str) for limit in given)

    def _moments(self, value: Sql, type_: DataType) -> Mapping[str, Sql]:
        assert isinstance(type_, Atomic)
        if not self._is_text:
            raise Unsupported(f"range compares {type_} with dates, and a limit is a number")

        def bound(limit: str) -> Sql:
            try:
                return moment(limit, type_)
            except ValueError as error:
                raise Unsupported(f"range: {error}") from None

        return {"out of range": sql.any_of(self._ordered(value, bound))}

    def _ordered(self, value: Sql, bound: Callable[[str], Sql]) -> list[Sql]:
        """Conditions for a value beyond a text limit."""
        operators = zip(("<", ">", "<=", ">="), self._limits, strict=True)
        return [
            sql.template(f"{{}} {operator} {{}}", value, bound(limit))
            for operator, limit in operators
            if isinstance(limit, str)
        ]
