"""Functions of arrays and maps: what they compare with, and the family of what they give."""

from __future__ import annotations

from typing import Any

from sparkguard import sql
from sparkguard.expressions import families, times
from sparkguard.expressions.functions import (
    ELEMENTS,
    INTEGER,
    NUMBER,
    OF_CONTAINERS,
    TEXT,
    TIMES,
    TIMESTAMP,
)
from sparkguard.expressions.nodes import Refused, Typed, as_int, common

_COMPARING = frozenset(("array_contains", "map_contains_key", "element_at", "try_element_at"))


def arguments(function: str, nodes: list[Any], values: tuple[Typed, ...]) -> tuple[Typed, ...]:
    """The arguments of a function, of which some may be arrays or maps.

    What is looked for becomes what they hold. Raises Refused where Spark would bring the two to
    one type as the session says, or write timestamps in its zone.
    """
    held = [family for _, family in values]
    if any(map(families.holds_timestamps, held)) and (
        function not in OF_CONTAINERS or not families.is_container(held[0])
    ):
        raise Refused(f"{function} takes no timestamps inside a value; use element_at")
    if function in _COMPARING and families.is_container(held[0]):
        return values[0], _sought(function, held[0], nodes[1], values[1])
    return values


def _sought(function: str, around: str | None, node: Any, value: Typed) -> Typed:
    is_map = around is not None and around.startswith("map")
    if function == "array_contains":
        wanted = families.inside(around)
    elif is_map:
        wanted = families.keys_of(around)
    else:
        value = as_int(value)
        wanted = INTEGER
    if wanted in TIMES:
        value = times.brought_to(wanted, node, value)
    if wanted == TIMESTAMP and value[1] != TIMESTAMP:
        raise Refused(f"{function} of timestamps takes a timestamp; use cast(... as ...)")
    if reason := families.refused_together({wanted, value[1]}):
        raise Refused(reason)
    return value


def given(function: str, values: tuple[Typed, ...], otherwise: str | None) -> str | None:
    """The family of what a function gives; `otherwise` where it depends on no argument."""
    first = values[0][1]
    if function in ELEMENTS:
        return families.inside(first)
    if function == "concat":
        return joined(values)
    if function in ("array_distinct", "reverse"):
        return first if first is None or families.is_container(first) else TEXT
    if function in ("map_keys", "map_values") and families.is_container(first):
        held = families.keys_of if function == "map_keys" else families.inside
        return families.array_of(held(first))
    return otherwise


def written(values: tuple[Typed, ...]) -> tuple[Typed, ...]:
    """Values that become text, of which Spark alone would write decimals as ANSI mode says."""
    return tuple(
        (sql.as_text(value), TEXT) if family == NUMBER else (value, family)
        for value, family in values
    )


def joined(values: tuple[Typed, ...]) -> str | None:
    """The family of values that stand side by side: arrays, or else text."""
    found = {family for _, family in values}
    if any(map(families.is_container, found)):
        return common(values)
    return None if found == {None} else TEXT
