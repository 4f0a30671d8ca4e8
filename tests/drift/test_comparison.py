"""Comparisons, references and decisions together: what a night of real features comes to."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from sparkguard.drift.cells import Binned, Feature, feature_of
from sparkguard.drift.comparison import Level, compare
from sparkguard.drift.decision import Case, settled
from sparkguard.drift.false_alarms import FalseAlarms, halves
from sparkguard.drift.partitions import Partitions
from sparkguard.measures.base import Measure
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.counts import Counts, CountsState
from sparkguard.measures.families import Family
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.measures.values import Values, ValuesState
from sparkguard.slices import Slice
from tests.drift.features import EDGES, binned, listed, shifted


@pytest.mark.parametrize(
    ("family", "edges", "labels"),
    [
        (Family.FLOAT, (0.5, 2.0), ["to 0.5", "0.5 to 2", "above 2"]),
        (Family.INTEGER, (math.nextafter(5.0, 0.0), 5.0, 9.0), ["to 4", "5", "6 to 9", "from 10"]),
        (
            Family.DATE,
            (19_782.0, 19_784.0),
            ["to 2024-02-29", "2024-03-01 to 2024-03-02", "from 2024-03-03"],
        ),
        (Family.TIMESTAMP, (0.0,), ["to 1970-01-01T00:00:00", "above 1970-01-01T00:00:00"]),
        (Family.FLOAT, (), ["all values"]),
    ],
)
def test_bins_are_named_as_people_would(
    family: Family, edges: tuple[float, ...], labels: list[str]
) -> None:
    state = BinsState((100,) * (len(edges) + 1))
    found = feature_of(Bins(("x",), family, edges), state)
    assert [cell.label for cell in found.cells] == [*labels, "null", "nan", "+inf", "-inf"]


def test_a_hundred_bins_become_twenty_and_four_special_cells() -> None:
    found = binned(10_000, null=50)
    assert len(found.cells) == 24
    assert found.reference.tolist() == [500] * 20 + [50, 0, 0, 0]
    assert (found.cells[0].low, found.cells[0].high) == (None, 5.0)
    assert (found.cells[19].low, found.cells[19].high) == (95.0, None)


@pytest.mark.parametrize("rows", [200, 400, 870])
def test_too_few_rows_are_not_evaluable(rows: int) -> None:
    found = compare(
        binned(rows // 100 * 100), np.array(shifted(rows, 0)), np.array(shifted(rows, 0.4))
    )
    assert not found.evaluable[0]


@pytest.mark.parametrize("rows", [1_000, 10_000, 10**6, 10**8, 10**10])
@pytest.mark.parametrize(("share", "level"), [(0.05, 0), (0.38, 2)])
def test_one_shift_has_one_verdict_at_every_size(rows: int, share: float, level: int) -> None:
    base = binned(rows)
    found = compare(base, base.reference, np.array(shifted(rows, share)))
    assert found.evaluable[0]
    assert found.level()[0] == level


def test_how_far_out_one_outlier_lies_changes_nothing() -> None:
    values = np.random.default_rng(1).normal(50, 20, size=20_000)
    base = binned(20_000)
    assert isinstance(base, Binned)
    found = []
    for outlier in (1e3, 1e9, 1e300):
        counts = np.bincount(np.searchsorted(EDGES, [*values, outlier]), minlength=100)
        state = BinsState(tuple(int(c) for c in counts))
        found.append(compare(base, base.reference, base.counts(state)))
    assert len({float(f.psi[0]) for f in found}) == 1
    assert len({int(f.level()[0]) for f in found}) == 1


def test_a_jump_of_nulls_alerts_whatever_the_distance() -> None:
    base = listed({"a": 9_000, "b": 1_000})
    now = base.counts(ValuesState({"a": 8_300, "b": 900, None: 800}))
    found = compare(base, base.reference, now)
    assert found.level()[0] == Level.ALERT
    assert found.why[0] == "null share 8.00%, was 0.00%"


def test_values_that_the_baseline_lacks_alert() -> None:
    base = listed({"a": 9_000, "b": 1_000})
    found = compare(
        base, base.reference, base.counts(ValuesState({"a": 8_800, "b": 1_000, "z": 200}))
    )
    assert found.direct[0] == Level.ALERT
    assert "2.00% of rows" in found.why[0]
    few = compare(base, base.reference, base.counts(ValuesState({"a": 8_950, "b": 1_000, "z": 50})))
    assert few.direct[0] == Level.STEADY


def test_a_category_that_grew_is_named() -> None:
    base = listed({"a": 5_000, "b": 5_000})
    found = compare(base, base.reference, base.counts(ValuesState({"a": 6_200, "b": 3_800})))
    assert found.why[0] == "the share of 'a' moved by 0.120"


def test_texts_of_many_values_are_judged_by_shares_alone() -> None:
    base = listed({f"v{i}": 10 for i in range(1_000)})
    assert not base.has_distance
    same = compare(base, base.reference, base.reference)
    assert np.isnan(same.psi[0])
    assert same.evaluable[0]
    one = base.counts(ValuesState({"v0": 4_000, **{f"v{i}": 6 for i in range(1, 1_000)}}))
    assert compare(base, base.reference, one).direct[0] == Level.ALERT


def test_constant_columns_can_be_compared() -> None:
    base = listed({"a": 1_000})
    same = compare(base, base.reference, base.counts(ValuesState({"a": 500})))
    assert (same.level()[0], bool(same.evaluable[0]), float(same.psi[0])) == (0, True, 0.0)
    other = compare(base, base.reference, base.counts(ValuesState({"b": 500})))
    assert other.level()[0] == Level.ALERT


def test_a_column_of_which_only_nulls_are_counted() -> None:
    base = feature_of(Counts(("x",), Family.BINARY), CountsState(10_000, 10))
    found = compare(base, base.reference, base.counts(CountsState(10_000, 9_000)))
    assert found.level()[0] == Level.ALERT
    with pytest.raises(TypeError, match="no distribution"):
        feature_of(Rows(), RowsState(3))


def test_undrifted_noise_stays_within_the_budget() -> None:
    """1,000 features over 30 days through the whole policy, of 2,000 rows each day.

    Half are numbers against 60,000 rows, half categories; the budget is 1 in 1,000.
    """
    rng = np.random.default_rng(12)
    fine, shares = np.full(100, 0.01), [0.4, 0.3, 0.2, 0.1]
    edges = tuple(map(float, range(1, 100)))
    bins, texts = Bins(("x",), Family.FLOAT, edges), Values(("x",), Family.STRING)

    def numbers(rows: int) -> BinsState:
        return BinsState(tuple(rng.multinomial(rows, fine).tolist()))

    def categories(rows: int) -> ValuesState:
        return ValuesState(dict(zip("abcd", rng.multinomial(rows, shares).tolist(), strict=True)))

    days = [Slice.of({"day": str(date(2024, 1, 1) + timedelta(days=i))}) for i in range(30)]
    cases: dict[tuple[str, Slice], Case] = {}
    for i in range(1_000):
        measure: Measure[Any] = bins if i % 2 else texts
        drawn: Callable[[int], Any] = numbers if i % 2 else categories
        found = Partitions(measure, drawn(60_000), {day: drawn(2_000) for day in days}, "day")
        for at, day in enumerate(found.slices):
            pinned, rolling = found.trials(at)
            cases[f"f{i}", day] = Case("t", f"f{i}", pinned, rolling, found.lasts(at))
    assert sum(case.rolling is not None for case in cases.values()) >= 15_000
    alarms = sum(step.level > 0 for step in settled(cases).values())
    assert alarms <= 30


def test_shares_of_undrifted_noise_stay_within_the_budget() -> None:
    rng = np.random.default_rng(13)
    base: Feature = listed({"a": 30_000, "b": 15_000, None: 15_000})
    p = np.array([0.5, 0.25, 0.25, 0.0])
    found = compare(base, rng.multinomial(60_000, p), rng.multinomial(1_000, p, size=30_000))
    assert int((found.level() > 0).sum()) <= 30
    assert int((found.level() == 2).sum()) == 0


def test_halves_of_noise_do_not_alarm_and_halves_that_differ_do() -> None:
    rng = np.random.default_rng(14)
    base = binned(10_000)
    p = np.concatenate((np.full(20, 0.05), np.zeros(4)))
    days = list(range(20))
    noise = rng.multinomial(2_000, p, size=(2, 20))
    quiet = halves({f"f{i}": (base, days, *noise) for i in range(5)})
    assert (quiet.alarms, quiet.compared, quiet.is_over_budget) == (0, 100, False)
    loud = halves({"f": (base, days, noise[0], np.array([shifted(2_000, 0.4)] * 20))})
    assert loud.alarms == 20
    assert loud.is_over_budget
    assert "OVER BUDGET" in str(loud)


def test_the_line_that_every_report_prints() -> None:
    assert str(FalseAlarms(2, 4_000)) == (
        "A/A: 2 alarms in 4,000 feature-partitions, 0.50 per 1,000 (95 % 0.06 to 1.80; budget 1)"
    )
    assert FalseAlarms(0, 0).rate == 0
