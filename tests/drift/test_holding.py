from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sparkguard.drift.holding import holding, sized
from sparkguard.measures.bins import Bins
from sparkguard.measures.counts import Counts, CountsState
from sparkguard.measures.families import Family
from sparkguard.measures.quantiles import Quantiles, QuantilesState
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.measures.sample import Sample, SampleState
from sparkguard.measures.values import Values, ValuesState
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE, Slice

TABLE = Table("t")
MANY = SampleState(8_192, 1, 5_000, 8_000)


def held(family: Family, **states: Any) -> Any:
    """The last measure asked for after the states named by kind."""
    seen: dict[Any, Any] = {}
    measures = {
        "sample": Sample(("x",), family, 8_192),
        "values": Values(("x",), family),
        "quantiles": Quantiles(("x",), family),
    }
    for kind, state in states.items():
        seen[Need(TABLE, measures[kind]), WHOLE] = state
    return holding(TABLE, ("x",), family, Profile(seen))[-1].measure


@pytest.mark.parametrize("family", [Family.INTEGER, Family.STRING, Family.DATE])
def test_a_look_at_some_rows_comes_first(family: Family) -> None:
    assert isinstance(held(family), Sample)


@pytest.mark.parametrize("distinct", [0, 1, 50])
def test_few_numbers_are_counted_each_and_so_are_columns_of_one_value_or_none(
    distinct: int,
) -> None:
    looked = SampleState(100, 1, distinct, distinct)
    measure = held(Family.FLOAT, sample=looked)
    assert measure == Values(("x",), Family.FLOAT)
    counted = ValuesState({None: 5, **{str(i): 1 for i in range(distinct)}})
    assert held(Family.FLOAT, sample=looked, values=counted) == measure


def test_numbers_that_only_seemed_few_are_cut_at_their_quantiles() -> None:
    few = SampleState(100, 1, 3, 3)
    for counted in (
        ValuesState({}, overflow=True),
        ValuesState({str(i): 1 for i in range(60)}),
    ):
        assert isinstance(held(Family.FLOAT, sample=few, values=counted), Quantiles)


@pytest.mark.parametrize(
    ("family", "few", "many"), [(Family.FLOAT, 50, Quantiles), (Family.STRING, 4_096, Counts)]
)
def test_null_is_none_of_the_few_values_and_none_stands_for_one(
    family: Family, few: int, many: type
) -> None:
    looked = SampleState(8_192, 1, few, few)
    for nulls in ({}, {None: 5}):
        for distinct, kind in ((few, Values), (few + 1, many)):
            counted = ValuesState({**nulls, **{str(i): 1 for i in range(distinct)}})
            assert isinstance(held(family, sample=looked, values=counted), kind)


def test_many_numbers_get_frozen_bins() -> None:
    points = QuantilesState(points=tuple(float(i) for i in range(101)))
    measure = held(Family.FLOAT, sample=MANY, quantiles=points)
    assert measure == Bins(("x",), Family.FLOAT, tuple(float(i) for i in range(1, 100)))


def test_percentiles_of_slices_that_do_not_merge_are_pooled_by_their_rows() -> None:
    looked = Need(TABLE, Sample(("x",), Family.FLOAT, 8_192))
    quantiles, rows = Need(TABLE, Quantiles(("x",), Family.FLOAT)), Need(TABLE, Rows())
    low, high = (Slice.of({"part": name}) for name in ("low", "high"))
    seen: dict[Any, Any] = {(looked, WHOLE): MANY}
    for where, first, count in ((low, 0.0, 9_000), (high, 1_000.0, 1_000)):
        points = tuple(first + i for i in range(101))
        seen[quantiles, where] = QuantilesState(points=points)
        seen[rows, where] = RowsState(count)
    (need,) = holding(TABLE, ("x",), Family.FLOAT, Profile(seen))
    assert isinstance(need.measure, Bins)
    edges = need.measure.edges
    assert len(edges) == 99
    assert sum(edge < 1_000 for edge in edges) == pytest.approx(90, abs=1)
    assert edges[49] == pytest.approx(50 / 0.9, abs=2)


def test_what_has_no_values_to_cut_counts_its_nulls() -> None:
    nothing = QuantilesState()
    assert nothing.is_empty
    assert held(Family.FLOAT, sample=MANY, quantiles=nothing) == Counts(("x",), Family.FLOAT)
    assert held(Family.STRING, sample=MANY) == Counts(("x",), Family.STRING)
    assert held(Family.BINARY) == Counts(("x",), Family.BINARY)


def test_columns_of_few_values_say_how_few_so_that_they_are_counted_together() -> None:
    need = Need(TABLE, Values(("x",), Family.STRING))
    found = sized(need, ValuesState({"a": 1, "b": 2, None: 3}))
    assert found == need
    assert found.measure.expected == 3
    bins = Need(TABLE, Bins(("x",), Family.FLOAT, (1.0,)))
    assert sized(bins, None) is bins
    counts = replace(need, measure=Counts(("x",), Family.STRING))
    assert sized(counts, CountsState(1, 0)) is counts  # type: ignore[arg-type]
