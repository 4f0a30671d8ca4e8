"""Binds rules to checks and holds them to what contracts promise, before any table is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from sparkguard.checks.base import CHECKS, Check, Context, TableFacts
from sparkguard.columns import CHOICES, Column, ColumnPath, struct_of
from sparkguard.contracts.model import Contract, TableContract
from sparkguard.contracts.spec import CheckSpec
from sparkguard.datatypes import Array, DataType, Struct
from sparkguard.errors import (
    ConfigurationError,
    EvaluationError,
    Problem,
    did_you_mean,
    listed,
    nearest,
)
from sparkguard.options import convert

ANY_TIME = datetime(1970, 1, 1, tzinfo=timezone.utc)
"""For rules that are looked at and not run: what blocks one depends on no moment."""


@dataclass(frozen=True)
class Bound:
    """A rule of a contract and the check that carries it out; None when the rule is skipped."""

    dataset: str
    spec: CheckSpec
    check: Check | None


def bind(
    rules: Iterable[tuple[str, CheckSpec]],
    tables: Iterable[TableContract] = (),
    skips: Collection[str] = (),
) -> tuple[Bound, ...]:
    """The checks of (dataset, rule) pairs.

    Raises ConfigurationError with every wrong option of every rule, and everything in which rules
    contradict the promises that contracts make of `tables`, but for the rules with ids in `skips`.
    """
    promises = Promises(tables)
    bound: list[Bound] = []
    problems: list[Problem] = []
    for dataset, spec in rules:
        if spec.skip:
            bound.append(Bound(dataset, spec, None))
        elif spec.kind not in CHECKS:
            near = did_you_mean(spec.kind, CHECKS.kinds)
            problems.append(Problem(spec.where, f"unknown check {spec.kind!r}.{near}"))
        else:
            try:
                check = convert(CHECKS[spec.kind], spec.options, spec.kind, spec.where_of)
                bound.append(Bound(dataset, spec, check))
                if spec.id not in skips:
                    problems.extend(promises.contradictions(dataset, spec, check))
            except ConfigurationError as error:
                problems.extend(error.problems)
    if problems:
        raise ConfigurationError(problems)
    return tuple(bound)


def bind_contract(contract: Contract) -> tuple[Bound, ...]:
    """The checks of a contract by itself, whose references may lead to contracts not at hand.

    Raises as `bind`.
    """
    rules = ((table.name, rule) for table in contract.tables for rule in table.rules)
    return bind(rules, contract.tables)


class Promises:
    """The tables that contracts promise, by the names that rules use.

    Of a table of which no column is declared nothing is known, nor of a column without type.
    """

    def __init__(self, tables: Iterable[TableContract]) -> None:
        self._columns = {table.name: table.columns for table in tables}
        self._facts = [
            {name: TableFacts(name, struct_of(of, choice)) for name, of in self._columns.items()}
            for choice in range(CHOICES)
        ]

    def contradictions(self, table: str, spec: CheckSpec, check: Check) -> Iterator[Problem]:
        """What a rule takes for granted of tables and can't be so, by what is promised of them."""
        if table not in self._columns:
            return
        context = self._context(table, self._facts[0])
        parts = (part.requires(context) for part in check.expand(context).values())
        wanted = sorted(frozenset().union(*parts))
        for where, path in wanted:
            columns = self._columns.get(where, ())
            if columns and not _may_be(path, self._facts[0][where].schema):
                said = f"{spec.kind}: the contract declares no column {'.'.join(path)!r} of {where}"
                yield Problem(spec.where_of(_option(spec, path)), f"{said}.{_near(path, columns)}")
        if all(where == table and _has_type(context, path) for where, path in wanted):
            reasons = (_unsupported(check, self._context(table, facts)) for facts in self._facts)
            if (reason := next(reasons)) and all(reasons):
                yield Problem(spec.where, f"{reason}, as the contract declares {table}")

    def _context(self, table: str, facts: Mapping[str, TableFacts]) -> Context:
        return Context(facts[table], ANY_TIME, tables=facts)


def _unsupported(check: Check, context: Context) -> str:
    try:
        return check.unsupported(context)
    except EvaluationError:
        return ""  # a column that SQL can't name: the check's own error once the table is there


def _has_type(context: Context, path: ColumnPath) -> bool:
    field = context.table.schema.at(path)
    return field is not None and "void" not in str(field.type)


def _may_be(path: ColumnPath, schema: Struct) -> bool:
    """Whether there is such a column, or may be one inside what is declared without its fields."""
    around: DataType = schema
    for depth in range(1, len(path) + 1):
        field = schema.at(path[:depth])
        if field is None:
            return not isinstance(around, (Struct, Array))
        around = field.type
    return True


def _near(path: ColumnPath, columns: tuple[Column, ...]) -> str:
    if len(path) > 1:
        return ""
    in_table = {column.contract_name: column.name for column in columns}
    near = nearest(path[0], (*in_table, *in_table.values()))
    if near is None:
        return f" It declares {listed(in_table.values())}"
    name = in_table.get(near, near)
    if near == path[0]:
        return f" In the table, property {near!r} is called {name!r}"
    return f" Did you mean {name!r}?"


def _option(spec: CheckSpec, path: ColumnPath) -> str:
    """The option that names a column, "" where none does by itself."""
    return next((option for option, value in spec.options.items() if _names(value, path)), "")


def _names(value: object, path: ColumnPath) -> bool:
    if value == path or (len(path) == 1 and value == path[0]):
        return True
    return isinstance(value, tuple) and any(_names(item, path) for item in value)
