"""Values at a path: a column, a struct's field, an array's elements, a map's keys and values.

A path that passes through an array or a map leads to many values per row. A rule then speaks of
the row: it is broken when any of its values breaks it.
"""

from __future__ import annotations

from collections.abc import Callable

from sparkguard import sql
from sparkguard.datatypes import ELEMENT, KEY, VALUE
from sparkguard.sql import Path, Sql

Leaf = Callable[[Sql, tuple[Sql, ...]], Sql]
"""A condition on one value, given the structs around it, outermost first."""


def any_value(path: Path, holds: Callable[[Sql], Sql]) -> Sql:
    """True for rows in which a value at `path` satisfies `holds`, false for all others."""
    return _any(sql.name(path[0]), path[1:], lambda value, _: holds(value), (), 0)


def any_missing(path: Path) -> Sql:
    """True for rows in which a value at `path` is NULL though the structs around it are not."""

    def missing(value: Sql, around: tuple[Sql, ...]) -> Sql:
        there = [sql.template("{} IS NOT NULL", parent) for parent in around]
        return sql.all_of([sql.template("{} IS NULL", value), *there])

    return _any(sql.name(path[0]), path[1:], missing, (), 0)


def any_present(path: Path) -> Sql:
    """True for rows with at least one value at `path`."""
    return any_value(path, lambda value: sql.template("{} IS NOT NULL", value))


def _any(value: Sql, rest: Path, leaf: Leaf, around: tuple[Sql, ...], depth: int) -> Sql:
    if not rest:
        return sql.is_true(leaf(value, around))
    part, rest = rest[0], rest[1:]
    if part not in (ELEMENT, KEY, VALUE):
        field = sql.template("{}.{}", value, sql.name(part))
        return _any(field, rest, leaf, (*around, value), depth)
    items = value
    if part != ELEMENT:
        items = sql.call("map_keys" if part == KEY else "map_values", value)
    item = sql.name(f"__sparkguard_item{depth}")
    inner = _any(item, rest, leaf, (), depth + 1)
    return sql.is_true(sql.template("exists({}, {} -> {})", items, item, inner))
