"""Turns what a contract declares about its columns into rules, without writing them twice."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sparkguard.columns import Column, ColumnPath
from sparkguard.contracts.formats import FORMATS
from sparkguard.contracts.properties import Declared
from sparkguard.contracts.source import RuleIds, Source, frozen
from sparkguard.contracts.spec import CheckSpec
from sparkguard.contracts.yaml import Path
from sparkguard.datatypes import INTEGERS
from sparkguard.errors import as_found
from sparkguard.sql.limits import comparable
from sparkguard.sql.patterns import to_java
from sparkguard.verdicts import Severity

_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_RANGE = {
    "minimum": "min",
    "maximum": "max",
    "exclusiveMinimum": "exclusive_min",
    "exclusiveMaximum": "exclusive_max",
    "multipleOf": "multiple_of",
}
_COUNTS = {
    "minLength": ("length", "min"),
    "maxLength": ("length", "max"),
    "minItems": ("size", "min"),
    "maxItems": ("size", "max"),
    "minProperties": ("size", "min"),
    "maxProperties": ("size", "max"),
}


def option_path(path: ColumnPath) -> str | tuple[str, ...]:
    """A column as checks take it: text at the top level, names otherwise."""
    return path[0] if len(path) == 1 else path


@dataclass
class Rules:
    """Makes the rules of one table."""

    table: str
    source: Source
    ids: RuleIds

    def spec(
        self,
        kind: str,
        column: ColumnPath,
        options: Mapping[str, Any],
        at: Path,
        marks: Mapping[str, Path] | None = None,
        *,
        label: str = "",
        skip: str = "",
    ) -> CheckSpec:
        """A rule with severity error, as every declared property of a column is one."""
        places = {option: self.source.where(path) for option, path in (marks or {}).items()}
        return CheckSpec(
            id=self.ids.take(self.table, kind, ".".join(column), label),
            kind=kind,
            options=frozen(options),
            severity=Severity.ERROR,
            where=self.source.where(at),
            skip=skip,
            marks=frozen(places),
        )

    def of_column(self, declared: Declared, key: tuple[str, ...]) -> Iterator[CheckSpec]:
        """The rules that one column, field or element declares by itself."""
        column, at = declared.column, declared.at
        path = option_path(column.path)
        if column.required:
            yield self.spec("completeness", column.path, {"column": path}, (*at, "required"))
        if column.unique and key != column.path:
            options = {"columns": [path], "key_nulls": "ignore"}
            yield self.spec("uniqueness", column.path, options, (*at, "unique"))
        options_at = (*at, "logicalTypeOptions")
        yield from self._range(column, options_at)
        yield from self._counts(column, options_at)
        yield from self._texts(column, options_at)
        yield from self._fields(declared, options_at)

    def _range(self, column: Column, at: Path) -> Iterator[CheckSpec]:
        options: dict[str, Any] = {}
        marks: dict[str, Path] = {}
        for name, option in _RANGE.items():
            if name not in column.options:
                continue
            limit = self._limit(column, column.options[name], (*at, name))
            if limit is not None:
                options[option], marks[option] = limit, (*at, name)
        if options:
            self._ordered(options, column, at)
            with_column = {"column": option_path(column.path), **options}
            yield self.spec("range", column.path, with_column, at, marks)
        integers = column.options.get("format") if column.logical == "integer" else None
        if integers is not None and not _implied(column, integers):
            bits, unsigned = int(integers[1:]), integers[0] == "u"
            low = 0 if unsigned else -(2 ** (bits - 1))
            high = 2 ** (bits if unsigned else bits - 1) - 1
            bounds = {"column": option_path(column.path), "min": low, "max": high}
            yield self.spec("range", column.path, bounds, (*at, "format"), label=integers)

    def _limit(self, column: Column, value: Any, at: Path) -> Any:
        if column.logical in ("integer", "number"):
            if isinstance(value, Decimal):
                self.source.problem(at, f"{at[-1]}: a limit has at most 17 significant digits")
                return None
            if not math.isfinite(value):
                self.source.problem(at, f"{at[-1]}: expected a finite number, {as_found(value)}")
                return None
            return value
        wanted = "date" if column.logical == "date" else "timestamp"
        if column.logical == "time":
            return value
        try:
            return _moment(column, str(value))
        except ValueError as error:
            reason = str(error) if "zone" in str(error) else f"found {as_found(value)}"
            self.source.problem(at, f"{at[-1]}: expected an ISO 8601 {wanted}, {reason}")
            return None

    def _ordered(self, options: Mapping[str, Any], column: Column, at: Path) -> None:
        for low in ("min", "exclusive_min"):
            for high in ("max", "exclusive_max"):
                if low not in options or high not in options:
                    continue
                strict = low != "min" or high != "max"
                lower, upper = comparable(options[low], options[high])
                if lower > upper or (strict and lower == upper):
                    self.source.problem(at, f"no value of {column} can lie between its limits")

    def _counts(self, column: Column, at: Path) -> Iterator[CheckSpec]:
        wanted: dict[str, dict[str, Any]] = {}
        for name, (kind, option) in _COUNTS.items():
            if name in column.options:
                wanted.setdefault(kind, {})[option] = column.options[name]
        for kind, limits in wanted.items():
            if limits.get("min", 0) > limits.get("max", math.inf):
                self.source.problem(at, f"no value of {column} can lie between its limits")
            options = {"column": option_path(column.path), **limits}
            yield self.spec(kind, column.path, options, at)
        if column.options.get("uniqueItems") is True:
            reason = "uniqueItems: no check looks for repeated elements within one array"
            place = (*at, "uniqueItems")
            options = {"column": option_path(column.path)}
            yield self.spec("unique_items", column.path, options, place, skip=reason)

    def _texts(self, column: Column, at: Path) -> Iterator[CheckSpec]:
        base = {"column": option_path(column.path)}
        pattern = column.options.get("pattern")
        if pattern is not None:
            place = (*at, "pattern")
            options = {**base, "pattern": java_pattern(pattern, place, self.source)}
            yield self.spec("pattern", column.path, options, place, {"pattern": place})
        text_format = column.options.get("format")
        if text_format is None or column.logical in ("integer", "number"):
            return
        place = (*at, "format")
        if column.logical == "string" and text_format in FORMATS:
            options = {**base, "pattern": to_java(FORMATS[text_format]), "format": text_format}
            yield self.spec("pattern", column.path, options, place, label=text_format)
            return
        reason = f"format {text_format!r} has no pattern here; give pattern as well"
        if column.logical != "string":
            reason = f"format {text_format!r} describes text; a {column.logical} column holds none"
        options = {**base, "format": text_format}
        yield self.spec("format", column.path, options, place, skip=reason)

    def _fields(self, declared: Declared, at: Path) -> Iterator[CheckSpec]:
        """`required` of an object: a list of fields, beside each field's own `required`."""
        column = declared.column
        names = column.options.get("required") if column.logical == "object" else None
        for i, name in enumerate(names or ()):
            field = next((f for f in column.fields if f.contract_name == name), None)
            if field is None:
                self.source.problem((*at, "required", i), f"{column} has no property {name!r}")
            elif not field.required:
                options = {"column": option_path(field.path)}
                yield self.spec("completeness", field.path, options, (*at, "required", i))


def java_pattern(pattern: Any, at: Path, source: Source) -> str:
    """The pattern as Java reads it; the pattern itself beside a problem when it can't be."""
    if not isinstance(pattern, str):
        source.problem(at, f"pattern: expected text, found {as_found(pattern)}")
        return ""
    try:
        return to_java(pattern)
    except ValueError as error:
        source.problem(at, str(error))
        return pattern


def _implied(column: Column, integers: str) -> bool:
    """True when the column's own type can hold nothing but such integers."""
    name = str(column.physical)
    return name in INTEGERS and integers[0] == "i" and _BITS[name] <= int(integers[1:])


def _moment(column: Column, text: str) -> str:
    """A date or time limit as ISO text; a timestamp without zone is in `defaultTimezone`."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if column.logical == "date":
        return date.fromisoformat(text).isoformat()
    moment = datetime.fromisoformat(text)
    if column.timezone is False:
        if moment.tzinfo is not None:
            raise ValueError("without a zone, as the column's times have none")
        return moment.isoformat()
    if moment.tzinfo is None:
        name = column.options.get("defaultTimezone", "Etc/UTC")
        try:
            moment = moment.replace(tzinfo=ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"and defaultTimezone is no time zone: {name[:60]!r}") from None
    return moment.isoformat()
