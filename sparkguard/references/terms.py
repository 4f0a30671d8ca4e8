"""The numbers of a reference, as sums over its keys."""

from __future__ import annotations

from sparkguard import sql
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.sql import Sql

Terms = tuple[tuple[str, Sql], ...]


def counts(of: ChildWithParent) -> Terms:
    """Rows and keys of every kind; see the labels in `references.evidence`."""
    rows, parents, nulls = of.rows, of.parents, of.null_parts
    parts = sql.literal(len(of.columns))
    whole_key = sql.template("{} = 0", nulls)
    child = sql.template("{} AND {} > 0", whole_key, rows)
    matched = sql.template("{} AND {} > 0", child, parents)
    doubled = sql.template("{} AND {} > 1", whole_key, parents)
    all_null = sql.template("{} = {}", nulls, parts)
    some_null = sql.template("{} > 0 AND {} < {}", nulls, nulls, parts)
    # One key's product beyond 2^63 - 1 counts as that: decimals would cost as much as the rest.
    joined = sql.template("coalesce(try_multiply({}, {}), {})", rows, parents, _MOST)
    one = sql.literal(1)
    return (
        ("rows", rows),
        ("null_some", _if(some_null, rows)),
        ("null_all", _if(all_null, rows)),
        ("keys", _if(child, one)),
        ("orphan_rows", _if(of.orphan, rows)),
        ("orphan_keys", _if(of.orphan, one)),
        ("matched_rows", _if(matched, rows)),
        ("joined_rows", _if(matched, joined)),
        ("multiplied_keys", _if(sql.template("{} AND {} > 1", child, parents), one)),
        ("parent_keys", _if(sql.template("{} AND {} > 0", whole_key, parents), one)),
        ("duplicate_parent_keys", _if(doubled, one)),
        ("surplus_parent_rows", _if(doubled, sql.template("{} - 1", parents))),
        (
            "unused_parent_keys",
            _if(sql.template("{} AND {} = 0 AND {} > 0", whole_key, rows, parents), one),
        ),
    )


_MOST = sql.literal(2**63 - 1)


def _if(condition: Sql, number: Sql) -> Sql:
    return sql.template("if({}, {}, 0)", condition, number)
