"""Numbers that are written as text, compared digit by digit where no type holds them."""

from __future__ import annotations

from decimal import Context
from decimal import Decimal as Number

from sparkguard import sql
from sparkguard.sql import Sql

EXACT = Context(prec=400)
"""Room for every number of Spark's types, which Python's own context of 28 digits lacks."""

# Spark takes minutes over an exponent of nine digits, and no type tells such a number from 0.
_NUMBER = r"\A[ \t\r\n]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?0*[0-9]{1,4})?[ \t\r\n]*\z"
_SPARE = 1
"""Digits before the point beyond a limit's: what doesn't fit is far from the limit."""


def is_number_text(value: Sql) -> Sql:
    """True for text that is a decimal number with ASCII digits, blanks around it allowed.

    An exponent has at most four digits.
    """
    return sql.template("{} RLIKE {}", value, sql.literal(_NUMBER))


def as_double(value: Sql) -> Sql:
    """The nearest double of a text, NULL where it is no number."""
    return sql.template(
        "CASE WHEN {} THEN try_cast({} AS DOUBLE) END", is_number_text(value), value
    )


def as_decimal(value: Sql, scale: int) -> Sql:
    """The nearest decimal(38,scale) of a text, NULL beyond its range and where it is no number."""
    cast = f"CASE WHEN {{}} THEN try_cast(trim({{}}) AS DECIMAL(38,{scale})) END"
    return sql.template(cast, is_number_text(value), value)


def digits(value: Sql) -> Sql:
    """The digits of a number's text from the first to the last that is not 0, without its point.

    A number's are those of the decimal nearest to it only if the two are equal.
    """
    others = sql.literal("[eE].*|[^0-9]")
    return sql.template("trim(BOTH '0' FROM regexp_replace({}, {}, ''))", value, others)


def is_exactly(value: Sql, number: Sql) -> Sql:
    """True for a text that is the decimal `number`, the nearest one to it."""
    return sql.template("{} = {}", digits(value), digits(sql.as_text(number)))


def below(value: Sql, limit: Number, rough: Sql, *, or_equal: bool) -> Sql:
    """True for a text that is a number less than `limit`, exactly.

    `rough` tells it of the text's nearest double. It decides for limits that no decimal of 37
    digits holds.
    """
    fitted = EXACT.normalize(limit)
    scale = 38 - _SPARE - max(0, fitted.adjusted() + 1)
    if limit.is_infinite() or scale < max(0, -int(fitted.as_tuple().exponent)):
        return rough
    exact = as_decimal(value, scale)
    return sql.template(
        "CASE WHEN {exact} IS NULL THEN {rough} WHEN {exact} = {limit} THEN {beside}"
        " ELSE {exact} < {limit} END",
        exact=exact,
        limit=sql.literal(fitted),
        rough=rough,
        beside=_below_neighbour(value, fitted, or_equal),
    )


def _below_neighbour(value: Sql, limit: Number, or_equal: bool) -> Sql:
    """As `below` of a text whose nearest decimal is the limit.

    Further from 0 than the limit it begins with all of the limit's digits, nearer to 0 with
    others.
    """
    found, theirs = digits(value), "".join(map(str, limit.as_tuple().digits)).strip("0")
    equal = sql.template("{} = {}", found, sql.literal(theirs))
    further = sql.template("startswith({}, {})", found, sql.literal(theirs))
    if limit > 0:
        less = sql.template("NOT {}", further)
    elif limit < 0:
        less = sql.template("({} AND NOT {})", further, equal)
    else:
        less = sql.template("({} RLIKE '^[^0-9]*-' AND NOT {})", value, equal)
    return sql.template("({} OR {})", less, equal) if or_equal else less
