from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sparkguard.evaluation.seen import Seen
from sparkguard.layout import lay_out
from sparkguard.measures.keyed_sums import KeyedSums, KeyedSumsState
from sparkguard.profile import Need, Profile
from sparkguard.relations.effective_label import PredictionBucket
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE, Slice
from tests.evaluation.oracle import DAY, Label, Prediction
from tests.relations.test_effective_label import frames, relation

WEEK = Slice.of({"week": "1"})


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


@dataclass(frozen=True)
class OfOneWeek:
    """As a run that judges one slice sees tables that are sliced alike."""

    everything: dict[str, Any]

    def frame(self, name: str, /) -> Any:
        return self.in_full(name).where("week = '1'")

    def in_full(self, name: str, /) -> Any:
        return self.everything[name]

    def slice_of(self, name: str, /) -> Slice:
        return WEEK


@dataclass(frozen=True)
class Everything:
    everything: dict[str, Any]

    def frame(self, name: str, /) -> Any:
        return self.everything[name]


def test_predictions_of_one_slice_meet_labels_that_lie_in_others(spark: Any) -> None:
    """Labels lie in the week of their arrival, a day after that of the prediction."""
    predictions = [Prediction(i, i * DAY, 0.4, str(1 + i // 7)) for i in range(14)]
    labels = [Label(i, i % 2, (i + 1) * DAY, (i + 1) * DAY, 1) for i in range(14)]
    everything = frames(spark, predictions, labels)
    everything["l"] = everything["l"].selectExpr("*", f"string(1 + arrival DIV {7 * DAY}) AS week")
    truth, rows = relation()
    needs = [Need(each, KeyedSums(each.keys, each.totals)) for each in (truth, rows)]
    found = []
    for tables in (OfOneWeek(everything), Everything(everything)):
        states = {}
        for scan in lay_out(needs, {"p": ("week",), "l": ("week",)}):
            states |= run_scan(scan, tables).profile.states
        seen = Profile(states)
        found.append((seen.at(WEEK, needs[0]), seen.at(WHOLE, needs[1])))
    assert found[0] == found[1]
    ledger = Seen(found[0][0] or KeyedSumsState(), ("week",)).ledger
    assert ledger.of(PredictionBucket.LABELLED) == ledger.rows == 7
