"""What a join should give, key by key, and what became of the difference.

With c left and p right rows of a key (p = 0 for a NULL key), an inner join has c·p rows and a left
join c·max(p, 1). Counts are compared per key, because equal totals can hide both losses and gains.
"""

from __future__ import annotations

from typing import Literal

from sparkguard import sql
from sparkguard.relations.join_balance import JoinBalance
from sparkguard.sql import Sql

Join = Literal["inner", "left"]

CAUSES = {
    "lost_null": "rows lost, with a NULL in their key",
    "lost_orphan": "rows lost, without a match in the right input",
    "lost_elsewhere": "rows lost, though they have a match",
    "gained_duplicate": "rows gained by duplicate keys of the right input",
    "gained_elsewhere": "rows gained, though their key is not duplicated",
}


def joined_rows(of: JoinBalance, join: Join) -> Sql:
    """The rows of the join for one key."""
    return sql.template("{} * {}", of.rows_in, _partners(of, join))


def _partners(of: JoinBalance, join: Join) -> Sql:
    """Rows of the join for each row of the left input."""
    return of.rows_right if join == "inner" else sql.template("greatest({}, 1L)", of.rows_right)


def lost(of: JoinBalance, join: Join, wanted: Sql | None = None) -> Sql:
    """Rows of the key that the output lacks of `wanted`, by default of the join's."""
    return _beyond(wanted or joined_rows(of, join), of.rows_out)


def surplus(of: JoinBalance, join: Join, wanted: Sql | None = None) -> Sql:
    """Rows of the key that the output has beyond `wanted`, by default the join's."""
    return _beyond(of.rows_out, wanted or joined_rows(of, join))


def balance(of: JoinBalance, join: Join) -> tuple[tuple[str, Sql], ...]:
    """Rows and sums in, expected and out; rows lost and gained against the left input by cause."""
    gone, more = lost(of, join, of.rows_in), surplus(of, join, of.rows_in)
    null = sql.template("{} > 0", of.null_parts)
    orphan = sql.template("NOT ({}) AND {} = 0", null, of.rows_right)
    matched = sql.template("NOT ({}) AND {} > 0", null, of.rows_right)
    doubled = sql.template("greatest({} * ({} - 1L), 0L)", of.rows_in, of.rows_right)
    by_duplicates = sql.template("least({}, {})", more, doubled)
    partners = sql.template("CAST({} AS DECIMAL(10,0))", _partners(of, join))
    sum_joined = sql.template("try_multiply({}, {})", of.sum_in, partners)
    return (
        ("rows_in", of.rows_in),
        ("rows_joined", joined_rows(of, join)),
        ("rows_out", of.rows_out),
        ("rows_lost", gone),
        ("rows_gained", more),
        ("lost_null", sql.template("if({}, {}, 0)", null, gone)),
        ("lost_orphan", sql.template("if({}, {}, 0)", orphan, gone)),
        ("lost_elsewhere", sql.template("if({}, {}, 0)", matched, gone)),
        ("gained_duplicate", by_duplicates),
        ("gained_elsewhere", sql.template("{} - {}", more, by_duplicates)),
        ("rows_missing", lost(of, join)),
        ("rows_surplus", surplus(of, join)),
        ("sum_in", of.sum_in),
        ("sum_joined", sum_joined),
        ("sum_out", of.sum_out),
        ("sum_overflow", sql.template("if({} IS NULL, 1, 0)", sum_joined)),
    )


def _beyond(more: Sql, less: Sql) -> Sql:
    return sql.template("greatest({} - {}, 0L)", more, less)
