"""The rules of a table by an identity that survives a change of their bounds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from sparkguard.contracts.compatibility.grades import Change, Path
from sparkguard.contracts.compatibility.shape import Rule
from sparkguard.contracts.model import TableContract
from sparkguard.contracts.spec import CheckSpec
from sparkguard.kinds import fingerprint
from sparkguard.thresholds import Operator, Threshold
from sparkguard.verdicts import Severity


def sorted_rules(
    table: TableContract,
) -> tuple[dict[Path, frozenset[str]], dict[str, Rule], dict[str, str]]:
    """Closed sets by column, rules by identity, and rules that nothing evaluates."""
    sets: dict[Path, frozenset[str]] = {}
    rules: dict[str, Rule] = {}
    other: dict[str, str] = {}
    for spec, identity in _identified(table):
        if isinstance(identity, tuple):
            sets[identity] = _closed_set(spec) or frozenset()
        elif spec.skip:
            other[identity] = said(spec)
        else:
            rules[identity] = _rule(spec, identity)
    return sets, rules, other


def spec_behind(change: Change, table: TableContract) -> CheckSpec | None:
    """The rule of the new contract whose addition or tightening `change` reports, if it is one."""
    for spec, identity in _identified(table):
        if not spec.skip and (identity == change.path or (identity,) == change.path):
            return spec
    if not change.path and change.rule in ("rule_added", "key_column_removed"):
        key = frozenset(table.primary_key)
        return next(
            (s for s in table.rules if key and _stated_otherwise(s, _columns(s), set(), key)), None
        )
    return None


def _identified(table: TableContract) -> Iterator[tuple[CheckSpec, str | Path]]:
    """Rules by an identity that survives a change of bounds: a column's path for a closed set."""
    required = {c.path for c in table.walk() if c.required}
    key = frozenset(table.primary_key)
    sets: set[Path] = set()
    seen: Counter[str] = Counter()
    for spec in table.rules:
        columns = _columns(spec)
        if spec.kind == "schema" or _stated_otherwise(spec, columns, required, key):
            continue
        if spec.skip:
            yield spec, f"rule {spec.id}"
            continue
        if _closed_set(spec) is not None and columns and columns[0] not in sets:
            sets.add(columns[0])
            yield spec, columns[0]
            continue
        what = f"{spec.kind} of {', '.join(map('.'.join, columns)) or table.name}"
        if "to_table" in spec.options:
            what += f" to {spec.options['to_table']}"
        seen[what] += 1
        yield spec, what if seen[what] == 1 else f"{what} #{seen[what]}"


def _stated_otherwise(
    spec: CheckSpec, columns: tuple[Path, ...], required: set[Path], key: frozenset[str]
) -> bool:
    """True for rules that repeat `required` or `primaryKey`, which have rows of their own."""
    if spec.kind == "completeness":
        return set(spec.options) == {"column"} and columns[0] in required
    return spec.kind == "uniqueness" and bool(key) and {p[0] for p in columns} == key


def _columns(spec: CheckSpec) -> tuple[Path, ...]:
    found = spec.options.get("column", spec.options.get("columns", spec.options.get("element")))
    if found is None or spec.kind == "schema":
        return ()
    several = found if "columns" in spec.options and "column" not in spec.options else (found,)
    return tuple((one,) if isinstance(one, str) else tuple(one) for one in several)


def _closed_set(spec: CheckSpec) -> frozenset[str] | None:
    options = spec.options
    if spec.severity is not Severity.ERROR:
        return None
    if spec.kind == "set" and set(options) == {"column", "values"}:
        return frozenset(map(str, options["values"]))
    if spec.kind == "invalid_values" and set(options) == {"column", "valid", "threshold"}:
        limit = options["threshold"]
        if (limit.operator, limit.limits) in (
            (Operator.BE, (0,)), (Operator.AT_MOST, (0,)), (Operator.LESS, (1,)),
        ):  # fmt: skip
            return frozenset(map(str, options["valid"]))
    return None


def _rule(spec: CheckSpec, what: str) -> Rule:
    rest = dict(spec.options)
    low, high = -math.inf, math.inf
    for name, strict in (("min", False), ("exclusive_min", True)):
        bound = _number(rest.get(name))
        if bound is not None:
            low = max(low, math.nextafter(bound, math.inf) if strict else bound)
            del rest[name]
    for name, strict in (("max", False), ("exclusive_max", True), ("allowed", False)):
        bound = _number(rest.get(name))
        if bound is not None:
            high = min(high, math.nextafter(bound, -math.inf) if strict else bound)
            del rest[name]
    if (bound := _number(rest.get("seconds"))) is not None:
        high = min(high, bound)
        del rest["seconds"]
    interval = _interval(rest.get("threshold"))
    if interval is not None:
        low, high = max(low, interval[0]), min(high, interval[1])
        rest["threshold"] = rest["threshold"].unit
    return Rule(
        what,
        None if math.isinf(low) else low,
        None if math.isinf(high) else high,
        fingerprint(rest),
        spec.severity is Severity.ERROR,
    )


def _number(value: Any) -> float | None:
    """A bound as a number; dates and times as seconds since 1970."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return (
            moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
        ).timestamp()
    if value is None or isinstance(value, (bool, tuple, Mapping)):
        return None
    return float(value)


def _interval(threshold: Any) -> tuple[float, float] | None:
    """What a threshold accepts, as an interval; None when that is not one."""
    if not isinstance(threshold, Threshold):
        return None
    first = float(threshold.limits[0])
    match threshold.operator:
        case Operator.BE:
            return first, first
        case Operator.GREATER:
            return math.nextafter(first, math.inf), math.inf
        case Operator.AT_LEAST:
            return first, math.inf
        case Operator.LESS:
            return -math.inf, math.nextafter(first, -math.inf)
        case Operator.AT_MOST:
            return -math.inf, first
        case Operator.BETWEEN:
            last = float(threshold.limits[1])
            return math.nextafter(first, math.inf), math.nextafter(last, -math.inf)
    return None


def said(spec: CheckSpec) -> str:
    """A rule as text that differs wherever its options do."""
    return f"{spec.kind} {fingerprint(spec.options)[:16]} {spec.description}".strip()
