from __future__ import annotations

from dataclasses import replace

from sparkguard.measures.keyed_sums import KeyedSums
from sparkguard.profile import Need
from tests.relations.test_effective_label import relation


def test_the_moment_is_no_part_of_what_is_measured() -> None:
    truth, rows = relation()
    need = Need(truth, KeyedSums(truth.keys, truth.totals))
    later = Need(replace(truth, as_of=9), need.measure)
    assert need == later
    assert need.id == later.id
    assert replace(rows, as_of=9) == rows


def test_another_horizon_is_another_definition() -> None:
    truth, _ = relation()
    other = replace(truth, horizon=truth.horizon + 1)
    assert Need(truth, KeyedSums((), ())).id != Need(other, KeyedSums((), ())).id


def test_it_reads_both_tables_and_is_judged_by_the_predictions() -> None:
    truth, rows = relation()
    assert (truth.subject, truth.tables()) == ("p", {"p", "l"})
    assert rows.tables() == {"l"}
