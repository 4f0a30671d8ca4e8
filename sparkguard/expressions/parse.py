"""From text to sqlglot's tree, with every function call kept under the author's own name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import SqlglotError

from sparkguard.errors import ConfigurationError, Location, Problem, did_you_mean, listed

_LONGEST = 10_000
_DEEPEST = 40


@dataclass(frozen=True)
class ParsedQuery:
    """The parts of a one-value SELECT; `aliases` are names that stand for the table itself."""

    table: str
    aliases: frozenset[str]
    value: exp.Expression
    condition: exp.Expression | None


def refuse(where: Location, message: str) -> NoReturn:
    raise ConfigurationError([Problem(where, message)])


@cache
def _parser() -> Callable[[], Any]:
    base = Spark.Parser

    class Parser(base):  # type: ignore[misc, valid-type]
        """Spark's grammar without sqlglot's own reading of functions."""

        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012
        NO_PAREN_FUNCTIONS: dict[Any, Any] = {}  # noqa: RUF012
        FUNCTION_PARSERS = {  # noqa: RUF012
            name: parse
            for name, parse in base.FUNCTION_PARSERS.items()
            if name in ("CAST", "TRY_CAST")
        }
        NO_PAREN_FUNCTION_PARSERS = {  # noqa: RUF012
            name: parse for name, parse in base.NO_PAREN_FUNCTION_PARSERS.items() if name == "CASE"
        }

    return lambda: Parser(dialect=Spark())


def _trees(text: str, where: Location, into: Any = None) -> list[Any]:
    if len(text) > _LONGEST:
        refuse(where, f"an expression has at most {_LONGEST:,} characters, found {len(text):,}")
    depth = deepest = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        refuse(where, f"an expression nests at most {_DEEPEST} deep")
    try:
        tokens = Spark().tokenize(text)
        parser = _parser()()
        return list(parser.parse_into(into, tokens, text) if into else parser.parse(tokens, text))
    except RecursionError:
        refuse(where, f"an expression nests at most {_DEEPEST} deep")
    except SqlglotError as error:
        refuse(where, f"not Spark SQL: {_description(error)}")


def _description(error: SqlglotError) -> str:
    details = getattr(error, "errors", None) or [{}]
    innermost = details[-1]
    what = str(innermost.get("description") or "can't be read").split("\n")[0].rstrip(".")
    if what.startswith("Failed to parse"):
        what = "can't be read"
    line, column = innermost.get("line"), innermost.get("col")
    return f"{what} (line {line}, character {column})" if line else what


def parse_condition(text: str, where: Location) -> exp.Expression:
    """The tree of one expression. Raises ConfigurationError."""
    if not text.strip():
        refuse(where, "the expression is empty")
    trees = [tree for tree in _trees(text, where, exp.Condition) if tree is not None]
    if len(trees) != 1:
        refuse(where, f"expected one expression, found {len(trees)}")
    return trees[0]  # type: ignore[no-any-return]


def parse_query(text: str, tables: Iterable[str], where: Location) -> ParsedQuery:
    """The parts of `SELECT value FROM table [alias] [WHERE condition]`, and nothing else."""
    trees = [tree for tree in _trees(text, where) if tree is not None]
    if len(trees) != 1:
        refuse(where, f"expected one SELECT, found {len(trees)} statements")
    select = trees[0]
    if not isinstance(select, exp.Select):
        refuse(where, f"expected a SELECT, found {type(select).__name__.upper()}")
    if select.args.get("joins") or select.args.get("laterals"):
        refuse(
            where,
            "joins are not allowed in a query; relationships (a references check) compare tables",
        )
    others = given(select) - {"expressions", "from_", "where"}
    if others:
        refuse(where, f"a query is SELECT, FROM and WHERE only, found {listed(sorted(others))}")
    if len(select.expressions) != 1:
        refuse(where, f"a query selects one value, found {len(select.expressions)}")
    value = select.expressions[0]
    if isinstance(value, exp.Alias):
        value = value.this
    name, aliases = _table(select, tuple(tables), where)
    condition = select.args.get("where")
    return ParsedQuery(name, aliases, value, condition.this if condition else None)


def _table(
    select: exp.Select, allowed: tuple[str, ...], where: Location
) -> tuple[str, frozenset[str]]:
    source = select.args.get("from_")
    table = source.this if source is not None else None
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        found = "none" if table is None else "a subquery or function"
        refuse(where, f"a query reads one table that the contract names, found {found}")
    others = given(table) - {"this", "alias", "db", "catalog"}
    if others:
        refuse(where, f"a table stands alone in FROM, found {listed(sorted(others))}")
    if given(table) & {"db", "catalog"}:
        full = ".".join(part.name for part in table.parts)
        refuse(where, f"a query names tables as the contract does, found {full!r}")
    name = table.this.name
    if name not in allowed:
        refuse(
            where,
            f"the contract has no table {name!r}; it has {listed(allowed)}."
            + did_you_mean(name, allowed),
        )
    alias = table.args.get("alias")
    if alias is not None and given(alias) - {"this"}:
        refuse(where, "a table alias takes no column names")
    return name, frozenset({alias.name} if alias is not None else {name})


def given(node: exp.Expression) -> set[str]:
    """The parts of a node that the author wrote something for."""
    return {name for name, value in node.args.items() if value not in (None, False, [], "")}
