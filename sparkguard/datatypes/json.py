"""Types from Spark's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkguard.datatypes.text import parse
from sparkguard.datatypes.types import Array, DataType, Field, Map, Struct
from sparkguard.errors import bounded


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
