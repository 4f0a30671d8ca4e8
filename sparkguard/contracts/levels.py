"""Reads ODCS service levels: freshness and latency become rules, the others are listed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sparkguard.columns import Column
from sparkguard.contracts.model import TableContract
from sparkguard.contracts.rules import option_path
from sparkguard.contracts.source import RuleIds, Source, frozen
from sparkguard.contracts.spec import CheckSpec
from sparkguard.contracts.yaml import Path
from sparkguard.errors import as_found, did_you_mean, listed
from sparkguard.verdicts import Severity

_EVALUATED = {"latency": "latency", "ly": "latency", "freshness": "freshness", "fr": "freshness"}
_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
    **dict.fromkeys(("y", "yr", "year", "years"), 365 * 86_400),
}


def read_levels(
    data: Mapping[str, Any], tables: tuple[TableContract, ...], source: Source, ids: RuleIds
) -> tuple[dict[str, list[CheckSpec]], tuple[CheckSpec, ...]]:
    """Freshness rules by table, and the service levels that are only listed."""
    rules: dict[str, list[CheckSpec]] = {}
    only_listed: list[CheckSpec] = []
    for i, item in enumerate(data.get("slaProperties") or ()):
        at = ("slaProperties", i)
        name = _EVALUATED.get(item["property"].lower())
        if name is None:
            only_listed.append(_listed(item, at, source, ids, data["id"]))
            continue
        seconds = _seconds(item, at, source)
        elements = str(item.get("element") or data.get("slaDefaultElement") or "")
        if not elements.strip():
            source.problem(at, f"{name} needs element: table.column")
            continue
        for element in elements.split(","):
            target = _element(element.strip(), (*at, "element"), tables, source)
            if target is None or seconds is None:
                continue
            table, column = target
            options = {"element": option_path(column.path), "seconds": seconds}
            given = item.get("id")
            rules.setdefault(table.name, []).append(
                CheckSpec(
                    id=ids.take(table.name, given or "freshness", "" if given else str(column)),
                    kind="freshness",
                    options=frozen(options),
                    severity=Severity.ERROR,
                    where=source.where(at),
                    description=item.get("description", ""),
                    marks=frozen({"element": source.where((*at, "element"))}),
                )
            )
    return rules, tuple(only_listed)


def _listed(
    item: Mapping[str, Any], at: Path, source: Source, ids: RuleIds, contract: str
) -> CheckSpec:
    name = item["property"]
    return CheckSpec(
        id=ids.take(contract, "service_level", item.get("id") or name),
        kind="service_level",
        options=frozen({"property": name, "value": item["value"], "unit": item.get("unit")}),
        severity=Severity.INFO,
        where=source.where(at),
        description=item.get("description", ""),
        skip=f"service level {name[:60]!r} can't be read off a table",
    )


def _seconds(item: Mapping[str, Any], at: Path, source: Source) -> int | None:
    value, unit = item["value"], str(item.get("unit", "")).lower()
    if unit not in _SECONDS:
        source.problem(
            (*at, "unit"),
            f"unit: found {as_found(item.get('unit'))}, allowed: "
            f"{listed(('seconds', 'minutes', 'hours', 'days', 'weeks', 'years'))}."
            f"{did_you_mean(unit, _SECONDS)}",
        )
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)) or not value > 0:
        source.problem((*at, "value"), f"value: expected a number above 0, found {as_found(value)}")
        return None
    seconds = Decimal(repr(value) if isinstance(value, float) else value) * _SECONDS[unit]
    if not seconds.is_finite() or seconds != seconds.to_integral_value():
        source.problem((*at, "value"), "value: expected whole seconds")
        return None
    return int(seconds)


def _element(
    text: str, at: Path, tables: tuple[TableContract, ...], source: Source
) -> tuple[TableContract, Column] | None:
    table_name, dot, names = text.partition(".")
    if not dot:
        table_name, names = (tables[0].name if len(tables) == 1 else ""), text
    table = next((t for t in tables if t.name == table_name), None)
    if table is None:
        known = [t.name for t in tables]
        near = did_you_mean(table_name, known)
        source.problem(at, f"element: expected table.column with a table of {listed(known)}.{near}")
        return None
    columns, column = table.columns, None
    for name in names.split("."):
        column = next((c for c in columns if c.contract_name == name), None)
        if column is None:
            near = did_you_mean(name, (c.contract_name for c in columns))
            source.problem(at, f"element: {table.name} has no property {name!r}.{near}")
            return None
        columns = column.fields
    if column is None or column.logical not in ("date", "timestamp", None):
        logical = column.logical if column else None
        source.problem(at, f"element: expected a date or timestamp, found logicalType {logical!r}")
        return None
    return table, column
