"""A table has the columns that its contract promises."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any, Literal

from sparkguard.checks.base import Check, Context, Judgement, passed, violated, warned
from sparkguard.columns import Column, departure
from sparkguard.datatypes import Array, DataType, Struct
from sparkguard.errors import listed
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.verdicts import Evidence


@dataclass(frozen=True)
class Schema(Check, kind="schema"):
    """The table has every column of `columns` with its promised type, at every depth.

    A physical type is compared exactly and a logical one by family; names that differ only in
    case are told as such. With `partitioned_by` the partition columns are these in this order.
    `unexpected` says what columns beyond the contract mean; they are reported in any case. Reads
    no data.
    """

    evaluates_empty = True

    columns: tuple[Column, ...]
    partitioned_by: tuple[str, ...] = ()
    unexpected: Literal["allow", "warn", "violation"] = "allow"

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset()

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return ()

    def judge(self, seen: Profile, context: Context) -> Judgement:
        table = context.table
        names = {column.name for column in self.columns}
        broken = [
            f"{column} {reason}"
            for column in self.columns
            for column, reason in _departures(column, table.schema, names)
        ]
        if self.partitioned_by and self.partitioned_by != table.partitioned_by:
            found = listed(table.partitioned_by) or "nothing"
            broken.append(f"partitioned by {found}, promised is {listed(self.partitioned_by)}")
        extra = [".".join(path) for path in _unexpected(self.columns, table.schema)]
        if self.unexpected == "violation":
            broken.extend(f"{name} is not in the contract" for name in extra)
        loose = [
            str(column)
            for top in self.columns
            for column in top.walk()
            if column.required and (field := table.schema.at(column.path)) and field.nullable
        ]
        details: dict[str, Any] = {
            "observed": len(broken),
            "expected": f"{len(self.columns)} promised columns and their types",
            "unit": "columns",
            "evidence": tuple(_evidence(broken, extra, loose)),
        }
        if broken:
            return violated(f"{table.name}: {listed(broken)}", **details)
        if extra and self.unexpected == "warn":
            return warned(f"{table.name}: {listed(extra)} not in the contract", **details)
        return passed(**details)


def _departures(column: Column, schema: Struct, promised: Set[str]) -> Iterator[tuple[Column, str]]:
    """Broken promises from the outside in; inside a broken one nothing more is said."""
    if reason := departure(column, schema, promised):
        yield column, reason
        return
    for inner in column.inner:
        yield from _departures(inner, schema, promised)


def _unexpected(
    columns: tuple[Column, ...], schema: Struct, around: ColumnPath = ()
) -> Iterator[ColumnPath]:
    """Columns and fields of the table that the contract does not name, where it names any."""
    folded = {column.name.casefold() for column in columns}
    for field in schema:
        if field.name.casefold() not in folded:
            yield (*around, field.name)
    for column in columns:
        found = schema.get(column.name)
        if found is not None:
            yield from _inside(column, found.type)


def _inside(column: Column, type_: DataType) -> Iterator[ColumnPath]:
    if column.items is not None and isinstance(type_, Array):
        yield from _inside(column.items, type_.element)
    if column.fields and isinstance(type_, Struct):
        yield from _unexpected(column.fields, type_, column.path)


def _evidence(broken: list[str], extra: list[str], loose: list[str]) -> Iterator[Evidence]:
    told = [("differs", text) for text in broken]
    told += [("not in the contract", name) for name in extra]
    told += [("required, and the table allows NULL", name) for name in loose]
    for i, (label, text) in enumerate(told):
        yield Evidence("examples", "schema", i, label=label, text=text)
