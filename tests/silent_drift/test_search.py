"""Drift by drift: series of partitions built from plain values, and what is found in them."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.families import Family
from sparkguard.measures.moments import MomentsState
from sparkguard.measures.traits import MICRO, TraitsState
from sparkguard.measures.value_bits import ValueBitsState, bits
from sparkguard.silent_drift.points import Column, Drift, Point
from sparkguard.silent_drift.search import search

Values = Sequence[Any]


def point(label: str, values: Values, family: Family) -> Point:
    """The states of a partition, computed the slow and obvious way."""
    present = [v for v in values if v is not None]
    exact = bits(frozenset(_bit(str(v)) for v in present))
    folded = bits(frozenset(_bit(str(v).strip().lower()) for v in present))
    moments = MomentsState()
    if family is Family.STRING:
        traits = TraitsState(
            len(values), len(present),
            numeric=sum(_is_number(v) for v in present),
            zeros=sum(len(v) > 1 and v[0] == "0" and v[1].isdigit() for v in present),
            padded=sum(v != v.strip() for v in present),
            letters=sum(map(len, present)),
        )  # fmt: skip
    elif family is Family.TIMESTAMP:
        hours = [0] * 24
        for v in present:
            hours[v // 3600 % 24] += 1
        traits = TraitsState(
            len(values), len(present), len(present), hours=tuple(hours),
            low=min(present, default=None), high=max(present, default=None),
        )  # fmt: skip
    else:
        logs = [math.log(abs(v)) for v in present if v]
        traits = TraitsState(
            len(values), len(present), len(present), len(logs),
            sum(v < 0 for v in present), sum(v != math.floor(v) for v in present),
            sum(round(x * MICRO) for x in logs), sum(round(x * x * MICRO) for x in logs),
            min(present, default=None), max(present, default=None),
        )  # fmt: skip
        if present:
            mean = sum(present) / len(present)
            moments = MomentsState(len(present), mean, sum((v - mean) ** 2 for v in present))
    return Point(label, traits, ValueBitsState(exact, folded), moments)


def _bit(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 32_768


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def column(name: str, partitions: Sequence[Values], family: Family) -> Column:
    return Column(
        name, family, tuple(point(f"month={i}", v, family) for i, v in enumerate(partitions, 1))
    )


def found(partitions: Sequence[Values], family: Family, **more: Any) -> list[tuple[str, str]]:
    drifts = search([column("c", partitions, family)], **more)
    return [(drift.kind, drift.since) for drift in drifts]


def months(
    make: Callable[[random.Random], Any], count: int = 8, rows: int = 400
) -> list[list[Any]]:
    rng = random.Random(7)
    return [[make(rng) for _ in range(rows)] for _ in range(count)]


def after(partitions: list[list[Any]], change: Callable[[Any], Any], since: int = 5) -> Any:
    return [p if i < since else [change(v) for v in p] for i, p in enumerate(partitions, 1)]


def amount(rng: random.Random) -> float:
    return round(rng.lognormvariate(3, 0.7), 2)


def count(rng: random.Random) -> int:
    return rng.randint(1, 900)


def code(rng: random.Random) -> str:
    return rng.choice(["AA", "UA", "DL", "B6"])


def padded_number(rng: random.Random) -> str:
    return f"{rng.randint(0, 99):03d}"


def celsius(rng: random.Random) -> float:
    return rng.gauss(15, 8)


def office_hours(rng: random.Random) -> int:
    return 86_400 * rng.randint(1, 300) + 3600 * rng.randint(8, 17)


CASES = [
    ("went_null", amount, Family.FLOAT, lambda v: None),
    ("nulls_appeared", amount, Family.FLOAT, lambda v: None if v > 40 else v),
    ("unit", amount, Family.FLOAT, lambda v: v * 1000),
    ("unit", amount, Family.FLOAT, lambda v: v / 100),
    ("unit", count, Family.INTEGER, lambda v: v * 60),
    ("unit", amount, Family.FLOAT, lambda v: v * 1000 if v * 100 % 3 < 1 else v),
    ("unit", celsius, Family.FLOAT, lambda v: v * 1.8 + 32),
    ("unit", celsius, Family.FLOAT, lambda v: v + 273.15),
    ("sign", amount, Family.FLOAT, lambda v: -v),
    ("fractions", count, Family.FLOAT, lambda v: v + 0.5),
    ("constant", amount, Family.FLOAT, lambda v: 7.0),
    ("constant", code, Family.STRING, lambda v: "AA"),
    ("set_growth", code, Family.STRING, lambda v: "WN" if v == "B6" else v),
    ("variants", code, Family.STRING, str.lower),
    ("became_numbers", code, Family.STRING, lambda v: str(len(v) * 17 + ord(v[0]))),
    ("no_numbers", padded_number, Family.STRING, lambda v: f"no {v}"),
    ("zeros_lost", padded_number, Family.STRING, lambda v: str(int(v))),
    ("padded", code, Family.STRING, lambda v: v + " "),
    ("time_zone", office_hours, Family.TIMESTAMP, lambda v: v + 5 * 3600),
    ("wider_range", lambda rng: rng.randint(1, 2**31 - 1), Family.INTEGER, lambda v: v + 2**31),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "make", "family", "change"), CASES)
def test_a_drift_is_found_with_its_first_partition(
    kind: str, make: Callable[[random.Random], Any], family: Family, change: Callable[[Any], Any]
) -> None:
    assert (kind, "month=5") in found(after(months(make), change), family)


@pytest.mark.parametrize(
    ("make", "family"),
    [
        (amount, Family.FLOAT),
        (count, Family.INTEGER),
        (code, Family.STRING),
        (padded_number, Family.STRING),
        (celsius, Family.FLOAT),
        (office_hours, Family.TIMESTAMP),
    ],
)
@pytest.mark.parametrize("rows", [30, 400])
def test_partitions_of_one_distribution_do_not_drift(
    make: Callable[[random.Random], Any], family: Family, rows: int
) -> None:
    assert found(months(make, count=24, rows=rows), family) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda v: v * 1000, "values multiplied by 10^3: another unit"),
        (lambda v: v / 60, "values divided by 60: another unit"),
        (lambda v: v * 1.8 + 32, "degrees Celsius became Fahrenheit"),
    ],
)
def test_the_unit_is_named(change: Callable[[float], float], text: str) -> None:
    make = celsius if "Celsius" in text else amount
    drifts = search([column("c", after(months(make), change), Family.FLOAT)])
    assert text in [drift.text for drift in drifts]


def test_the_share_of_mixed_units_is_estimated() -> None:
    rng = random.Random(3)
    partitions = after(months(amount, rows=4000), lambda v: v * 1000 if rng.random() < 0.3 else v)
    (drift,) = search([column("c", partitions, Family.FLOAT)])
    assert drift.kind == "unit"
    numbers = dict(drift.numbers)
    assert numbers["factor"] == 1000
    assert numbers["share of values"] == pytest.approx(0.3, abs=0.03)


def test_a_step_that_does_not_last_is_an_outlier() -> None:
    partitions = after(months(amount), lambda v: None, since=5)
    partitions[5:] = months(amount)[5:]
    assert found(partitions, Family.FLOAT) == [("went_null", "month=5")]
    assert found(partitions, Family.FLOAT, confirm=2) == []


def test_a_drift_that_comes_again_is_told_again() -> None:
    partitions = months(amount)
    for number in (3, 4, 8):
        partitions[number - 1] = [None] * 400
    drifts = search([column("c", partitions, Family.FLOAT)])
    assert [str(drift) for drift in drifts] == [
        "c: always NULL from month=3 to month=4",
        "c: always NULL since month=8",
    ]


def test_a_drifted_partition_does_not_become_the_reference() -> None:
    partitions = after(months(amount), lambda v: v * 1000, since=3)
    assert found(partitions, Family.FLOAT) == [("unit", "month=3")]


def test_an_approved_baseline_goes_before_earlier_partitions() -> None:
    approved = {"c": point("baseline", months(amount)[0], Family.FLOAT)}
    every = after(months(amount), lambda v: v * 1000, since=1)
    assert found(every, Family.FLOAT) == []
    assert found(every, Family.FLOAT, approved=approved) == [("unit", "month=1")]


def test_a_rename_by_null_fill_names_both_columns() -> None:
    old = after(months(amount), lambda v: None)
    new = [[None] * 400 for _ in range(4)] + months(amount)[4:]
    other = [[None] * 400 for _ in range(4)] + months(lambda r: -9e6 - r.random())[4:]
    (drift, *rest) = search(
        [
            column("dep_delay", old, Family.FLOAT),
            column("departure_delay", new, Family.FLOAT),
            column("unrelated", other, Family.FLOAT),
        ]
    )
    assert (drift.kind, drift.column, drift.since) == ("renamed", "dep_delay", "month=5")
    assert "probably renamed 'departure_delay'" in drift.text
    (unlike, *_) = search([column("dep_delay", old, Family.FLOAT), column("x", new, Family.FLOAT)])
    assert "perhaps renamed 'x'" in unlike.text
    assert [d.kind for d in rest if d.column == "dep_delay"] == []


def test_a_column_that_only_vanishes_is_no_rename() -> None:
    gone = column("a", after(months(amount), lambda v: None), Family.FLOAT)
    stays = column("b", months(amount), Family.FLOAT)
    assert [d.kind for d in search([gone, stays])] == ["went_null"]


def test_a_year_of_partitions_takes_no_time() -> None:
    partitions = after(months(amount, count=365, rows=50), lambda v: None, since=200)
    drifts = search([column("c", partitions, Family.FLOAT)])
    assert [(d.kind, d.since) for d in drifts] == [("went_null", "month=200")]


@given(st.lists(st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), max_size=30), max_size=8))
def test_any_series_gives_an_answer(partitions: list[list[float | None]]) -> None:
    for drift in search([column("c", partitions, Family.FLOAT)]):
        assert isinstance(drift, Drift)
        assert drift.since.startswith("month=")
