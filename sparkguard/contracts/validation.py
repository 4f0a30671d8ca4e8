"""Validates a contract with ODCS's JSON schema and with the standard's own model.

The schema's unevaluated properties make it slow, about two milliseconds for a column, so columns
and quality rules are validated one by one, and those that differ in nothing that the schema looks
at only once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from sparkguard.contracts.source import Source
from sparkguard.contracts.yaml import Path
from sparkguard.errors import as_found, did_you_mean, listed
from sparkguard.thresholds import Operator

_FREE_TEXT = frozenset(
    (
        *("name", "description", "businessName", "physicalName", "physicalType", "pattern"),
        *("query", "businessImpact", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    )
)
_OPAQUE = frozenset(("implementation", "arguments"))
_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


def validate(source: Source) -> None:
    """Add a problem for everything that the schema, or else the model, does not accept."""
    data = source.document.data
    clean: set[str] = set()
    for definition, element, path in _elements(data, source):
        key = f"{definition} {json.dumps(_shape(element, ''), sort_keys=True, default=str)}"
        if key in clean:
            continue
        errors = list(_validator(definition).iter_errors(element))
        if not errors:
            clean.add(key)
        for error in _reportable(errors):
            _report(error, path, source)
    if not source.problems:
        _validate_model(data, source)


def _elements(data: Mapping[str, Any], source: Source) -> Iterator[tuple[str, Any, Path]]:
    """The parts of a contract that are validated on their own: definition, element, path."""
    top = {**data, "apiVersion": "v3.1.0"}  # patch versions: odcs.py has accepted the real one
    tables = data.get("schema")
    if isinstance(tables, list):
        top["schema"] = []
        for i, table in enumerate(tables):
            yield from _table(table, ("schema", i), source)
    yield "", top, ()


def _table(table: Any, path: Path, source: Source) -> Iterator[tuple[str, Any, Path]]:
    if not isinstance(table, dict):
        yield "SchemaObject", table, path
        return
    alone = dict(table)
    yield from _nested(alone, path, source)
    yield "SchemaObject", alone, path


def _property(
    definition: str, column: Any, path: Path, source: Source
) -> Iterator[tuple[str, Any, Path]]:
    if not isinstance(column, dict):
        yield definition, column, path
        return
    alone = dict(column)
    if "logicalTypeOptions" in alone and "logicalType" not in alone:
        source.problem((*path, "logicalTypeOptions"), "logicalTypeOptions need a logicalType")
        del alone["logicalTypeOptions"]
    yield from _nested(alone, path, source)
    if isinstance(alone.get("items"), dict) and alone.get("logicalType") == "array":
        yield from _property("SchemaItemProperty", alone["items"], (*path, "items"), source)
        alone["items"] = {}
    yield definition, alone, path


def _nested(alone: dict[str, Any], path: Path, source: Source) -> Iterator[tuple[str, Any, Path]]:
    properties, quality = alone.get("properties"), alone.get("quality")
    if isinstance(properties, list):
        alone["properties"] = []
        for i, column in enumerate(properties):
            yield from _property("SchemaProperty", column, (*path, "properties", i), source)
    if isinstance(quality, list):
        alone["quality"] = []
        for i, rule in enumerate(quality):
            yield "DataQuality", rule, (*path, "quality", i)


def _shape(value: Any, key: str) -> Any:
    """`value` with everything replaced that the schema treats alike."""
    match value:
        case dict():
            return {} if key in _OPAQUE else {k: _shape(v, k) for k, v in value.items()}
        case list():
            return [_shape(item, "item") for item in value]
        case str() if key in _FREE_TEXT:
            return ""
        case bool():
            return value
        case int() | float() if key not in ("item", "mustBe", "mustNotBe"):
            return [type(value).__name__, (value > 0) - (value < 0), value == int_or_none(value)]
    return value


def int_or_none(value: float) -> int | None:
    return int(value) if isinstance(value, int) or value.is_integer() else None


@cache
def _schema() -> Mapping[str, Any]:
    text = files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema


@cache
def _validator(definition: str) -> Any:
    from jsonschema import Draft201909Validator

    schema = _schema()
    if definition:
        schema = {"$defs": schema["$defs"], "$ref": f"#/$defs/{definition}"}
    return Draft201909Validator(schema)


def _reportable(errors: list[Any]) -> Iterator[Any]:
    """Errors without those that only follow from another one in the same element."""
    seen: set[tuple[Any, ...]] = set()
    for error in errors:
        key = (tuple(error.absolute_path), error.validator, error.message)
        if key in seen:
            continue
        seen.add(key)
        if error.validator in ("unevaluatedProperties", "additionalProperties"):
            unknown = _unknown(error)
            beside = any(
                other is not error
                and other.validator not in ("unevaluatedProperties", "additionalProperties")
                and list(other.absolute_path)[: len(error.absolute_path)]
                == list(error.absolute_path)
                for other in errors
            )
            if not unknown and beside:
                continue
        yield error


def _unknown(error: Any) -> list[str]:
    known = _known(error.schema)
    return [key for key in error.instance if key not in known]


def _known(schema: Any) -> set[str]:
    """Every key that a schema has a word on, through references and conditions."""
    names = set(schema.get("properties", {}))
    if reference := schema.get("$ref"):
        names |= _known(_schema()["$defs"][reference.rpartition("/")[2]])
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, ()):
            names |= _known(part)
    if "then" in schema:
        names |= _known(schema["then"])
    return names


def _report(error: Any, base: Path, source: Source) -> None:
    path = base + tuple(error.absolute_path)
    label = _label(path)
    match error.validator:
        case "unevaluatedProperties" | "additionalProperties":
            _report_keys(error, path, label, source)
        case "required":
            for key in error.validator_value:
                if key not in error.instance:
                    source.problem(path, f"{label} needs {key!r}")
        case "type":
            wanted = error.validator_value
            names = [wanted] if isinstance(wanted, str) else wanted
            expected = " or ".join(_TYPES[name] for name in names)
            source.problem(path, f"{label}: expected {expected}, found {as_found(error.instance)}")
        case "enum":
            allowed = [str(value) for value in error.validator_value]
            near = did_you_mean(str(error.instance), allowed)
            source.problem(
                path,
                f"{label}: found {as_found(error.instance)}, allowed: {listed(allowed)}.{near}",
            )
        case "pattern":
            source.problem(
                path, f"{label}: found {as_found(error.instance)}; letters, digits, _ and - only"
            )
        case "oneOf" | "anyOf":
            _report_choice(error, base, path, label, source)
        case "not":
            source.problem(path, f"{label} does not take 'from'; it starts at its own column")
        case "minimum" | "exclusiveMinimum":
            bound = "at least" if error.validator == "minimum" else "above"
            source.problem(
                path,
                f"{label}: expected {bound} {error.validator_value}, "
                f"found {as_found(error.instance)}",
            )
        case "minItems" | "maxItems":
            count = f"{'at least' if error.validator == 'minItems' else 'at most'}"
            source.problem(
                path,
                f"{label}: expected {count} {error.validator_value} items, "
                f"found {len(error.instance)}",
            )
        case "uniqueItems":
            source.problem(path, f"{label}: an item is given twice")
        case _:
            source.problem(path, f"{label}: not valid in ODCS ({error.validator})")


def _report_keys(error: Any, path: Path, label: str, source: Source) -> None:
    known = sorted(_known(error.schema))
    for key in _unknown(error):
        near = did_you_mean(key, known) or f" It takes {listed(known)}."
        source.problem((*path, key), f"{label} does not take {key!r}.{near}")
    if not _unknown(error):
        misplaced = [key for key in error.instance if f"'{key}'" in error.message]
        for key in misplaced or [""]:
            source.problem((*path, key), f"{label} of this type does not take {key!r}")


def _report_choice(error: Any, base: Path, path: Path, label: str, source: Source) -> None:
    operators = [o.value for o in Operator]
    required = [branch.get("required", [""])[0] for branch in error.validator_value]
    if required == operators:
        given = [o for o in operators if o in error.instance]
        if len(given) != 1:
            source.problem(
                path,
                f"{label} takes exactly one of {listed(operators)}; "
                f"found {listed(given) or 'none'}",
            )
            return
        branch = operators.index(given[0])
        for inner in error.context:
            if inner.schema_path[0] == branch:
                _report(inner, base, source)
        return
    if "Reference" in json.dumps(error.validator_value):
        source.problem(
            path,
            f"{label}: expected table.column, or /schema/<id>/properties/<id> behind an optional "
            f"file.yaml#, or a list of them; found {as_found(error.instance)}",
        )
        return
    types = [_TYPES[b["type"]] for b in error.validator_value if b.get("type") in _TYPES]
    expected = f"expected {' or '.join(types)}" if types else "not valid in ODCS"
    source.problem(path, f"{label}: {expected}, found {as_found(error.instance)}")


def _label(path: Path) -> str:
    """The last key of a path with its list positions: `quality[0]`, `minimum`."""
    label = ""
    for part in reversed(path):
        label = f"[{part}]{label}" if isinstance(part, int) else f"{part}{label}"
        if isinstance(part, str):
            return label
    return "the contract"


def _validate_model(data: Any, source: Source) -> None:
    from open_data_contract_standard.model import OpenDataContractStandard
    from pydantic import ValidationError

    try:
        OpenDataContractStandard.model_validate(data)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_context=False, include_input=False):
            path: Path = tuple(one["loc"])
            source.problem(path, f"{_label(path)}: {one['msg'][:1].lower()}{one['msg'][1:]}")
