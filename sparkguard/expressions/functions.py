"""The functions and types that an expression may use."""

from __future__ import annotations

from dataclasses import dataclass

BOOLEAN, INTEGER, NUMBER, TEXT = "boolean", "integer", "number", "text"
DATE, TIMESTAMP, LOCAL = "date", "timestamp", "timestamp_ntz"
SPAN = "interval"
"""A span of time with hours in it, which makes a time of a date; other intervals have none."""

TIMES = frozenset((DATE, TIMESTAMP, LOCAL))


@dataclass(frozen=True)
class Function:
    """`sql` is our own template over the arguments' list; `gives` the family of the result."""

    least: int
    most: int
    gives: str | None = None
    sql: str = ""


def _one(gives: str | None, sql: str = "") -> Function:
    return Function(1, 1, gives, sql)


_MANY = 50
# Without ANSI mode, size(NULL) is -1.
_SIZE = "CASE WHEN {0} IS NOT NULL THEN size({0}) END"
_MONTHS = "((year({0}) - year({1})) * 12 + month({0}) - month({1}))"
_LAST_DAYS = "day({0}) = day(last_day({0})) AND day({1}) = day(last_day({1}))"
_SECONDS = "(day({n}) * 86400 + hour({n}) * 3600 + minute({n}) * 60 + second({n}))"
_APART = f"({_SECONDS.replace('{n}', '{0}')} - {_SECONDS.replace('{n}', '{1}')})"
# Spark's own reads times in the session's zone, where a changing clock leaves hours out.
_MONTHS_BETWEEN = (
    f"CASE WHEN day({{0}}) = day({{1}}) OR ({_LAST_DAYS}) THEN CAST({_MONTHS} AS DOUBLE) "
    f"ELSE round({_MONTHS} + {_APART} / 2678400D, 8) END"
)

ROW: dict[str, Function] = {
    "abs": _one(NUMBER),
    "sign": _one(NUMBER),
    "ceil": _one(NUMBER),
    "ceiling": _one(NUMBER),
    "floor": _one(NUMBER),
    "round": Function(1, 2, NUMBER),
    "sqrt": _one(NUMBER),
    "exp": _one(NUMBER),
    "ln": _one(NUMBER),
    "log10": _one(NUMBER),
    "power": Function(2, 2, NUMBER),
    "pow": Function(2, 2, NUMBER),
    "mod": Function(2, 2, NUMBER, "try_mod({0}, {1})"),
    "greatest": Function(2, _MANY),
    "least": Function(2, _MANY),
    "coalesce": Function(1, _MANY),
    "ifnull": Function(2, 2),
    "nvl": Function(2, 2),
    "nullif": Function(2, 2),
    "if": Function(3, 3),
    "isnull": _one(BOOLEAN),
    "isnotnull": _one(BOOLEAN),
    "isnan": _one(BOOLEAN),
    "length": _one(INTEGER),
    "char_length": _one(INTEGER),
    "character_length": _one(INTEGER),
    "lower": _one(TEXT),
    "upper": _one(TEXT),
    "trim": _one(TEXT),
    "ltrim": _one(TEXT),
    "rtrim": _one(TEXT),
    "reverse": _one(None),
    "substring": Function(2, 3, TEXT),
    "substr": Function(2, 3, TEXT),
    "left": Function(2, 2, TEXT),
    "right": Function(2, 2, TEXT),
    "concat": Function(1, _MANY),
    "concat_ws": Function(2, _MANY, TEXT),
    "replace": Function(2, 3, TEXT),
    "instr": Function(2, 2, INTEGER),
    "startswith": Function(2, 2, BOOLEAN),
    "endswith": Function(2, 2, BOOLEAN),
    "contains": Function(2, 2, BOOLEAN),
    "year": _one(INTEGER),
    "quarter": _one(INTEGER),
    "month": _one(INTEGER),
    "day": _one(INTEGER),
    "dayofmonth": _one(INTEGER),
    "dayofweek": _one(INTEGER),
    "dayofyear": _one(INTEGER),
    "weekday": _one(INTEGER),
    "weekofyear": _one(INTEGER),
    "hour": _one(INTEGER),
    "minute": _one(INTEGER),
    "second": _one(INTEGER),
    "last_day": _one(DATE),
    "date_add": Function(2, 2, DATE),
    "date_sub": Function(2, 2, DATE),
    "datediff": Function(2, 2, INTEGER),
    "add_months": Function(2, 2, DATE),
    "months_between": Function(2, 2, NUMBER, _MONTHS_BETWEEN),
    "size": _one(INTEGER, _SIZE),
    "cardinality": _one(INTEGER, _SIZE),
    "array_contains": Function(2, 2, BOOLEAN),
    "array_distinct": _one(None),
    "array_min": _one(None),
    "array_max": _one(None),
    "map_keys": _one(None),
    "map_values": _one(None),
    "map_contains_key": Function(2, 2, BOOLEAN),
    "element_at": Function(2, 2, None, "try_element_at({0}, {1})"),
    "try_element_at": Function(2, 2),
    "try_add": Function(2, 2, NUMBER),
    "try_subtract": Function(2, 2, NUMBER),
    "try_multiply": Function(2, 2, NUMBER),
    "try_divide": Function(2, 2, NUMBER),
    "try_mod": Function(2, 2, NUMBER),
}

