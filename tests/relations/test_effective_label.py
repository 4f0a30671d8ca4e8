"""Every row of both tables in the bucket that plain Python finds, whatever the partitioning."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import astuple, replace
from typing import Any

import pytest

from sparkguard import sql
from sparkguard.evaluation.scores import SUMS
from sparkguard.evaluation.seen import Group, Seen
from sparkguard.evaluation.tasks import Binary
from sparkguard.layout import lay_out
from sparkguard.measures.keyed_sums import KeyedSums, KeyedSumsState
from sparkguard.profile import Need
from sparkguard.relations.effective_label import LabelBucket, Labels, Predicted
from sparkguard.relations.label_rows import LabelRow, LabelRows
from sparkguard.relations.prediction_with_truth import PredictionWithTruth
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE, Slice
from tests.evaluation.oracle import DAY, Label, Prediction, evaluate

HORIZON, AS_OF = 3 * DAY, 20 * DAY
SCORES = (0.0, 0.2, 0.5, 0.9, 1.0)


def planted(seed: int = 5) -> tuple[list[Prediction], list[Label]]:
    draw = random.Random(seed)
    predictions, labels = [], []
    for id_ in range(500):
        time = draw.randrange(22) * DAY + draw.randrange(DAY)
        for _ in range(draw.choice((1, 1, 1, 1, 2, 3))):
            again = time + draw.choice((0, DAY))
            where = draw.choice("12")
            predictions.append(Prediction(id_, again, draw.choice(SCORES), where))
        for _ in range(draw.choice((0, 1, 1, 1, 2, 3, 4))):
            event = time + draw.choice((0, 1, DAY, HORIZON, HORIZON + 1, -1, 4 * DAY))
            labels.append(
                Label(
                    draw.choice((id_, id_, id_, id_, 10_000 + id_)),
                    draw.choice((0, 1, 1, None)),
                    draw.choice((event, event, event, None)),
                    max(time, event) + draw.choice((0, DAY, 2 * DAY)),
                    draw.choice((1, 1, 2, None)),
                    draw.random() < 0.1,
                )
            )
    predictions += [Prediction(None, DAY, 0.5), Prediction(3, None, 0.5)]
    labels += [Label(None, 1, DAY, DAY, 1), Label(0, 1, DAY, AS_OF + 1, 1)]
    labels += [Label(id_, 1, DAY, None, 1) for id_ in (None, 0, 1)]
    return predictions, labels


def relation() -> tuple[PredictionWithTruth, LabelRows]:
    task, column = Binary((0.5,)), sql.name
    taken = sql.template("(coalesce({}, false) OR {} IS NULL)", column("deleted"), column("label"))
    labels = Labels(
        "l", ("id",), column("label"), column("event"), column("arrival"), column("rank"),
        taken, sql.literal(False),
    )  # fmt: skip
    predicted = Predicted("p", ("id",), column("time"), column("score"), sql.literal("v1"),
                          (column("week"),))  # fmt: skip
    truth = PredictionWithTruth(
        predicted, labels, HORIZON, task.steps(), task.cells(), task.sums(), task.entity_cell(),
        task.positive(), as_of=AS_OF,
    )  # fmt: skip
    return truth, LabelRows("l", ("id",), column("arrival"), AS_OF)


def frames(spark: Any, predictions: list[Prediction], labels: list[Label]) -> dict[str, Any]:
    """Both tables, as `relation` reads them."""
    label = "id BIGINT, label INT, event BIGINT, arrival BIGINT, rank BIGINT, deleted BOOLEAN"
    rows = {
        "p": (predictions, "id BIGINT, time BIGINT, score DOUBLE, week STRING"),
        "l": (labels, label),
    }
    return {
        name: spark.createDataFrame([astuple(row) for row in some], schema)
        for name, (some, schema) in rows.items()
    }


class Tables:
    def __init__(self, spark: Any, parts: int | None = None, has_versions: bool = True) -> None:
        self._parts = parts
        self.predictions, self.labels = planted()
        if not has_versions:
            self.labels = [replace(x, rank=x.arrival) for x in self.labels]
        self._frames = frames(spark, self.predictions, self.labels)

    def frame(self, name: str, /) -> Any:
        frame = self._frames[name]
        return frame if self._parts is None else frame.repartition(self._parts)


def labels_need() -> Need[KeyedSumsState]:
    _, rows = relation()
    return Need(rows, KeyedSums(rows.keys, rows.totals))


def scanned(tables: Tables, by: tuple[str, ...] = ("week",)) -> tuple[Any, Need[KeyedSumsState]]:
    truth, _ = relation()
    need = Need(truth, KeyedSums(truth.keys, truth.totals))
    states = {}
    for scan in lay_out([need, labels_need()], {"p": by}):
        found = run_scan(scan, tables)
        assert not found.failures
        states.update(found.profile.states)
    return states, need


@pytest.mark.parametrize("has_versions", [True, False])
def test_both_ledgers_and_every_cell_agree_with_plain_python(
    spark: Any, has_versions: bool
) -> None:
    tables = Tables(spark, has_versions=has_versions)
    states, need = scanned(tables)
    by_week = {w: state for (n, w), state in states.items() if n == need}
    assert {w.key for w in by_week} == {"week=1", "week=2"}
    whole = KeyedSumsState()
    for state in by_week.values():
        whole = whole.merge(state)
    expected = evaluate(tables.predictions, tables.labels, HORIZON, AS_OF)
    ledger = Seen(whole, ("week",)).ledger
    assert Seen(whole, ("week",)).arrivals == expected.used
    assert Counter(ledger.predictions) == expected.predictions
    assert Counter(ledger.labels) == expected.labels
    assert ledger.rows == len(tables.predictions)
    assert min(expected.predictions.values()) > 0
    assert len(expected.labels) == 8

    (rows,) = (s for (n, _), s in states.items() if n == labels_need())
    known: Counter[int] = Counter()
    for key, (n,) in rows.sums.items():
        known[int(key[1] or 0)] += n
    assert known == expected.rows
    assert sum(known.values()) == len(tables.labels)
    assert known[LabelRow.KNOWN] - ledger.matched == expected.orphans
    assert (known[LabelRow.NULL_ID], known[LabelRow.NO_ARRIVAL]) == (2, 2)

    task = Binary((0.5,))
    scores = task.scores(Seen(whole, ("week",)).cells(Group()))
    pairs = [(score, truth) for _, score, truth in expected.truth if truth is not None]
    assert scores.n == len(pairs) == ledger.labelled
    assert scores.positives.sum() == sum(truth for _, truth in pairs)
    of_week = Seen(by_week[Slice.of({"week": "2"})], ("week",)).cells(Group(None, "week", "2"))
    assert sum(s[0] for s in of_week.values()) == sum(
        s[0] for s in Seen(by_week[Slice.of({"week": "2"})], ("week",)).cells(Group()).values()
    )
    assert len(next(iter(of_week.values()))) == 1 + len(SUMS)


def test_states_have_the_same_bits_however_rows_are_spread(spark: Any) -> None:
    found = []
    for parts in (1, 7, 200):
        states, need = scanned(Tables(spark, parts), ())
        found.append(need.measure.dump(states[need, WHOLE]))
    assert found[0] == found[1] == found[2]


def test_labels_that_are_delivered_again_keep_their_day(spark: Any) -> None:
    """Without versions later arrival wins; the third prediction's label was corrected before."""
    said = {0: (1,), 1: (0,), 2: (1, 0)}
    first = [Label(i, x, DAY, day * DAY, day * DAY) for i, of in said.items()
             for day, x in enumerate(of, start=1)]  # fmt: skip
    again = [Label(i, of[-1], DAY, 9 * DAY, 9 * DAY) for i, of in said.items()]
    tables = Tables(spark)
    tables._frames = frames(spark, [Prediction(i, 0, 0.5) for i in said], [*first, *again])
    states, need = scanned(tables, ())
    seen = Seen(states[need, WHOLE], ("week",))
    assert seen.arrivals == {(0, 1): 2, (0, 2): 1}
    assert seen.label_rows_by_arrival[9, LabelBucket.DUPLICATE] == 3
    assert seen.label_rows_by_arrival[1, LabelBucket.SUPERSEDED] == 1
