"""What slices have by day, beside the ledger of all rows by both days at once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sparkguard.evaluation.seen import Days, Group, Seen
from sparkguard.measures.keyed_sums import KeyedSumsState
from sparkguard.relations.daily import Daily, kind_of
from sparkguard.relations.effective_label import LabelBucket, PredictionBucket
from sparkguard.slices import Slice
from tests.evaluation.oracle import DAY
from tests.relations.test_effective_label import HORIZON, Tables, scanned


def test_every_kind_has_its_number() -> None:
    numbers = {which.of(i): (which, i) for which in Daily for i in range(3)}
    assert {n: kind_of(n) for n in numbers} == numbers
    assert [kind_of(n) for n in range(-9, 3)] == [None] * 12


def test_days_of_each_slice_are_those_of_its_rows_in_the_ledger(spark: Any) -> None:
    """The only declared slice is the column that the audit slices by."""
    states, need = scanned(Tables(spark))
    whole = KeyedSumsState()
    for week in "12":
        state = states[need, Slice.of({"week": week})]
        whole = whole.merge(state)
        of_week = Seen(state, ("week",))
        assert of_week.days_by_slice == {Group(None, "week", week): expected(of_week)}
    every = Seen(whole, ("week",))
    assert every.ledger.labelled == sum(
        sum(days.arrived.values()) for days in every.days_by_slice.values()
    )


def expected(of: Seen) -> Days:
    made: Counter[int] = Counter()
    ages: Counter[int] = Counter()
    for (day, arrival), n in of.arrivals.items():
        ages[min(max(arrival - day, 0), HORIZON // DAY)] += n
    made.update(of.predictions_by_day)
    arrived: Counter[int] = Counter()
    for (_, arrival), n in of.arrivals.items():
        arrived[arrival] += n
    rows = Counter(of.label_rows_by_arrival)
    assert len({bucket for _, bucket in rows}) == len(LabelBucket)
    assert of.ledger.of(PredictionBucket.REPEATED_SAME)
    return Days(made, arrived, ages, dict(of.used_by_arrival), rows)