AGGREGATES: dict[str, Function] = {
    "count": Function(1, _MANY, INTEGER),
    "count_if": _one(INTEGER),
    "sum": _one(NUMBER, "try_sum({0})"),
    "try_sum": _one(NUMBER),
    "avg": _one(NUMBER, "try_avg({0})"),
    "mean": _one(NUMBER, "try_avg({0})"),
    "try_avg": _one(NUMBER),
    "min": _one(None),
    "max": _one(None),
    "bool_and": _one(BOOLEAN),
    "every": _one(BOOLEAN),
    "bool_or": _one(BOOLEAN),
    "some": _one(BOOLEAN),
    "stddev": _one(NUMBER),
    "stddev_samp": _one(NUMBER),
    "stddev_pop": _one(NUMBER),
    "variance": _one(NUMBER),
    "var_samp": _one(NUMBER),
    "var_pop": _one(NUMBER),
}

CONDITIONS_INSIDE = frozenset(("count_if", "bool_and", "every", "bool_or", "some"))
"""Aggregates whose argument is a condition."""

REASONS: dict[str, str] = {
    **dict.fromkeys(
        ("reflect", "java_method", "try_reflect"), "it calls code outside the expression"
    ),
    **dict.fromkeys(
        ("rand", "randn", "random", "uuid", "shuffle", "monotonically_increasing_id"),
        "its value changes from run to run",
    ),
    **dict.fromkeys(
        ("now", "current_date", "current_timestamp", "curdate", "localtimestamp"),
        "its value changes from run to run; freshness rules compare with the run's clock",
    ),
    **dict.fromkeys(("raise_error", "assert_true"), "it stops the query"),
    "to_date": "use cast(... as date)",
    "to_timestamp": "use cast(... as timestamp)",
    "regexp_like": "use RLIKE with a pattern in quotes",
    "rlike": "use RLIKE with a pattern in quotes",
}

CASTS: dict[str, tuple[str, str]] = {
    "TINYINT": ("TINYINT", INTEGER),
    "SMALLINT": ("SMALLINT", INTEGER),
    "INT": ("INT", INTEGER),
    "BIGINT": ("BIGINT", INTEGER),
    "FLOAT": ("FLOAT", NUMBER),
    "DOUBLE": ("DOUBLE", NUMBER),
    "DECIMAL": ("DECIMAL", NUMBER),
    "BOOLEAN": ("BOOLEAN", BOOLEAN),
    "TEXT": ("STRING", TEXT),
    "DATE": ("DATE", DATE),
    "TIMESTAMP": ("TIMESTAMP_LTZ", TIMESTAMP),
    "TIMESTAMPTZ": ("TIMESTAMP_LTZ", TIMESTAMP),
    "TIMESTAMPLTZ": ("TIMESTAMP_LTZ", TIMESTAMP),
    "TIMESTAMPNTZ": ("TIMESTAMP_NTZ", LOCAL),
}
"""sqlglot's name of a type -> Spark's text and family. TIMESTAMP is what the session says."""

CLOCKS = frozenset(("hour", "minute", "second", "months_between"))
"""Functions that look at the time of day."""

OF_TIMES = CLOCKS | {
    *("year", "quarter", "month", "day", "dayofmonth", "dayofweek", "dayofyear", "weekday"),
    *("weekofyear", "last_day", "date_add", "date_sub", "datediff", "add_months"),
}
"""Functions of dates and times; text is read as one, NULL where it is none."""

ELEMENTS = frozenset(("element_at", "try_element_at", "array_min", "array_max"))
"""Functions that give an element of an array or a value of a map."""

OF_CONTAINERS = ELEMENTS | {
    *("array_distinct", "reverse", "map_keys", "map_values", "size", "cardinality"),
    *("isnull", "isnotnull", "array_contains", "map_contains_key"),
}
"""Functions that take timestamps inside an array or map; others would write them in a zone."""

OF_TEXT = frozenset(
    (
        *("length", "char_length", "character_length", "lower", "upper", "trim", "ltrim", "rtrim"),
        *("reverse", "substring", "substr", "left", "right", "concat", "concat_ws", "replace"),
        *("instr", "startswith", "endswith", "contains"),
    )
)
"""Functions for which Spark makes text of a number."""

INT_FROM: dict[str, int] = {
    **dict.fromkeys(("substring", "substr", "left", "right"), 1),
    **dict.fromkeys(("date_add", "date_sub", "add_months"), 1),
}
"""The first argument that is a 32-bit number and nothing else."""

NUMBERS_FROM: dict[str, int] = {"isnan": 0, **INT_FROM}
"""The first argument that is a number: Spark makes one of text as ANSI mode says."""

UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")
