"""The numbers of a reference, as sums over its kinds of keys."""

from __future__ import annotations

from sparkguard import sql
from sparkguard.relations.reference_counts import ReferenceCounts
from sparkguard.sql import Sql

Terms = tuple[tuple[str, Sql], ...]


def counts(of: ReferenceCounts) -> Terms:
    """Rows and keys of every kind; see the labels in `references.evidence`."""
    child = (of.complete, of.of_child)
    repeated = (of.complete, of.repeated)
    return (
        ("rows", of.rows),
        ("null_some", _where(of.rows, of.null_in_part)),
        ("null_all", _where(of.rows, of.null_altogether)),
        ("keys", _where(of.keys, of.named, of.of_child)),
        ("orphan_rows", _where(of.rows, of.orphan)),
        ("orphan_keys", _where(of.keys, of.orphan)),
        ("matched_rows", _where(of.rows, *child, of.of_parent)),
        ("joined_rows", _where(of.joined, *child, of.of_parent)),
        ("multiplied_keys", _where(of.keys, *child, of.repeated)),
        ("parent_keys", _where(of.keys, of.complete, of.of_parent)),
        ("duplicate_parent_keys", _where(of.keys, *repeated)),
        ("surplus_parent_rows", _where(sql.template("{} - {}", of.parents, of.keys), *repeated)),
        (
            "unused_parent_keys",
            _where(of.keys, of.complete, sql.template("NOT {}", of.of_child), of.of_parent),
        ),
    )


def _where(number: Sql, *conditions: Sql) -> Sql:
    return sql.template("if({}, {}, 0)", sql.all_of(conditions), number)
