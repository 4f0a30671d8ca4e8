"""Types from Spark's text."""

from __future__ import annotations

import re

from sparkguard.datatypes.types import (
    FLOATS,
    INTEGERS,
    Array,
    Atomic,
    DataType,
    Decimal,
    Field,
    Map,
    Struct,
    Text,
)
from sparkguard.errors import bounded

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


def parse(text: str) -> DataType:
    """A type from Spark's text: `bigint`, `decimal(10,2)`, `struct<a:int,b:array<string>>`.

    Raises ValueError naming what was found.
    """
    parser = _Parser(text)
    found = parser.type()
    parser.end()
    return found


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
