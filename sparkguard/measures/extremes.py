"""The least and the greatest value, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, OfColumn, from_json, to_json
from sparkguard.measures.families import Family, Input, comparable, ordinal
from sparkguard.measures.texts import text_of
from sparkguard.sql import Sql

LONGEST = 256
"""Characters that are kept of a text's extreme."""

Value = int | float | Decimal | str | bytes


@dataclass(frozen=True)
class ExtremesState:
    """Values in Python's type; dates as days, timestamps as microseconds since 1970."""

    least: Value | None = None
    greatest: Value | None = None

    def merge(self, other: ExtremesState, /) -> ExtremesState:
        least: list[Any] = [v for v in (self.least, other.least) if v is not None]
        greatest: list[Any] = [v for v in (self.greatest, other.greatest) if v is not None]
        return ExtremesState(min(least, default=None), max(greatest, default=None))


@dataclass(frozen=True)
class Extremes(OfColumn, Measure[ExtremesState], kind="extremes"):
    """Minimum and maximum of all values but NULL and NaN; infinities are values.

    Text is compared by code points and the first 256 characters are kept.
    """

    family: Family

    def inputs(self) -> tuple[Input, ...]:
        return (comparable(self.column),) if self.family is Family.FLOAT else ()

    def aggregates(self) -> tuple[Sql, ...]:
        names = [sql.name(name) for name, _ in self.inputs()]
        value = names[0] if names else sql.path(self.column)
        found = [sql.call(function, value) for function in ("min", "max")]
        if self.family.is_time:
            return tuple(ordinal(each, self.family) for each in found)
        if self.family is Family.STRING:
            return tuple(sql.call("left", each, sql.literal(LONGEST)) for each in found)
        return tuple(found)

    def state(self, cells: Sequence[Any], /) -> ExtremesState:
        least, greatest = cells
        if self.family is Family.FLOAT and least is not None:
            return ExtremesState(least + 0.0, greatest + 0.0)
        return ExtremesState(least, greatest)

    def texts(self, state: ExtremesState, /) -> tuple[str | None, str | None]:
        """Both ends as canonical text."""
        least, greatest = (
            None if value is None else text_of(value, self.family)
            for value in (state.least, state.greatest)
        )
        return least, greatest

    def metrics(self, state: ExtremesState, /) -> Metrics:
        if not (self.family.is_number or self.family.is_time):
            return {}
        unit = 1_000_000 if self.family in (Family.TIMESTAMP, Family.TIMESTAMP_NTZ) else 1

        def double(value: Any) -> float | int | None:
            if isinstance(value, Decimal):
                return float(value)
            return value if value is None or unit == 1 else float(value / unit)

        return {"min": double(state.least), "max": double(state.greatest)}

    def payload(self, state: ExtremesState, /) -> bytes:
        return to_json([self._encoded(state.least), self._encoded(state.greatest)])

    def restore(self, payload: bytes, version: int, /) -> ExtremesState:
        return ExtremesState(*(self._decoded(text) for text in from_json(payload)))

    def _encoded(self, value: Any) -> str | None:
        if value is None:
            return None
        return value.hex() if isinstance(value, (float, bytes)) else str(value)

    def _decoded(self, text: str | None) -> Value | None:
        if text is None:
            return None
        match self.family:
            case Family.FLOAT:
                return float.fromhex(text)
            case Family.DECIMAL:
                return Decimal(text)
            case Family.STRING:
                return text
            case Family.BINARY:
                return bytes.fromhex(text)
            case Family.BOOLEAN:
                return text == "True"
        return int(text)
