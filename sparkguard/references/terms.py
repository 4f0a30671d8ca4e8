"""The numbers of a reference, as sums over its keys."""

from __future__ import annotations

from sparkguard import sql
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.keys import key_names
from sparkguard.sql import Sql

Terms = tuple[tuple[str, Sql], ...]

SUBSETS = (1, 10, 100, 1_000, 10_000, 100_000)
"""The nested subsets of keys on the volume curve: one key in so many."""

FREQUENCIES = (1, 2, 10, 100, 1_000, 10_000, 1_000_000)
"""Lower ends of the bins of rows per key."""


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
    joined = sql.template("CAST({} AS DECIMAL(19,0)) * CAST({} AS DECIMAL(19,0))", rows, parents)
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


def volume(of: ChildWithParent) -> Terms:
    """Rows and orphan rows in nested subsets of keys; keys and orphan keys by rows per key.

    The subsets are those of the keys' hashes, so they are the same under any partitioning.
    """
    names = [sql.name(name) for name in key_names(len(of.columns))]
    place = sql.template("pmod({}, {})", sql.call("xxhash64", *names), sql.literal(SUBSETS[-1]))
    child = sql.template("{} = 0 AND {} > 0", of.null_parts, of.rows)
    terms: list[tuple[str, Sql]] = []
    for nth in SUBSETS:
        inside = sql.template("{} AND {} < {}", child, place, sql.literal(SUBSETS[-1] // nth))
        orphan = sql.template("{} AND {}", inside, of.orphan)
        terms.append((f"rows_of_1_in_{nth}", _if(inside, of.rows)))
        terms.append((f"orphans_of_1_in_{nth}", _if(orphan, of.rows)))
    for low, high in bins():
        inside = sql.template("{} AND {} >= {}", child, of.rows, sql.literal(low))
        if high is not None:
            inside = sql.template("{} AND {} < {}", inside, of.rows, sql.literal(high))
        orphan = sql.template("{} AND {}", inside, of.orphan)
        terms.append((f"keys_from_{low}", _if(inside, sql.literal(1))))
        terms.append((f"orphan_keys_from_{low}", _if(orphan, sql.literal(1))))
    return tuple(terms)


def bins() -> tuple[tuple[int, int | None], ...]:
    """Lower end and upper end (excluded, None for the last) of the bins of rows per key."""
    return tuple(zip(FREQUENCIES, (*FREQUENCIES[1:], None), strict=True))


def _if(condition: Sql, number: Sql) -> Sql:
    return sql.template("if({}, {}, 0)", condition, number)
