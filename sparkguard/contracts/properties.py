"""Reads ODCS properties into columns, and holds their types against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sparkguard import datatypes
from sparkguard.columns import Column, ColumnPath, fits
from sparkguard.contracts.source import Source, frozen
from sparkguard.contracts.yaml import Path
from sparkguard.datatypes import ELEMENT, Array, Atomic, DataType, Struct
from sparkguard.errors import as_found, did_you_mean, listed

CONTRACT_PROPERTIES = ("sparkguard.compatibility",)
SCHEMA_PROPERTIES = ("sparkguard.grain", "sparkguard.quarantine")
COLUMN_PROPERTIES = ("sparkguard.renamedFrom", "sparkguard.unit")


@dataclass(frozen=True)
class Declared:
    """A column with the YAML that declares it."""

    column: Column
    node: Mapping[str, Any]
    at: Path
    inner: tuple[Declared, ...] = ()

    def walk(self) -> Iterator[Declared]:
        yield self
        for inner in self.inner:
            yield from inner.walk()


def read_columns(
    nodes: Any, at: Path, source: Source, around: ColumnPath = ()
) -> tuple[Declared, ...]:
    """The columns of one table or struct; names must differ, also in more than case."""
    declared = tuple(_read(node, (*at, i), source, around) for i, node in enumerate(nodes or ()))
    for named in ("name", "contract_name"):
        first: dict[str, Declared] = {}
        for one in declared:
            name = getattr(one.column, named)
            other = first.setdefault(name.casefold(), one)
            if other is not one:
                _report_twice(one, name, getattr(other.column, named), named, source)
    return declared


def _report_twice(one: Declared, name: str, other: str, named: str, source: Source) -> None:
    if named == "contract_name" and one.column.name == name:
        return  # reported for the name in the table
    how = "is declared twice" if name == other else f"differs from {other!r} only in case"
    source.problem(one.at, f"column {name!r} {how}")


def _read(node: Mapping[str, Any], at: Path, source: Source, around: ColumnPath) -> Declared:
    contract_name = str(node.get("name", ELEMENT))
    name = ELEMENT if at[-1] == "items" else str(node.get("physicalName") or contract_name)
    path = (*around, name)
    physical = _physical(node, at, source)
    inner = read_columns(node.get("properties"), (*at, "properties"), source, path)
    item = None
    if isinstance(node.get("items"), Mapping):
        item = _read(node["items"], (*at, "items"), source, path)
    own = custom_properties(node, at, source, COLUMN_PROPERTIES)
    column = Column(
        name=name,
        path=path,
        contract_name=contract_name,
        logical=node.get("logicalType"),
        physical=physical,
        required=node.get("required") is True,
        unique=node.get("unique") is True,
        fields=tuple(one.column for one in inner),
        items=item.column if item else None,
        options=frozen(node.get("logicalTypeOptions") or {}),
        renamed_from=_text(own, "sparkguard.renamedFrom", source),
        unit=_text(own, "sparkguard.unit", source),
        description=str(node.get("description") or ""),
        classification=node.get("classification"),
        tags=tuple(node.get("tags") or ()),
        id=node.get("id"),
        where=source.where(at),
    )
    _compare_types(column, at, source)
    return Declared(column, node, at, (*inner, item) if item else inner)


def _physical(node: Mapping[str, Any], at: Path, source: Source) -> DataType | None:
    text = node.get("physicalType")
    if text is None:
        return _of_options(node)
    try:
        return datatypes.parse(text)
    except (ValueError, RecursionError) as error:
        names = ("bigint", "int", "string", "double", "decimal(10,2)", "timestamp", "boolean")
        near = did_you_mean(text, (*names, "date", "float", "smallint", "tinyint", "binary"))
        source.problem((*at, "physicalType"), f"physicalType: {error}.{near}")
        return None


def _of_options(node: Mapping[str, Any]) -> DataType | None:
    """The type that a number's format or a timestamp's timezone says; other options say none."""
    options = node.get("logicalTypeOptions") or {}
    name = None
    match node.get("logicalType"):
        case "number":
            name = {"f32": "float", "f64": "double"}.get(options.get("format", ""))
        case "timestamp" if isinstance(options.get("timezone"), bool):
            name = "timestamp" if options["timezone"] else "timestamp_ntz"
    return Atomic(name) if name else None


def _compare_types(column: Column, at: Path, source: Source) -> None:
    physical, logical = column.physical, column.logical
    if physical is not None and logical is not None and not fits(logical, physical):
        source.problem(
            (*at, "physicalType"),
            f"physicalType {physical} contradicts logicalType {logical!r}",
        )
        return
    zone = column.options.get("timezone")
    if isinstance(zone, bool) and column.timezone is not zone:
        wanted = "timestamp" if zone else "timestamp_ntz"
        source.problem(
            (*at, "logicalTypeOptions", "timezone"),
            f"timezone {str(zone).lower()} means {wanted}, found physicalType {physical}",
        )
    number_format = column.options.get("format")
    if logical == "number" and number_format and physical is not None:
        wanted = {"f32": "float", "f64": "double"}[number_format]
        if str(physical) != wanted:
            source.problem(
                (*at, "logicalTypeOptions", "format"),
                f"format {number_format!r} means {wanted}, found physicalType {physical}",
            )
    if column.fields and physical is not None:
        _compare_fields(column, physical, at, source)
    if column.items is not None and isinstance(physical, Array):
        _compare_one(column.items, physical.element, (*at, "items"), source)


def _compare_fields(column: Column, physical: DataType, at: Path, source: Source) -> None:
    if not isinstance(physical, Struct):
        source.problem(
            (*at, "properties"), f"properties describe a struct, found physicalType {physical}"
        )
        return
    names = tuple(field.name for field in column.fields)
    if set(names) != set(physical.names):
        source.problem(
            (*at, "properties"),
            f"properties {listed(names)} contradict physicalType, "
            f"whose fields are {listed(physical.names)}",
        )
        return
    for i, inner in enumerate(column.fields):
        field = physical.get(inner.name)
        if field is not None:
            _compare_one(inner, field.type, (*at, "properties", i), source)


def _compare_one(inner: Column, around: DataType, at: Path, source: Source) -> None:
    own = inner.physical
    agrees = (
        own == around if own is not None else (inner.logical is None or fits(inner.logical, around))
    )
    if not agrees:
        source.problem(
            at, f"{inner.name} is {own or inner.logical!r} here and {around} in physicalType"
        )


def custom_properties(
    node: Mapping[str, Any], at: Path, source: Source, allowed: tuple[str, ...]
) -> dict[str, tuple[Any, Path]]:
    """SparkGuard's own `customProperties` with their places; others are the author's business."""
    own: dict[str, tuple[Any, Path]] = {}
    for i, item in enumerate(node.get("customProperties") or ()):
        name, place = item["property"], (*at, "customProperties", i)
        if not name.lower().startswith("sparkguard."):
            continue
        if name not in allowed:
            near = did_you_mean(name, allowed)
            taken = listed(allowed) or "none of SparkGuard's"
            source.problem(place, f"unknown property {name!r} here; known: {taken}.{near}")
        elif name in own:
            source.problem(place, f"property {name!r} is given twice")
        else:
            own[name] = (item["value"], (*place, "value"))
    return own


def _text(own: Mapping[str, tuple[Any, Path]], name: str, source: Source) -> str | None:
    if name not in own:
        return None
    value, place = own[name]
    if not isinstance(value, str) or not value:
        source.problem(place, f"{name}: expected text, found {as_found(value)}")
        return None
    return value
