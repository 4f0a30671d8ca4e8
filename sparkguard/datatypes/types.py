"""The tree of a type, and the families that types belong to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Atomic:
    """A type without parts, by Spark's simple name: `bigint`, `string`, `timestamp_ntz` ..."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Decimal:
    precision: int
    scale: int

    def __str__(self) -> str:
        return f"decimal({self.precision},{self.scale})"


@dataclass(frozen=True)
class Text:
    """`char(n)` or `varchar(n)`; Spark's schema shows these as string with metadata."""

    name: str
    length: int

    def __str__(self) -> str:
        return f"{self.name}({self.length})"


@dataclass(frozen=True)
class Array:
    element: DataType
    contains_null: bool = True

    def __str__(self) -> str:
        return f"array<{self.element}>"


@dataclass(frozen=True)
class Map:
    key: DataType
    value: DataType
    value_contains_null: bool = True

    def __str__(self) -> str:
        return f"map<{self.key},{self.value}>"


@dataclass(frozen=True)
class Field:
    name: str
    type: DataType
    nullable: bool = True
    comment: str = ""

    def __str__(self) -> str:
        plain = re.fullmatch(r"\w+", self.name)
        name = self.name if plain else "`" + self.name.replace("`", "``") + "`"
        return f"{name}:{self.type}"


@dataclass(frozen=True)
class Struct:
    fields: tuple[Field, ...] = ()

    def __str__(self) -> str:
        return f"struct<{','.join(map(str, self.fields))}>"

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def get(self, name: str) -> Field | None:
        """The field of exactly this name, or None."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> Mapping[str, Field]:
        return {field.name: field for field in reversed(self.fields)}

    def at(self, path: tuple[str, ...]) -> Field | None:
        """The field at `path`, or None. The steps below a column are names of struct fields,
        `ELEMENT` for an array's items, `KEY` and `VALUE` for a map's.
        """
        field = self.get(path[0]) if path else None
        for step in path[1:]:
            field = None if field is None else _step(field.type, step)
        return field


ELEMENT, KEY, VALUE = "[]", "{key}", "{value}"


def _step(type_: DataType, step: str) -> Field | None:
    match type_:
        case Struct():
            return type_.get(step)
        case Array() if step == ELEMENT:
            return Field(step, type_.element, type_.contains_null)
        case Map() if step == KEY:
            return Field(step, type_.key, nullable=False)
        case Map() if step == VALUE:
            return Field(step, type_.value, type_.value_contains_null)
    return None


DataType = Atomic | Decimal | Text | Array | Map | Struct

INTEGERS = ("tinyint", "smallint", "int", "bigint")
FLOATS = ("float", "double")


def is_integer(type_: DataType) -> bool:
    return isinstance(type_, Atomic) and type_.name in INTEGERS


def is_float(type_: DataType) -> bool:
    return isinstance(type_, Atomic) and type_.name in FLOATS


def is_numeric(type_: DataType) -> bool:
    return isinstance(type_, Decimal) or is_integer(type_) or is_float(type_)


def is_string(type_: DataType) -> bool:
    return isinstance(type_, Text) or (isinstance(type_, Atomic) and type_.name == "string")


def is_temporal(type_: DataType) -> bool:
    return isinstance(type_, Atomic) and type_.name in ("date", "timestamp", "timestamp_ntz")
