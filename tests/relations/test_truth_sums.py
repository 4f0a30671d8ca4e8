"""Every row counts once in each of its kinds, and a sum that does not fit is no number."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from sparkguard import sql
from sparkguard.relations.daily import KIND, Daily, Kind
from sparkguard.relations.truth_sums import total
from tests.relations.test_effective_label import Tables, relation

LARGE = 2**63 // 45
"""Some cells have more rows than that, some have fewer."""


def test_sums_by_kind(spark: Any) -> None:
    truth = replace(relation()[0], sums=(sql.literal(LARGE),))
    rows = truth.frame(Tables(spark), ("week",)).collect()
    predictions: Counter[int] = Counter()
    for row in rows:
        predictions[row[KIND]] += row[total(0)] or 0
        if row[KIND] == 0:
            fits = row[total(0)] * LARGE < 2**63
            assert row[total(1)] == (LARGE * row[total(0)] if fits else None)
    assert {row[total(1)] is None for row in rows if row[KIND] == 0} == {False, True}
    assert predictions[0] == predictions[Daily.MADE.of(0)] < predictions[Kind.LEDGER]
    assert predictions[Daily.AGED.of(0)] < predictions[0]
