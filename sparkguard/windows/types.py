"""What the types of a feature and of its source columns allow."""

from __future__ import annotations

from collections.abc import Iterator

from sparkguard.datatypes import Decimal, Struct, is_float, is_integer, is_numeric
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import WindowSpec, lacks_decimals
from sparkguard.windows.values import Output

_LOCAL = ("timestamp_ntz", "date")
_TIMES = ("timestamp", *_LOCAL)


def stored_as(feature: Feature, table: Struct, events: Struct) -> Output:
    """How the feature's column holds what is made of the source column."""
    held = table.at(feature.output)
    scale = held.type.scale if held is not None and isinstance(held.type, Decimal) else 0
    floats = held is not None and is_float(held.type)
    return Output(floats, scale, _unit(feature, events), feature.tolerance)


def _unit(feature: Feature, events: Struct) -> int:
    """How many units of the last place of the source column make 1."""
    field = events.get(feature.aggregate.column or "")
    if field is None or not feature.adds:
        return 1
    if isinstance(field.type, Decimal):
        return int(10**field.type.scale)
    return 1 if is_integer(field.type) else int(10 ** (feature.aggregate.decimals or 0))


def zone_of(schema: Struct, column: str, timezone: str) -> str | None:
    """`timezone` where the column holds local times or dates, None where it holds instants."""
    field = schema.get(column)
    return timezone if field is not None and str(field.type) in _LOCAL else None


def misfits(spec: WindowSpec, feature: Feature, table: Struct, events: Struct) -> tuple[str, ...]:
    """Why columns can't hold what is declared, one sentence each; columns that are missing are
    not looked at."""
    return (*_times(spec, table, events), *_values(feature, table, events))


def _times(spec: WindowSpec, table: Struct, events: Struct) -> Iterator[str]:
    named = (
        (table, spec.query_time),
        (events, spec.event_time),
        (events, spec.arrival_time or ""),
    )
    for schema, name in named:
        field = schema.get(name)
        if field is not None and str(field.type) not in _TIMES:
            yield f"{name} is of type {field.type}, not a time"


def _values(feature: Feature, table: Struct, events: Struct) -> Iterator[str]:
    aggregate, held = feature.aggregate, table.at(feature.output)
    value = events.get(aggregate.column or "")
    if value is not None and feature.adds and not is_numeric(value.type):
        yield f"{value.name} is of type {value.type}, not a number"
    elif value is not None and lacks_decimals(aggregate, is_float(value.type)):
        yield (
            f"{value.name} is of type {value.type}: aggregate.decimals must say how many places "
            "after the point its values have"
        )
    counts = feature.adds or aggregate.function in ("count", "count_distinct")
    if held is not None and counts and not is_numeric(held.type):
        yield f"{feature.name} is of type {held.type}, not a number"
