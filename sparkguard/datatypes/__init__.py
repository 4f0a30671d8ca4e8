"""Spark's data types as plain data, so that contracts can be compared without Spark or Java."""

from sparkguard.datatypes.json import from_json
from sparkguard.datatypes.text import parse
from sparkguard.datatypes.types import (
    ELEMENT,
    FLOATS,
    INTEGERS,
    KEY,
    VALUE,
    Array,
    Atomic,
    DataType,
    Decimal,
    Field,
    Map,
    Struct,
    Text,
    is_float,
    is_integer,
    is_numeric,
    is_string,
    is_temporal,
)

__all__ = [
    "ELEMENT",
    "FLOATS",
    "INTEGERS",
    "KEY",
    "VALUE",
    "Array",
    "Atomic",
    "DataType",
    "Decimal",
    "Field",
    "Map",
    "Struct",
    "Text",
    "from_json",
    "is_float",
    "is_integer",
    "is_numeric",
    "is_string",
    "is_temporal",
    "parse",
]
