"""Spark's data types as plain data, so that contracts can be compared without Spark or Java."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sparkguard.errors import bounded


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
        return next((field for field in self.fields if field.name == name), None)

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
_ALIASES = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
    "real": "float",
    "timestamp_ltz": "timestamp",
    "void": "void",
    "null": "void",
}
_ATOMIC = frozenset(
    (*INTEGERS, *FLOATS, *_ALIASES.values())
    + ("string", "binary", "boolean", "date", "timestamp", "timestamp_ntz", "variant", "interval")
)


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


def parse(text: str) -> DataType:
    """A type from Spark's text: `bigint`, `decimal(10,2)`, `struct<a:int,b:array<string>>`.

    Raises ValueError naming what was found.
    """
    parser = _Parser(text)
    found = parser.type()
    parser.end()
    return found


def from_json(schema: Mapping[str, Any]) -> Struct:
    """The tree of `DataFrame.schema.jsonValue()`, and of a Delta log's `schemaString`."""
    found = _from_json(schema)
    if not isinstance(found, Struct):
        raise ValueError("a table's schema is a struct")
    return found


def _from_json(node: Any) -> DataType:
    if isinstance(node, str):
        return parse(node)
    match node["type"]:
        case "struct":
            return Struct(tuple(_field(f) for f in node["fields"]))
        case "array":
            return Array(_from_json(node["elementType"]), node["containsNull"])
        case "map":
            key, value = _from_json(node["keyType"]), _from_json(node["valueType"])
            return Map(key, value, node["valueContainsNull"])
        case "udt":
            return _from_json(node["sqlType"])
    raise ValueError(f"unknown type {bounded(str(node), 100)!r}")


def _field(node: Mapping[str, Any]) -> Field:
    metadata = node.get("metadata") or {}
    declared = metadata.get("__CHAR_VARCHAR_TYPE_STRING")
    type_ = parse(declared) if declared else _from_json(node["type"])
    return Field(node["name"], type_, node["nullable"], metadata.get("comment", ""))


class _Parser:
    """Recursive descent over Spark's simple strings and DDL types; keeps NOT NULL of fields."""

    _TOKEN = re.compile(r"\s*(`(?:[^`]|``)*`|[^\s`<>(),:]+|[<>(),:])")
    _DEEPEST = 50

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        at = 0
        while text[at:].strip():
            token = self._TOKEN.match(text, at)
            if token is None:
                raise self._error()
            self._tokens.append(token.group(1))
            at = token.end()
        self._at = 0
        self._depth = 0

    def type(self) -> DataType:
        self._depth += 1
        if self._depth > self._DEEPEST:
            raise ValueError(f"a type nests at most {self._DEEPEST} levels")
        found = self._type(self._next().lower())
        self._depth -= 1
        return found

    def _type(self, word: str) -> DataType:
        match word:
            case "array":
                self._expect("<")
                element = self.type()
                not_null = self._not_null()
                self._expect(">")
                return Array(element, not not_null)
            case "map":
                self._expect("<")
                key = self.type()
                self._expect(",")
                value = self.type()
                not_null = self._not_null()
                self._expect(">")
                return Map(key, value, not not_null)
            case "struct":
                return self._struct()
            case "decimal" | "dec" | "numeric":
                precision, scale = (self._numbers() + [0])[:2] if self._peek() == "(" else (10, 0)
                return self._decimal(precision, scale)
            case "char" | "character" | "varchar":
                (length,) = self._numbers()
                return Text("varchar" if word == "varchar" else "char", length)
            case "interval":
                while self._peek() not in (None, ",", ">"):
                    word += " " + self._next().lower()
                return Atomic(word)
        name = _ALIASES.get(word, word)
        if name == "string" and (self._peek() or "").lower() == "collate":
            self._next()
            return Atomic(f"string collate {self._next()}")
        if name not in _ATOMIC:
            raise self._error()
        return Atomic(name)

    def _decimal(self, precision: int, scale: int) -> Decimal:
        if not (1 <= precision <= 38 and 0 <= scale <= precision):
            raise ValueError(
                f"decimal({precision},{scale}): precision is 1 to 38, scale 0 to precision"
            )
        return Decimal(precision, scale)

    def _struct(self) -> Struct:
        self._expect("<")
        fields: list[Field] = []
        while self._peek() != ">":
            if fields:
                self._expect(",")
            name = self._next()
            if name.startswith("`"):
                name = name[1:-1].replace("``", "`")
            if self._peek() == ":":
                self._next()
            type_ = self.type()
            fields.append(Field(name, type_, nullable=not self._not_null()))
        self._expect(">")
        return Struct(tuple(fields))

    def _not_null(self) -> bool:
        if (self._peek() or "").lower() != "not":
            return False
        self._next()
        self._expect("null")
        return True

    def _numbers(self) -> list[int]:
        self._expect("(")
        numbers = [int(self._next())]
        while self._peek() == ",":
            self._next()
            numbers.append(int(self._next()))
        self._expect(")")
        return numbers

    def end(self) -> None:
        if self._peek() is not None:
            raise self._error()

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> str:
        token = self._peek()
        if token is None:
            raise self._error()
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if self._next().lower() != token:
            raise self._error()

    def _error(self) -> ValueError:
        return ValueError(f"not a Spark type: {bounded(self._text, 200)!r}")
