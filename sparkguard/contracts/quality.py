"""Reads ODCS `quality` items: library metrics, one-value SQL, SparkGuard's own checks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sparkguard.columns import Column
from sparkguard.contracts.rules import java_pattern, option_path
from sparkguard.contracts.source import RuleIds, Source, frozen
from sparkguard.contracts.spec import CheckSpec
from sparkguard.contracts.yaml import Path
from sparkguard.datatypes import Struct
from sparkguard.errors import ConfigurationError, as_found, did_you_mean, listed
from sparkguard.thresholds import Operator, Threshold
from sparkguard.verdicts import Severity

ENGINE = "sparkguard"
_SEVERITIES = {
    "error": Severity.ERROR,
    "warn": Severity.WARN,
    "warning": Severity.WARN,
    "info": Severity.INFO,
}
_METRICS = {
    "nullValues": "null_values",
    "missingValues": "missing_values",
    "invalidValues": "invalid_values",
    "duplicateValues": "duplicate_values",
    "rowCount": "row_count",
}
_PLACEHOLDER = re.compile(r"\$?\{(\w+)\}")
_OF_A_KEY = frozenset(("uniqueness", "duplicate_values"))  # their columns together are one subject
_OF_A_METRIC = ("metric", "arguments", "rule")
_TABLE_WORDS = frozenset(("table", "object", "model"))
_COLUMN_WORDS = frozenset(("column", "property", "field"))


@dataclass
class Quality:
    """Makes the quality rules of one table; `columns` maps contract names to columns."""

    table: str
    columns: Mapping[str, Column]
    tables: Mapping[str, Struct | None]
    source: Source
    ids: RuleIds

    def spec(self, item: Mapping[str, Any], at: Path, column: Column | None) -> CheckSpec | None:
        """One rule, or None when a problem was found instead."""
        before = len(self.source.problems)
        type_ = item.get("type", "library")
        for key in _not_taken(item, type_):
            self.source.problem((*at, key), f"a rule of type {type_} does not take {str(key)!r}")
        match type_:
            case "library":
                made = self._library(item, at, column)
            case "sql":
                made = self._sql(item, at, column)
            case "custom":
                made = self._custom(item, at, column)
            case _:
                made = ("text", {}, {}, "type text is for people; nothing evaluates it")
        severity = self._severity(item, at)
        if made is None or len(self.source.problems) > before:
            return None
        kind, options, marks, skip = made
        given = item.get("id")
        parts = (given,) if given else (kind, _subject(kind, options, column))
        places = {option: self.source.where(path) for option, path in marks.items()}
        return CheckSpec(
            id=self.ids.take(self.table, *parts, suffix=item.get("name", "")),
            kind=kind,
            options=frozen(options),
            severity=severity,
            where=self.source.where(at),
            name=item.get("name", ""),
            description=item.get("description", ""),
            skip=skip,
            marks=frozen(places),
        )

    def _severity(self, item: Mapping[str, Any], at: Path) -> Severity:
        text = item.get("severity", "error")
        severity = _SEVERITIES.get(text.lower())
        if severity is None:
            self.source.problem(
                (*at, "severity"),
                f"severity: found {as_found(text)}, allowed: {listed(_SEVERITIES)}."
                f"{did_you_mean(text, _SEVERITIES)}",
            )
        return severity or Severity.ERROR

    def _threshold(self, item: Mapping[str, Any], at: Path) -> Threshold | None:
        operator = next((o for o in Operator if o.value in item), None)
        if operator is None:
            allowed = listed(o.value for o in Operator)
            self.source.problem(at, f"the rule takes exactly one of {allowed}; found none")
            return None
        value = item[operator.value]
        limits = tuple(value) if isinstance(value, list) else (value,)
        unit = item.get("unit", "rows")
        try:
            return Threshold(operator, limits, unit)
        except ValueError as error:
            place = (*at, "unit") if str(error).startswith("unit") else (*at, operator.value)
            self.source.problem(place, str(error))
            return None

    def _library(self, item: Mapping[str, Any], at: Path, column: Column | None) -> Any:
        metric = item.get("metric")
        if metric is None:
            self.source.problem(
                at, f"a rule of type library needs metric: one of {listed(_METRICS)}"
            )
            return None
        threshold = self._threshold(item, at)
        arguments = item.get("arguments") or {}
        arguments_at = (*at, "arguments")
        if metric == "rowCount":
            if column is not None:
                self.source.problem(at, "rowCount counts a table's rows; write it at the table")
            if threshold is not None and threshold.unit != "rows":
                self.source.problem((*at, "unit"), "rowCount is counted in rows")
            self.source.unknown_keys(arguments, arguments_at, ())
            return "row_count", {"threshold": threshold}, {}, ""
        if metric == "duplicateValues":
            options = self._duplicates(arguments, arguments_at, column)
        elif column is None:
            self.source.problem(at, f"{metric} looks at one column; write it at the property")
            return None
        else:
            options = self._values(metric, arguments, arguments_at)
            options["column"] = option_path(column.path)
        return _METRICS[metric], {**options, "threshold": threshold}, {}, ""

    def _duplicates(
        self, arguments: Mapping[str, Any], at: Path, column: Column | None
    ) -> dict[str, Any]:
        if column is not None:
            self.source.unknown_keys(arguments, at, ())
            return {"columns": [option_path(column.path)]}
        self.source.unknown_keys(arguments, at, ("properties",))
        names = arguments.get("properties")
        if not isinstance(names, list) or not names:
            self.source.problem(
                at, "duplicateValues at a table needs arguments.properties, a list of properties"
            )
            return {}
        columns = []
        for i, name in enumerate(names):
            known = self.columns.get(name) if isinstance(name, str) else None
            if known is None:
                near = did_you_mean(str(name), self.columns)
                self.source.problem(
                    (*at, "properties", i), f"{self.table} has no property {name!r}.{near}"
                )
            else:
                columns.append(option_path(known.path))
        return {"columns": columns}

    def _values(self, metric: str, arguments: Mapping[str, Any], at: Path) -> dict[str, Any]:
        lists = {
            "missingValues": ("missingValues", "missing"),
            "invalidValues": ("validValues", "valid"),
        }
        if metric not in lists:
            self.source.unknown_keys(arguments, at, ())
            return {}
        argument, option = lists[metric]
        patterned = metric == "invalidValues"
        self.source.unknown_keys(arguments, at, (argument, "pattern") if patterned else (argument,))
        options: dict[str, Any] = {}
        if argument in arguments:
            values = arguments[argument]
            if not isinstance(values, list) or not values:
                self.source.problem(
                    (*at, argument),
                    f"{argument}: expected a list of values, found {as_found(values)}",
                )
            elif any(isinstance(value, (list, dict)) for value in values):
                self.source.problem((*at, argument), f"{argument}: a list of single values")
            options[option] = values
        if patterned and "pattern" in arguments:
            place = (*at, "pattern")
            options["pattern"] = java_pattern(arguments["pattern"], place, self.source)
        if not options:
            wanted = "validValues or pattern" if patterned else argument
            self.source.problem(at, f"{metric} needs arguments: {wanted}")
        return options

    def _sql(self, item: Mapping[str, Any], at: Path, column: Column | None) -> Any:
        from sparkguard.expressions import one_value_query

        threshold = self._threshold(item, at)
        place = (*at, "query")
        if "unit" in item:
            self.source.problem((*at, "unit"), "a query's value has no unit")
        text = self._filled(item["query"], place, column)
        if text is None:
            return None
        try:
            query = one_value_query(text, self.tables, self.source.where(place))
        except ConfigurationError as error:
            self.source.problems.extend(error.problems)
            return None
        return "sql_expression", {"query": query, "threshold": threshold}, {"query": place}, ""

    def _filled(self, text: str, at: Path, column: Column | None) -> str | None:
        """The query with its placeholders as quoted names; it is parsed only after that."""
        unknown: list[str] = []

        def name(match: re.Match[str]) -> str:
            word = match.group(1)
            if word in _TABLE_WORDS:
                return _quoted(self.table)
            if word in _COLUMN_WORDS and column is not None:
                return ".".join(map(_quoted, column.path))
            unknown.append(word)
            return ""

        filled = _PLACEHOLDER.sub(name, text)
        if unknown:
            allowed = sorted(_TABLE_WORDS | (_COLUMN_WORDS if column is not None else frozenset()))
            self.source.problem(
                at,
                f"unknown placeholder {unknown[0]!r}; a query here takes {listed(allowed)}."
                f"{did_you_mean(unknown[0], allowed)}",
            )
            return None
        return filled

    def _custom(self, item: Mapping[str, Any], at: Path, column: Column | None) -> Any:
        engine = item["engine"]
        if engine.lower() != ENGINE:
            reason = f"engine {engine[:60]!r} is not SparkGuard; its rules are evaluated elsewhere"
            # Not read here, but kept: a change of what the other engine is to do shows in them.
            told = {"engine": engine, "implementation": item["implementation"]}
            return "custom", told, {}, reason
        implementation, place = item["implementation"], (*at, "implementation")
        if not isinstance(implementation, dict):
            self.source.problem(place, "implementation: expected a mapping with check and options")
            return None
        kind = implementation.get("check")
        if not isinstance(kind, str) or not kind:
            self.source.problem(
                (*place, "check"), f"check: expected the kind of a check, found {as_found(kind)}"
            )
            return None
        options = {key: value for key, value in implementation.items() if key != "check"}
        if column is not None:
            options.setdefault("column", option_path(column.path))
        if "pattern" in options:
            options["pattern"] = java_pattern(options["pattern"], (*place, "pattern"), self.source)
        return kind, options, {option: (*place, option) for option in implementation}, ""


def _not_taken(item: Mapping[str, Any], type_: str) -> Iterator[str]:
    """Keys that the standard lets stand in a rule beside a metric, and this type has no use for."""
    others = type_ == "custom" and item["engine"].lower() != ENGINE
    if type_ == "library" or others:
        return
    keys = _OF_A_METRIC if type_ == "sql" else (*_OF_A_METRIC, *Operator, "unit")
    yield from (key for key in keys if key in item)


def _subject(kind: str, options: Mapping[str, Any], column: Column | None) -> str:
    """The column or the key that a rule is about, "" where it is about a table."""
    if column is not None:
        return ".".join(column.path)
    given = options.get("columns") if kind in _OF_A_KEY else [options.get("column")]
    return "+".join(filter(None, map(_dotted, given))) if isinstance(given, list) else ""


def _dotted(path: Any) -> str:
    """A column as an option names it, as one text; "" for what names none."""
    if isinstance(path, (list, tuple)):
        return ".".join(map(str, path))
    return path if isinstance(path, str) else ""


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
