"""The Spark oracle against the obvious one, over every kind of window, aggregate and policy."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sparkguard.relations.recomputed_window import rows_compared
from sparkguard.relations.window_compare import status
from sparkguard.relations.window_events import TIME, entity
from sparkguard.relations.window_totals import POPULATION
from sparkguard.windows.clock import micros, moment
from sparkguard.windows.durations import HOUR, MINUTE
from sparkguard.windows.features import Feature
from sparkguard.windows.oracle import Event, expected, seen
from sparkguard.windows.spec import Aggregate, WindowSpec
from sparkguard.windows.statuses import Status
from sparkguard.windows.values import Tolerance, rounded
from tests.frames import Frames
from tests.relations.window_specs import SPECS

START = 1_646_956_800 * 1_000_000  # 2022-03-11 00:00 UTC, two days before clocks change there
LOOSE = Tolerance(relative=1e-12)
FEATURES = {
    "n": Feature(("n",), Aggregate("count", 0)),
    "values": Feature(("values",), Aggregate("count", None, "amount")),
    "total": Feature(("total",), Aggregate("sum", None, "amount")),
    "zero": Feature(("zero",), Aggregate("sum", 0, "amount")),
    "mean": Feature(("mean",), Aggregate("mean", None, "amount"), LOOSE),
    "rounded": Feature(("rounded",), Aggregate("mean", None, "amount")),
    "spread": Feature(("spread",), Aggregate("stddev", None, "amount", ddof=1), LOOSE),
    "low": Feature(("low",), Aggregate("min", None, "amount")),
    "high": Feature(("high",), Aggregate("max", None, "amount")),
    "kinds": Feature(("kinds",), Aggregate("count_distinct", 0, "amount")),
    "first": Feature(("first",), Aggregate("first", None, "amount", order=("id",))),
    "last": Feature(("last",), Aggregate("last", None, "amount", order=("id",))),
    "median": Feature(
        ("median",), Aggregate("quantile", None, "amount", q=0.5, method="linear"), LOOSE
    ),
    "third": Feature(("third",), Aggregate("quantile", None, "amount", q=0.3, method="lower")),
}
TYPES = {
    "n": "bigint", "values": "int", "total": "decimal(12,2)", "zero": "decimal(30,4)",
    "mean": "double", "rounded": "decimal(12,4)", "spread": "double", "low": "decimal(12,2)",
    "high": "decimal(12,2)", "kinds": "bigint", "first": "decimal(12,2)",
    "last": "decimal(12,2)", "median": "double", "third": "decimal(12,2)",
}  # fmt: skip
KEYS: tuple[str | None, ...] = ("a", "b", None)


def some_events(seed: int) -> dict[str | None, list[Event]]:
    """Events on and around the full half hour, with duplicates, late ones, ties and NULLs."""
    rng = random.Random(seed)
    found: dict[str | None, list[Event]] = {}
    for key in KEYS:
        events = []
        for n in range(60):
            at = START + rng.randrange(0, 4 * 48) * 30 * MINUTE + rng.choice((0, 0, 0, 1, -1))
            late = rng.choice((0, 0, 1, MINUTE, 2 * HOUR, 7 * HOUR, 30 * HOUR))
            amount = rng.choice((None, *range(-500, 90_000, 777)))
            name = f"{key}{rng.randrange(45)}" if rng.random() > 0.1 else None
            events.append(Event(at, amount, at + late, name, (n,)))
        found[key] = events
    return found


def some_times(seed: int) -> list[int]:
    rng = random.Random(-seed)
    return sorted(
        {
            START + rng.randrange(-10, 4 * 48) * 30 * MINUTE + rng.choice((0, 0, 1, -1))
            for _ in range(50)
        }
    )


def stored(feature: Feature, exact: Any) -> Any:
    """What a correct pipeline writes for an exact value in hundredths."""
    if exact is None or feature.aggregate.function in ("count", "count_distinct"):
        return exact
    kind = TYPES[feature.name]
    if kind == "double":
        return float(exact) / 100
    scale = int(kind.rpartition(",")[2].rstrip(")"))
    found = rounded(Fraction(exact) / 100, scale)
    return Decimal(found.numerator) / Decimal(found.denominator)


def tables(spark: Any, rows: list[tuple[Any, ...]], events: dict[Any, list[Event]]) -> Frames:
    columns = ", ".join(f"{name} {TYPES[name]}" for name in FEATURES)
    features = spark.createDataFrame(rows, f"key string, at timestamp, {columns}")
    source = spark.createDataFrame(
        [
            (
                key,
                moment(e.time) if e.time is not None else None,
                moment(e.arrival or 0),
                e.id,
                None if e.value is None else Decimal(e.value) / 100,
                e.order[0],
            )
            for key, listed in events.items()
            for e in listed
        ],
        "key string, time timestamp, arrival timestamp, id string, amount decimal(12,2), n int",
    )
    return Frames(features=features, events=source)


QUICK = ("range as of, corrected", "calendar", "rows", "session")
"""What every test run looks at; the others are of the full tier."""


@pytest.mark.parametrize(
    "name",
    [n if n in QUICK else pytest.param(n, marks=pytest.mark.full) for n in SPECS],
)
def test_equals_the_obvious_oracle(spark: Any, name: str) -> None:
    declared = by_number(SPECS[name])
    features = tuple(by_number_feature(f) for f in FEATURES.values())
    events = some_events(len(name))
    for key in KEYS:
        events[key].append(Event(None, 5, START, "placeless", (99,)))
    rows = [
        (key, moment(at), *(stored(f, expected(declared, f.aggregate, events[key], at))
                            for f in features))
        for key in KEYS
        for at in some_times(len(name))
    ]  # fmt: skip
    frames = tables(spark, rows, events)
    for group in engines(features):
        found = rows_compared(declared, group, frames, ()).collect()
        assert len(found) == len(rows)
        for row in found:
            at, key = row[TIME], row[entity(0)]
            assert row[POPULATION] == len(seen(declared, events[key], at)), (key, moment(at))
            for n, feature in enumerate(group):
                assert row[status(n)] == Status.MATCHING, (feature.name, key, moment(at))


@pytest.mark.parametrize(
    "name",
    ["range as of", *(pytest.param(n, marks=pytest.mark.full) for n in ("range [)", "rows"))],
)
def test_every_changed_value_is_wrong(spark: Any, name: str) -> None:
    declared = by_number(SPECS[name])
    features = tuple(by_number_feature(f) for f in FEATURES.values())
    events = some_events(len(name))
    rows, kinds = [], []
    for key in KEYS:
        for at in some_times(len(name)):
            exact = [stored(f, expected(declared, f.aggregate, events[key], at)) for f in features]
            changed = (_changed(e, TYPES[f.name]) for e, f in zip(exact, features, strict=True))
            rows.append((key, moment(at), *changed))
            kinds.append([Status.VALUE_FOR_NULL if e is None else Status.WRONG for e in exact])
    frames = tables(spark, rows, events)
    wanted = {
        (key, micros(at)): dict(zip(FEATURES, kind, strict=True))
        for (key, at, *_), kind in zip(rows, kinds, strict=True)
    }
    for group in engines(features):
        for row in rows_compared(declared, group, frames, ()).collect():
            kind = wanted[row[entity(0)], row[TIME]]
            assert [row[status(n)] for n in range(len(group))] == [kind[f.name] for f in group]


def _changed(value: Any, kind: str) -> Any:
    if kind == "double":
        return 1.0 if value is None else value * 1.0001 + 0.01
    return (value or 0) + (Decimal(1) if kind.startswith("decimal") else 1)


def by_number(declared: WindowSpec) -> WindowSpec:
    """The same window with ties broken by the column `n`."""
    if declared.window.order is None:
        return declared
    return dataclasses.replace(declared, window=dataclasses.replace(declared.window, order=("n",)))


def by_number_feature(feature: Feature) -> Feature:
    if feature.aggregate.order is None:
        return feature
    return dataclasses.replace(
        feature, aggregate=dataclasses.replace(feature.aggregate, order=("n",))
    )


def engines(features: tuple[Feature, ...]) -> Iterator[tuple[Feature, ...]]:
    """Features that come from running totals, and those that come from pairs."""
    by_totals = tuple(f for f in features if f.adds or f.aggregate.function == "count")
    yield by_totals
    yield features
