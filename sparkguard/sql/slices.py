"""The rows of slices, which are named by the text of their values."""

from __future__ import annotations

from collections.abc import Iterable

from sparkguard import sql
from sparkguard.slices import Slice
from sparkguard.sql import Sql


def is_in(where: Slice) -> Sql:
    """True for the rows of a slice."""
    return sql.all_of(
        sql.template("{} <=> {}", sql.as_text(sql.name(column)), sql.literal(value))
        for column, value in where.values
    )


def is_in_any(slices: Iterable[Slice]) -> Sql:
    """True for the rows of some slices, false throughout for none."""
    return sql.any_of(map(is_in, sorted(slices, key=lambda where: where.key)))
