"""A column as a contract declares it, with everything nested inside."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sparkguard import datatypes
from sparkguard.datatypes import Array, Atomic, DataType, Decimal, Field, Map, Struct
from sparkguard.errors import Location, nearest

ColumnPath = tuple[str, ...]
"""Names from the top-level column inwards; `ELEMENT` marks the elements of an array."""


@dataclass(frozen=True)
class Column:
    """What a contract promises of one column, struct field or array element.

    `name` is the name in the table (`physicalName`, else `name`) and `contract_name` the one in
    the contract. `logical` is ODCS's `logicalType` or None; `physical` the exact Spark type or
    None. `fields` are the fields of an object, `items` the element of an array. `options` holds
    `logicalTypeOptions` as written.
    """

    name: str
    path: ColumnPath
    contract_name: str = ""
    logical: str | None = None
    physical: DataType | None = None
    required: bool = False
    unique: bool = False
    fields: tuple[Column, ...] = ()
    items: Column | None = None
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    renamed_from: str | None = None
    unit: str | None = None
    description: str = ""
    classification: str | None = None
    tags: tuple[str, ...] = ()
    id: str | None = None
    where: Location = field(default=Location(""), compare=False)

    def __str__(self) -> str:
        return ".".join(self.path)

    @property
    def inner(self) -> tuple[Column, ...]:
        return self.fields if self.items is None else (*self.fields, self.items)

    def walk(self) -> Iterator[Column]:
        """This column and everything nested in it, outermost first."""
        yield self
        for inner in self.inner:
            yield from inner.walk()

    @property
    def timezone(self) -> bool | None:
        """True for an instant, False for a wall-clock time, None when the contract is silent."""
        if isinstance(self.physical, Atomic):
            return {"timestamp": True, "timestamp_ntz": False}.get(self.physical.name)
        found = self.options.get("timezone")
        return found if isinstance(found, bool) else None


def fits(logical: str, type_: DataType) -> bool:
    """True when a Spark type belongs to the family that a logical type names."""
    name = type_.name if isinstance(type_, Atomic) else ""
    match logical:
        case "string":
            return datatypes.is_string(type_) or name.startswith("string collate")
        case "date":
            return name == "date"
        case "timestamp":
            return name in ("timestamp", "timestamp_ntz")
        case "time":
            return datatypes.is_string(type_)
        case "number":
            return datatypes.is_numeric(type_)
        case "integer":
            return datatypes.is_integer(type_) or (isinstance(type_, Decimal) and type_.scale == 0)
        case "object":
            return isinstance(type_, (Struct, Map)) or name == "variant"
        case "array":
            return isinstance(type_, Array)
        case "boolean":
            return name == "boolean"
    raise ValueError(f"unknown logical type {logical!r}")


def departure(column: Column, schema: Struct, promised: Collection[str] = ()) -> str:
    """How a table's schema breaks what `column` promises of existence and type; "" if it doesn't.

    The end of a sentence that begins with the column: `is missing`, `is int, promised is bigint`.
    A column of the table that is like a missing one is named, unless it is `promised` itself.
    """
    found = schema.at(column.path)
    if found is None:
        others = (f.name for f in schema if f.name not in promised)
        near = nearest(column.name, others) if len(column.path) == 1 else None
        return f"is missing; the table has {near}" if near else "is missing"
    if column.physical is not None and str(found.type) != str(column.physical):
        return f"is {found.type}, promised is {column.physical}"
    if column.logical is not None and not fits(column.logical, found.type):
        return f"is {found.type}, promised is {column.logical}"
    return ""


_STAND_INS: Mapping[str, tuple[DataType, ...]] = {
    "string": (Atomic("string"),),
    "date": (Atomic("date"),),
    "timestamp": (Atomic("timestamp"), Atomic("timestamp_ntz")),
    "time": (Atomic("string"),),
    "number": (Atomic("double"), Decimal(38, 18), Atomic("bigint")),
    "integer": (Atomic("bigint"), Decimal(38, 0)),
    "boolean": (Atomic("boolean"),),
}
CHOICES = max(map(len, _STAND_INS.values()))


def type_of(column: Column, choice: int = 0) -> DataType:
    """The declared type; where only a family is declared, one type of it; `void` if neither.

    Which one is up to `choice`, from 0 to `CHOICES` - 1: together they are all that matter.
    """
    if column.physical is not None:
        return column.physical
    if column.items is not None:
        return Array(type_of(column.items, choice), not column.items.required)
    if column.fields:
        return struct_of(column.fields, choice)
    family = _STAND_INS.get(column.logical or "", (Atomic("void"),))
    return family[min(choice, len(family) - 1)]


def struct_of(columns: tuple[Column, ...], choice: int = 0) -> Struct:
    """The columns as a struct, for resolving names and families before a table is seen."""
    return Struct(tuple(Field(c.name, type_of(c, choice), not c.required) for c in columns))
