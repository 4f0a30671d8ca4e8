"""Registration by kind, and the text that identifies a frozen object between runs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, Generic, TypeVar

from sparkguard.sql import Sql

T = TypeVar("T")


class Registry(Generic[T]):
    """Classes of one family by their kind; a kind claimed twice is a TypeError naming both."""

    def __init__(self, family: str) -> None:
        self._family = family
        self._by_kind: dict[str, type[T]] = {}

    def add(self, kind: str, cls: type[T]) -> None:
        other = self._by_kind.get(kind)
        if other is not None and (other.__module__, other.__qualname__) != (
            cls.__module__,
            cls.__qualname__,
        ):
            raise TypeError(
                f"{self._family} {kind!r} is claimed by {other.__module__} and {cls.__module__}"
            )
        self._by_kind[kind] = cls

    def __getitem__(self, kind: str) -> type[T]:
        return self._by_kind[kind]

    def __contains__(self, kind: object) -> bool:
        return kind in self._by_kind

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(sorted(self._by_kind))


def canonical(value: Any) -> Any:
    """`value` as plain JSON data: frozen dataclasses with their kind, sets sorted, `Sql` as text.

    Equal objects give equal data in every process, whatever the hash seed.
    """
    match value:
        case None | bool() | int() | float() | str():
            return value.value if isinstance(value, Enum) else value
        case Sql():
            return {"sql": value.text}
        case Mapping():
            return {str(key): canonical(item) for key, item in sorted(value.items())}
        case tuple() | list():
            return [canonical(item) for item in value]
        case set() | frozenset():
            return sorted((canonical(item) for item in value), key=json.dumps)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            kind = getattr(value, "kind", None)
            fields = {
                f.name: canonical(getattr(value, f.name))
                for f in dataclasses.fields(value)
                if f.compare
            }
            return {"kind": kind, **fields} if isinstance(kind, str) else fields
    return str(value)


def canonical_text(value: Any) -> str:
    """The canonical form as JSON, with NaN and infinities as Python writes them."""
    return json.dumps(canonical(value), sort_keys=True, ensure_ascii=False)


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_text(value).encode("utf-8", "surrogatepass")).hexdigest()
