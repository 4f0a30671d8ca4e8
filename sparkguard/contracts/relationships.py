"""Reads ODCS `relationships` into references rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sparkguard.columns import Column
from sparkguard.contracts.model import TableContract
from sparkguard.contracts.rules import option_path
from sparkguard.contracts.source import RuleIds, Source, frozen
from sparkguard.contracts.spec import CheckSpec
from sparkguard.contracts.yaml import Path
from sparkguard.datatypes import Decimal
from sparkguard.errors import did_you_mean, listed
from sparkguard.verdicts import Severity


@dataclass(frozen=True)
class _End:
    """One end of a reference: `file` is empty in this contract."""

    file: str
    table: str
    names: tuple[str, ...]


@dataclass
class References:
    """Makes the references rules of a contract, once all its tables are read."""

    tables: tuple[TableContract, ...]
    source: Source
    ids: RuleIds

    def spec(
        self, item: Mapping[str, Any], at: Path, table: TableContract, column: Column | None
    ) -> CheckSpec | None:
        """One rule, or None when a problem was found instead."""
        targets = [_end(text) for text in _several(item["to"])]
        if column is not None:
            starts: list[Column | None] = [column]
        else:
            starts = [self._start(text, (*at, "from"), table) for text in _several(item["from"])]
        if len(starts) != len(targets):
            self.source.problem(
                at, f"{len(starts)} columns refer to {len(targets)}; both ends have as many"
            )
            return None
        if len({(end.file, end.table) for end in targets}) > 1:
            self.source.problem((*at, "to"), "all columns of a reference are in one table")
            return None
        file = targets[0].file
        if file:
            ends: list[Any] = [end.names for end in targets]
        else:
            ends = [self._column(end, (*at, "to")) for end in targets]
        if None in starts or None in ends:
            return None
        to_table = targets[0].table if file else self._table(targets[0].table)
        columns = [start for start in starts if start is not None]
        if not file:
            for start, end in zip(columns, ends, strict=True):
                self._compare(start, end, at)
        options = {
            "columns": [option_path(c.path) for c in columns],
            "to_table": f"{file}#{to_table}" if file else to_table.name,  # type: ignore[union-attr]
            "to_columns": [option_path(end if file else end.path) for end in ends],
        }
        label = "+".join(".".join(c.path) for c in columns)
        return CheckSpec(
            id=self.ids.take(table.name, "references", label, suffix=targets[0].table),
            kind="references",
            options=frozen(options),
            severity=Severity.ERROR,
            where=self.source.where(at),
            marks=frozen({name: self.source.where((*at, "to")) for name in options}),
        )

    def _start(self, text: str, at: Path, table: TableContract) -> Column | None:
        end = _end(text)
        if end.file or self._table(end.table) is not table:
            self.source.problem(at, f"from: expected columns of {table.name}, found {text!r}")
            return None
        return self._column(end, at)

    def _table(self, name: str) -> TableContract | None:
        by_id = next((t for t in self.tables if t.id == name), None)
        return next((t for t in self.tables if t.name == name), by_id)

    def _column(self, end: _End, at: Path) -> Column | None:
        table = self._table(end.table)
        if table is None:
            names = [t.name for t in self.tables]
            self.source.problem(
                at,
                f"the contract has no table {end.table!r}; it has {listed(names)}."
                f"{did_you_mean(end.table, names)}",
            )
            return None
        columns, column = table.columns, None
        for name in end.names:
            column = next((c for c in columns if name in (c.contract_name, c.id)), None)
            if column is None:
                near = did_you_mean(name, (c.contract_name for c in columns))
                self.source.problem(at, f"{table.name} has no property {name!r}.{near}")
                return None
            columns = column.fields
        return column

    def _compare(self, start: Column, end: Column, at: Path) -> None:
        """Both ends hold comparable values, as far as the contract tells."""
        families = {family for family in map(_family, (start, end)) if family}
        if len(families) > 1:
            self.source.problem(
                at,
                f"{start} holds {_family(start)} and {end} {_family(end)}; they can't be equal",
            )


def _several(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _end(text: str) -> _End:
    """`table.column`, or `[file.yaml#][/]schema/table/properties/column[/properties/field]`."""
    file, _, inside = text.rpartition("#")
    inside = inside.removeprefix("/")
    if "/" not in inside:
        table, _, column = inside.partition(".")
        return _End(file, table, (column,))
    parts = inside.split("/")
    return _End(file, parts[1], tuple(parts[3::2]))


def _family(column: Column) -> str:
    if isinstance(column.physical, Decimal):
        return "numbers"
    logical = {
        "integer": "numbers",
        "number": "numbers",
        "string": "text",
        "date": "dates",
        "timestamp": "times",
        "boolean": "booleans",
    }
    physical = {
        **dict.fromkeys(("tinyint", "smallint", "int", "bigint", "float", "double"), "numbers"),
        "string": "text",
        "date": "dates",
        "timestamp": "times",
        "timestamp_ntz": "times",
        "boolean": "booleans",
    }
    return logical.get(column.logical or "", "") or physical.get(str(column.physical), "")
