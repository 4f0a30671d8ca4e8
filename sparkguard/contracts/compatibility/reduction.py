"""Reduces a contract to the shape that compatibility compares; no part of the file is left out.

What has a rule of its own goes where that rule looks; what only people read becomes a note;
everything else is kept as text, so that a change of it is undetermined rather than unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sparkguard.columns import Column
from sparkguard.contracts.compatibility.grades import Path
from sparkguard.contracts.compatibility.rules import said, sorted_rules
from sparkguard.contracts.compatibility.shape import ContractShape, Facts, TableShape
from sparkguard.contracts.model import Contract, TableContract
from sparkguard.datatypes import Array, Atomic, DataType, Field, Struct
from sparkguard.kinds import canonical

ANY = "any "
"""Begins the stand-in type of a column whose contract names a family only: `any integer`."""

_CONTRACT_RULED = frozenset(
    ("apiVersion", "kind", "id", "name", "version", "schema", "slaProperties", "customProperties")
)
_CONTRACT_NOTES = frozenset(
    ("status", "description", "tags", "team", "roles", "support", "price", "domain", "tenant",
     "dataProduct", "authoritativeDefinitions", "contractCreatedTs", "slaDefaultElement")
)  # fmt: skip
_TABLE_RULED = frozenset(
    ("name", "properties", "quality", "relationships", "customProperties", "logicalType")
)
_TABLE_NOTES = frozenset(
    ("description", "tags", "businessName", "authoritativeDefinitions", "id", "physicalType",
     "dataGranularityDescription")
)  # fmt: skip
_COLUMN_RULED = frozenset(
    ("name", "physicalName", "logicalType", "physicalType", "logicalTypeOptions", "required",
     "unique", "primaryKey", "primaryKeyPosition", "partitioned", "partitionKeyPosition",
     "properties", "items", "quality", "relationships", "customProperties")
)  # fmt: skip
_COLUMN_NOTES = frozenset(
    ("description", "tags", "businessName", "authoritativeDefinitions", "id", "examples",
     "transformDescription")
)  # fmt: skip
_OPTIONS_RULED = frozenset(
    ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
     "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "uniqueItems",
     "pattern", "format")
)  # fmt: skip
_OWN = "sparkguard."


def shape_of(contract: Contract) -> ContractShape:
    """The shape of a contract version."""
    data = contract.data
    nodes = {node["name"]: node for node in data.get("schema") or ()}
    other = _rest(data, _CONTRACT_RULED | _CONTRACT_NOTES)
    other.update(_foreign_properties(data))
    other.update({f"service level {spec.id}": said(spec) for spec in contract.listed})
    return ContractShape(
        contract.id,
        contract.version,
        tuple(_table(table, nodes[table.name]) for table in contract.tables),
        contract.compatibility,
        other,
        _some(data, _CONTRACT_NOTES),
    )


def _table(table: TableContract, node: Mapping[str, Any]) -> TableShape:
    sets, rules, other = sorted_rules(table)
    facts = {
        path: replace(found, values=sets.get(path))
        for path, found in _facts(table.columns, node.get("properties") or ())
    }
    grain = table.grain if table.grain != table.primary_key else ()
    ruled = _TABLE_RULED | _TABLE_NOTES
    stored_as = {"physicalName": table.physical_name} if table.physical_name != table.name else {}
    if table.quarantine:
        stored_as["sparkguard.quarantine"] = "allowed"
    return TableShape(
        table.name,
        _struct(table.columns, table.primary_key),
        facts,
        table.primary_key,
        grain,
        table.partitioned_by,
        rules,
        _some(node, _TABLE_NOTES),
        {
            **_rest(node, ruled | {"physicalName"}),
            **stored_as,
            **_foreign_properties(node),
            **other,
        },
    )


def _struct(columns: Iterable[Column], key: tuple[str, ...] = ()) -> Struct:
    return Struct(
        tuple(Field(c.name, _type(c), not (c.required or (c.path[0] in key and len(c.path) == 1)))
              for c in columns)
    )  # fmt: skip


def _type(column: Column) -> DataType:
    """The declared type, with what nested properties say about nullability put in."""
    physical = column.physical
    if column.items is not None and (physical is None or isinstance(physical, Array)):
        inner = _type(column.items)
        may_be_null = physical.contains_null if isinstance(physical, Array) else True
        return Array(inner, may_be_null and not column.items.required)
    if column.fields and (physical is None or isinstance(physical, Struct)):
        declared = _struct(column.fields)
        if physical is None:
            return declared
        return Struct(tuple(_stricter(field, declared.get(field.name)) for field in physical))
    return physical or Atomic(f"{ANY}{column.logical or 'type'}")


def _stricter(stated: Field, declared: Field | None) -> Field:
    if declared is None:
        return stated
    return replace(declared, nullable=stated.nullable and declared.nullable)


def _facts(
    columns: Iterable[Column], nodes: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Path, Facts]]:
    for column, node in zip(columns, nodes, strict=True):
        yield column.path, _fact(column, node)
        yield from _facts(column.fields, node.get("properties") or ())
        if column.items is not None:
            yield from _facts((column.items,), (node["items"],))


def _fact(column: Column, node: Mapping[str, Any]) -> Facts:
    meaning = {**_rest(node, _COLUMN_RULED | _COLUMN_NOTES), **_foreign_properties(node)}
    if column.unit is not None:
        meaning["unit"] = column.unit
    has_default = any("default" in name.lower() for name in meaning)
    meaning |= {f"logicalTypeOptions.{name}": value for name, value in _unread(column).items()}
    return Facts(None, meaning, _some(node, _COLUMN_NOTES), column.renamed_from, has_default)


def _unread(column: Column) -> dict[str, str]:
    """The options of a type that neither the column's type nor any rule speaks of."""
    ruled = _OPTIONS_RULED
    if column.logical == "object":
        ruled |= {"required"}
    if column.logical == "timestamp" and column.timezone is not None:
        ruled |= {"timezone"}
    return _rest(column.options, ruled)


def _foreign_properties(node: Mapping[str, Any]) -> dict[str, str]:
    return {
        item["property"]: str(canonical(item.get("value")))
        for item in node.get("customProperties") or ()
        if not item["property"].lower().startswith(_OWN)
    }


def _rest(node: Mapping[str, Any], known: frozenset[str]) -> dict[str, str]:
    return {name: str(canonical(value)) for name, value in node.items() if name not in known}


def _some(node: Mapping[str, Any], names: frozenset[str]) -> dict[str, str]:
    return {name: str(canonical(value)) for name, value in node.items() if name in names}
