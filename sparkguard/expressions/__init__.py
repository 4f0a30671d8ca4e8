"""SQL that a contract author wrote, checked and rebuilt before Spark sees any of it.

The text is parsed outside Spark, its tree is walked node by node against an allow-list, and new
SQL is built from the tree with `sparkguard.sql`. What the author typed never reaches Spark's
parser: names and literals are quoted again, comments are gone, and arithmetic and casts take
their `try_` forms, so that one bad cell gives NULL under every ANSI setting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from sparkguard.datatypes import Struct
from sparkguard.errors import ConfigurationError, Location, Problem
from sparkguard.sql import Sql

__all__ = ["Condition", "Query", "one_value_query", "row_condition"]


@dataclass(frozen=True)
class Condition(Sql):
    """A boolean expression over one row; `columns` are the paths it reads."""

    columns: frozenset[tuple[str, ...]] = frozenset()


@dataclass(frozen=True)
class Query:
    """A SELECT of one value over one table, as an aggregate that can share the table's scan.

    `value` has the query's WHERE folded into a FILTER of each aggregate, so that it gives the
    same number beside other aggregates. `distinct` tells that it counts distinct values, which
    Spark computes apart from the rest. `text` is what the author wrote.
    """

    table: str
    value: Sql
    columns: frozenset[tuple[str, ...]]
    distinct: bool = False
    text: str = field(default="", compare=False, repr=False)

    def of(self, columns: Struct | None) -> Query:
        """The query over a table that has `columns`. Raises as `one_value_query`."""
        return _over(self.text, self.table, columns)

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table,)


def row_condition(text: str, columns: Struct | None, where: Location) -> Condition:
    """The condition that `text` states about a row of a table with `columns`.

    Without `columns` names are taken as written. Raises ConfigurationError with every part that
    is not on the allow-list, an unknown name, or a text that is no condition.
    """
    from sparkguard.expressions.parse import parse_condition
    from sparkguard.expressions.rebuild import Rebuild

    node = parse_condition(text, where)
    rebuild = Rebuild(columns, where)
    rebuilt = _guarded(lambda: rebuild.condition(node), where)
    if rebuild.problems:
        raise ConfigurationError(rebuild.problems)
    return Condition(rebuilt.text, frozenset(rebuild.columns))


def one_value_query(text: str, tables: Mapping[str, Struct | None], where: Location) -> Query:
    """The query that `text` states: `SELECT <aggregates> FROM <table> [WHERE <condition>]`.

    `tables` are the tables that the contract names, with their columns when known. Raises
    ConfigurationError for anything else: joins, subqueries, grouping, other tables.
    """
    from sparkguard.expressions.parse import parse_query
    from sparkguard.expressions.rebuild import Rebuild

    parsed = parse_query(text, tables, where)
    rebuild = Rebuild(tables[parsed.table], where, parsed.aliases)
    value = _guarded(lambda: rebuild.query(parsed.value, parsed.condition), where)
    if rebuild.problems:
        raise ConfigurationError(rebuild.problems)
    return Query(parsed.table, value, frozenset(rebuild.columns), rebuild.distinct, text)


@lru_cache(256)
def _over(text: str, table: str, columns: Struct | None) -> Query:
    return one_value_query(text, {table: columns}, Location(""))


def _guarded(rebuild: Callable[[], Sql], where: Location) -> Sql:
    try:
        return rebuild()
    except RecursionError:
        message = "the expression is nested too deeply; use brackets, or several rules"
        raise ConfigurationError([Problem(where, message)]) from None
