"""Families of values. Those of arrays and maps name what is held: `array<text>`."""

from __future__ import annotations

import re

from sparkguard.expressions.functions import INTEGER, NUMBER, TIMES, TIMESTAMP

_KINDS = {INTEGER: NUMBER, **dict.fromkeys(TIMES, "time")}


def array_of(element: str | None) -> str:
    return f"array<{element or ''}>"


def map_of(key: str | None, value: str | None) -> str:
    return f"map<{key or ''},{value or ''}>"


def is_container(family: str | None) -> bool:
    return family is not None and family.startswith(("array<", "map<"))


def inside(family: str | None) -> str | None:
    """The family of an array's elements or a map's values; None where it isn't known."""
    if family is None or not is_container(family):
        return None
    held = family[family.index("<") + 1 : -1]
    # Keys are no maps, so they have no comma.
    return (held.partition(",")[2] if family.startswith("map") else held) or None


def keys_of(family: str | None) -> str | None:
    """The family of a map's keys; None where it isn't known."""
    if family is None or not family.startswith("map<"):
        return None
    return family.removeprefix("map<").partition(",")[0] or None


def holds_timestamps(family: str | None) -> bool:
    """True for an array or map in which there are timestamps."""
    return is_container(family) and re.search(rf"\b{TIMESTAMP}\b", family or "") is not None


def kind_of(family: str) -> str:
    """What Spark brings to one type whatever the session: numbers of any sort, and times."""
    if is_container(family):
        return re.sub(rf"\b{INTEGER}\b", NUMBER, family)
    return _KINDS.get(family, family)


def refused_together(found: set[str | None]) -> str:
    """Why values of these families can't be compared, "" where they can."""
    kinds = {kind_of(family) for family in found if family is not None}
    if len(kinds) < 2:
        return ""
    return f"{' and '.join(sorted(kinds))} are compared or mixed; use cast(... as ...)"
