"""How the values of a column are written and scaled: what changes when only their meaning does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, OfColumn, from_json, to_json
from sparkguard.measures.families import Family, Input, number
from sparkguard.sql import Sql

MICRO = 1_000_000
_HOURS = 24


@dataclass(frozen=True)
class TraitsState:
    """Counts of rows, and sums of logarithms in millionths; all are integers and add up.

    `finite` values lie in `low` to `high`; `nonzero` of them have `logs` = sum of ln |x| and
    `squares` = sum of (ln |x|)². `fractions` are no integers. Of text, `numeric` parses as a
    number, `zeros` begins with a needless 0 and `padded` with or ends in blanks; `letters` is the
    sum of lengths. `hours` counts times by their hour in UTC.
    """

    rows: int = 0
    values: int = 0
    finite: int = 0
    nonzero: int = 0
    negative: int = 0
    fractions: int = 0
    logs: int = 0
    squares: int = 0
    low: float | None = None
    high: float | None = None
    numeric: int = 0
    zeros: int = 0
    padded: int = 0
    letters: int = 0
    hours: tuple[int, ...] = ()

    @property
    def null(self) -> int:
        return self.rows - self.values

    def merge(self, other: TraitsState, /) -> TraitsState:
        found: dict[str, Any] = {}
        for field in fields(self):
            a, b = getattr(self, field.name), getattr(other, field.name)
            if field.name in ("low", "high"):
                pick = min if field.name == "low" else max
                found[field.name] = pick((v for v in (a, b) if v is not None), default=None)
            elif field.name == "hours":
                both = zip(a, b, strict=True) if a and b else ()
                found[field.name] = tuple(x + y for x, y in both) or a or b
            else:
                found[field.name] = a + b
        return TraitsState(**found)

    @property
    def log_mean(self) -> float | None:
        """Mean of ln |x| over values that are not zero."""
        return self.logs / MICRO / self.nonzero if self.nonzero else None

    @property
    def log_spread(self) -> float | None:
        """Standard deviation of ln |x|."""
        if not self.nonzero:
            return None
        mean = self.logs / MICRO / self.nonzero
        return math.sqrt(max(self.squares / MICRO / self.nonzero - mean * mean, 0.0))


@dataclass(frozen=True)
class Traits(OfColumn, Measure[TraitsState], kind="traits"):
    """Scale, sign and notation of one column; nothing of it is a value but the two ends."""

    family: Family

    def inputs(self) -> tuple[Input, ...]:
        if self.family.is_number or self.family.is_time:
            return (number(self.column, self.family),)
        return ()

    def aggregates(self) -> tuple[Sql, ...]:
        value = sql.path(self.column)
        counts = (sql.template("count(1)"), sql.template("count({})", value))
        if self.family.is_number:
            return (*counts, *_of_numbers(sql.name(self.inputs()[0][0])))
        if self.family.is_time:
            return (*counts, *_of_times(sql.name(self.inputs()[0][0]), self.family))
        if self.family is Family.STRING:
            return (*counts, *_of_texts(value))
        return counts

    def state(self, cells: Sequence[Any], /) -> TraitsState:
        rows, values, *rest = cells
        if self.family.is_number:
            finite, nonzero, negative, fractions, logs, squares, low, high = rest
            return TraitsState(
                rows, values, finite, nonzero, negative, fractions,
                int(logs or 0), int(squares or 0), low, high,
            )  # fmt: skip
        if self.family.is_time:
            finite, low, high, *hours = rest
            return TraitsState(rows, values, finite, low=low, high=high, hours=tuple(hours))
        if self.family is Family.STRING:
            numeric, zeros, padded, letters = rest
            return TraitsState(
                rows, values, numeric=numeric, zeros=zeros, padded=padded, letters=letters or 0
            )
        return TraitsState(rows, values)

    def metrics(self, state: TraitsState, /) -> Metrics:
        return {
            "rows": state.rows,
            "null": state.null,
            "negative": state.negative,
            "fractions": state.fractions,
            "numeric": state.numeric,
            "log_mean": state.log_mean,
            "log_spread": state.log_spread,
        }

    def payload(self, state: TraitsState, /) -> bytes:
        return to_json([getattr(state, field.name) for field in fields(state)])

    def restore(self, payload: bytes, version: int, /) -> TraitsState:
        cells = dict(zip((f.name for f in fields(TraitsState)), from_json(payload), strict=True))
        return TraitsState(**{**cells, "hours": tuple(cells["hours"])})


def _of_numbers(x: Sql) -> tuple[Sql, ...]:
    logarithm = sql.template("ln(abs(CASE WHEN {0} <> 0D THEN {0} END))", x)
    summed = "sum(CAST(round({} * 1000000D) AS DECIMAL(20, 0)))"
    return (
        sql.template("count({})", x),
        sql.count_if(sql.template("{} <> 0D", x)),
        sql.count_if(sql.template("{} < 0D", x)),
        sql.count_if(sql.template("{0} <> rint({0})", x)),
        sql.template(summed, logarithm),
        sql.template(summed, sql.template("pow({}, 2D)", logarithm)),
        sql.template("min({})", x),
        sql.template("max({})", x),
    )


def _of_times(x: Sql, family: Family) -> tuple[Sql, ...]:
    ends = (
        sql.template("count({})", x),
        sql.template("min({})", x),
        sql.template("max({})", x),
    )
    if family is Family.DATE:
        return ends
    hour = sql.template("pmod(floor({} / 3600D), 24)", x)
    return (
        *ends,
        *(
            sql.count_if(sql.template("{} = {}", hour, sql.literal(number)))
            for number in range(_HOURS)
        ),
    )


def _of_texts(value: Sql) -> tuple[Sql, ...]:
    return (
        sql.count_if(sql.template("try_cast(trim({}) AS DOUBLE) IS NOT NULL", value)),
        sql.count_if(sql.template("{} RLIKE '^-?0[0-9]'", value)),
        sql.count_if(sql.template("{0} <> trim({0})", value)),
        sql.template("sum(CAST(char_length({}) AS BIGINT))", value),
    )
