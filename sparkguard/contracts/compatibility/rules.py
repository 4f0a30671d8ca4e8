"""The rules of a table by an identity that survives a change of their bounds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sparkguard.contracts.compatibility.facts import nothing_of
from sparkguard.contracts.compatibility.grades import Change, Path
from sparkguard.contracts.compatibility.shape import Bound, Rule, lower_end, upper_end
from sparkguard.contracts.model import TableContract
from sparkguard.contracts.spec import CheckSpec
from sparkguard.kinds import fingerprint
from sparkguard.thresholds import Operator, Threshold, exact
from sparkguard.verdicts import Severity

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


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
    """The rule of the new contract whose addition or tightening `change` reports, if it is one.

    Rows that obey any other rule of the same column or table prove nothing about the change.
    """
    if not change.path:
        wanted = _identifying(change, table)
        return next((spec for spec in table.rules if wanted and _is_key(spec, wanted)), None)
    for spec, identity in _identified(table):
        path, tightened = (
            (identity, "value_removed")
            if isinstance(identity, tuple)
            else ((identity,), "rule_changed")
        )
        if not spec.skip and change.path == path and change.rule in ("rule_added", tightened):
            return spec
    return None


def _identifying(change: Change, table: TableContract) -> tuple[str, ...]:
    """The columns whose uniqueness a change of the key or of the grain asks for."""
    for what, columns in (("key", table.primary_key), ("grain", table.grain)):
        added = change.rule == "rule_added" and change.old == nothing_of(what)
        if added or change.rule == f"{what}_column_removed":
            return columns
    return ()


def _is_key(spec: CheckSpec, columns: tuple[str, ...]) -> bool:
    """True for the rule that finds repeated and missing values of exactly these columns."""
    return (
        (spec.kind, spec.skip) == ("uniqueness", "")
        and set(spec.options) == {"columns", "key_nulls"}
        and spec.options["key_nulls"] == "violation"
        and set(_columns(spec)) == {(column,) for column in columns}
    )


def _identified(table: TableContract) -> Iterator[tuple[CheckSpec, str | Path]]:
    """Rules by an identity that survives a change of bounds: a column's path for a closed set.

    A set of a column that is not declared by itself, as a field that only `physicalType` names,
    is a rule like any other.
    """
    without_set = {c.path for c in table.walk()}
    required = {c.path for c in table.walk() if c.required}
    key = frozenset(table.primary_key)
    seen: Counter[str] = Counter()
    for spec in table.rules:
        columns = _columns(spec)
        if spec.kind == "schema" or _stated_otherwise(spec, columns, required, key):
            continue
        if spec.skip:
            yield spec, f"rule {spec.id}"
            continue
        if _closed_set(spec) is not None and columns and columns[0] in without_set:
            without_set.remove(columns[0])
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
    return spec.kind == "uniqueness" and bool(key) and set(columns) == {(name,) for name in key}


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
    lows: list[Bound | None] = []
    highs: list[Bound | None] = []
    for ends, name, strict in (
        (lows, "min", False), (lows, "exclusive_min", True), (highs, "max", False),
        (highs, "exclusive_max", True), (highs, "allowed", False), (highs, "seconds", False),
    ):  # fmt: skip
        number = _number(rest.get(name))
        if number is not None:
            ends.append(Bound(number, strict))
            del rest[name]
    interval = _interval(rest.get("threshold"))
    if interval is not None:
        lows.append(interval[0])
        highs.append(interval[1])
        rest["threshold"] = rest["threshold"].unit
    return Rule(
        what,
        max(lows, key=lower_end, default=None),
        min(highs, key=upper_end, default=None),
        fingerprint(rest),
        spec.severity is Severity.ERROR,
    )


def _number(value: Any) -> Fraction | None:
    """A bound as an exact number; dates and times as seconds since 1970."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        utc = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
        return Fraction((utc - _EPOCH) // timedelta(microseconds=1), 1_000_000)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, Fraction)):
        return None
    return exact(value) if math.isfinite(value) else None


def _interval(threshold: Any) -> tuple[Bound | None, Bound | None] | None:
    """What a threshold accepts, as an interval; None when that is not one."""
    if not isinstance(threshold, Threshold):
        return None
    first, last = (exact(threshold.limits[at]) for at in (0, -1))
    match threshold.operator:
        case Operator.BE:
            return Bound(first), Bound(first)
        case Operator.GREATER:
            return Bound(first, strict=True), None
        case Operator.AT_LEAST:
            return Bound(first), None
        case Operator.LESS:
            return None, Bound(first, strict=True)
        case Operator.AT_MOST:
            return None, Bound(first)
        case Operator.BETWEEN:
            return Bound(first, strict=True), Bound(last, strict=True)
    return None


def said(spec: CheckSpec) -> str:
    """A rule as text that differs wherever its options or its severity do."""
    told = fingerprint((spec.options, spec.severity))[:16]
    return f"{spec.kind} {told} {spec.description}".strip()
