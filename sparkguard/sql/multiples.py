"""Whole multiples of a number, as SQL that is exact for a column's type."""

from __future__ import annotations

import sys
from decimal import Decimal as Number
from fractions import Fraction

from sparkguard import sql
from sparkguard.datatypes import DataType, Decimal, is_float, is_string
from sparkguard.sql import Sql
from sparkguard.sql.limits import exactly
from sparkguard.sql.number_texts import EXACT, as_decimal, is_exactly


def not_multiple(value: Sql, step: int | float, type_: DataType) -> Sql:
    """True for a number that is no whole multiple of `step`, which is above 0.

    Floats count by their shortest text: 0.3 is three times 0.1. Of those that have more digits
    down to the step's last than a decimal has, the remainder is that of doubles. Text of so many
    digits is no multiple.
    """
    number = exactly(step)
    if not (is_float(type_) or is_string(type_)):
        return _off_grid(value, number, type_)
    places = max(0, -int(EXACT.normalize(number).as_tuple().exponent))
    fits = places <= 38 and number < Number(10) ** (38 - places)
    if is_string(type_):
        if not fits:
            return sql.literal(True)
        exact = as_decimal(value, places)
        multiple = sql.template(
            "{} AND {}", is_exactly(value, exact), _divides(number, exact, places)
        )
        return sql.template("NOT {}", sql.is_true(multiple))
    rough = sql.literal(False)
    if number <= Number(sys.float_info.max):
        rough = sql.template("CAST({} AS DOUBLE) % {} = 0D", value, sql.literal(float(step)))
    if not fits:
        return sql.template("NOT ({} = 0 OR {})", value, sql.is_true(rough))
    text = sql.template("CAST({} AS STRING)", value)
    exact = sql.template(f"try_cast({{}} AS DECIMAL(38,{places}))", text)
    multiple = sql.template(
        f"CASE WHEN {{0}} IS NULL THEN {{1}} ELSE CAST({{0}} AS {type_}) = {{2}} AND {{3}} END",
        *(exact, rough, value, _divides(number, exact, places)),
    )
    return sql.template("NOT {}", sql.is_true(multiple))


def _divides(step: Number, value: Sql, places: int) -> Sql:
    return sql.template("{} % {} = {}", value, sql.literal(step), _zero(places))


def _off_grid(value: Sql, step: Number, type_: DataType) -> Sql:
    """As `not_multiple` of whole numbers and decimals.

    Their multiples of the step are those of the least one that has no more places than they have.
    """
    scale, precision = (type_.scale, type_.precision) if isinstance(type_, Decimal) else (0, 19)
    units = (Fraction(step) * 10**scale).numerator
    if units >= 10**precision:
        return sql.template("{} != {}", value, _zero(scale))
    held = sql.literal(Number(units).scaleb(-scale, EXACT) if scale else units)
    return sql.template("{} % {} != {}", value, held, _zero(scale))


def _zero(places: int) -> Sql:
    """0, beside which Spark rounds no decimal of so many places."""
    return sql.literal(Number(0).scaleb(-places) if places else 0)
