"""What Spark counts of each kind of model is what plain Python counts, to the last digit."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sklearn import metrics as sk

from sparkguard.checks.evaluation import Evaluation
from sparkguard.datatypes import from_json
from sparkguard.errors import Location
from sparkguard.evaluation import class_probabilities, rows
from sparkguard.evaluation.confusion import Confusion
from sparkguard.evaluation.ranking import Queries
from sparkguard.evaluation.regression import Errors
from sparkguard.evaluation.scores import SUMS, bin_of, cell_of
from sparkguard.evaluation.seen import Group, Seen
from sparkguard.evaluation.sources import truth_need
from sparkguard.evaluation.tasks import Multiclass, Ranking, Regression
from sparkguard.layout import lay_out
from sparkguard.measures.keyed_sums import KeyedSumsState
from sparkguard.options import convert
from sparkguard.relations.effective_label import LabelBucket, PredictionBucket
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE
from tests.evaluation.oracle import of_queries

MADE = datetime(2024, 1, 1, tzinfo=timezone.utc)
KNOWN = MADE + timedelta(days=1)
AS_OF = MADE + timedelta(days=10)
OPTIONS: dict[str, Any] = {
    "id": "id", "time": "made", "score": "score", "horizon": "P3D", "owner": "ann",
    "truth": {"table": "truth", "label": "label", "event_time": "at"},
}  # fmt: skip


class Tables:
    """Predictions with values of `columns`, and the label of each, if it has one."""

    def __init__(
        self, spark: Any, columns: str, label: str, values: Sequence[tuple[Any, ...]]
    ) -> None:
        made = [(i, MADE, *row[:-1]) for i, row in enumerate(values)]
        at = [(i, KNOWN, row[-1]) for i, row in enumerate(values) if row[-1] is not None]
        self.frames = {
            "preds": spark.createDataFrame(made, f"id INT, made TIMESTAMP, {columns}"),
            "truth": spark.createDataFrame(at, f"id INT, at TIMESTAMP, label {label}"),
        }

    def frame(self, name: str, /) -> Any:
        return self.frames[name]


def declared(**more: Any) -> Evaluation:
    return convert(Evaluation, {**OPTIONS, **more}, "evaluation", lambda option: Location("c"))


def seen(of: Evaluation, tables: Tables) -> Seen:
    schemas = {name: from_json(f.schema.jsonValue()) for name, f in tables.frames.items()}
    need = truth_need(of, "preds", schemas, AS_OF)
    (scan,) = lay_out([need], {})
    found = run_scan(scan, tables)
    assert not found.failures
    state = found.profile.states[need, WHOLE]
    assert isinstance(state, KeyedSumsState)
    return Seen(need.measure.load(need.measure.dump(state)), of.slices)


def numbers(of: Evaluation, found: Seen) -> dict[str, float | None]:
    cells = found.cells(Group())
    return {m.name: m.value for m in rows.metrics_of(of, found, Group(), cells)}


def test_scores_of_two_classes_and_what_is_none(spark: Any) -> None:
    draw = random.Random(1)
    values = [(draw.choice((draw.random(), 0.0, 1.0)), draw.choice("yn")) for _ in range(300)]
    of = declared(task="binary", positive="y", negative="n")
    found = seen(of, Tables(spark, "score DOUBLE", "STRING", [*values, (0.5, None)]))
    expected: dict[tuple[int, int], tuple[int, ...]] = {(bin_of(0.5), 1): (1, *(0,) * len(SUMS))}
    for score, label in values:
        key = (bin_of(score), int(score >= 0.5))
        before = expected.get(key, (0,) * (1 + len(SUMS)))
        row = (1, *cell_of(score, label == "y"))
        expected[key] = tuple(a + b for a, b in zip(before, row, strict=True))
    assert found.cells(Group()) == expected

    bad = [(math.nan, "y"), (1.5, "n"), (-0.1, "y"), (None, "n"), (0.5, "maybe")]
    found = seen(of, Tables(spark, "score DOUBLE", "STRING", [*values, *bad]))
    invalid, what = of.kind_of_task.invalid(found.cells(Group()))
    assert (invalid, what) == (5, "scores are no probabilities, or their labels of neither class")
    assert set(numbers(of, found).values()) == {None}


def test_classes_with_their_probabilities(spark: Any) -> None:
    draw, names = random.Random(2), ("eggs", "ham", "spam")
    values: list[tuple[Any, ...]] = []
    for _ in range(200):
        weights = [draw.randrange(1, 9) for _ in names]
        given = {n: w / sum(weights) for n, w in zip(names, weights, strict=True)}
        best = max(names, key=lambda name: given[name])
        values.append((best, given, draw.choice((*names, None))))
    of = declared(task="multiclass", probabilities="given", classes=list(names))
    columns = "score STRING, given MAP<STRING, DOUBLE>"
    found, task = seen(of, Tables(spark, columns, "STRING", values)), of.kind_of_task
    assert isinstance(task, Multiclass)
    known = [row for row in values if row[-1] is not None]
    assert task.confusion(found.cells(Group())) == Confusion.of((row[-1], row[0]) for row in known)
    terms = (class_probabilities.terms(given, true) for _, given, true in known)
    sums = [sum(column) for column in zip(*terms, strict=True)]
    exact = {m.name: m.value for m in class_probabilities.metrics(sums, len(known))}
    assert numbers(of, found) | exact == numbers(of, found)
    assert found.ledger.of(PredictionBucket.OVERDUE) == len(values) - len(known)
    truth = [true for *_, true in known]
    given = [[given[name] for name in names] for _, given, _ in known]
    ovr = numbers(of, found)["auc_ovr"]
    assert ovr == pytest.approx(sk.roc_auc_score(truth, given, multi_class="ovr"), abs=1e-3)

    known = [(best, {n: p for n, p in g.items() if n == best}, true) for best, g, true in known]
    truth, given = [row[-1] for row in known], [[g.get(n, 0.0) for n in names] for _, g, _ in known]
    ovr = numbers(of, seen(of, Tables(spark, columns, "STRING", known)))["auc_ovr"]
    each = [sk.roc_auc_score([t == n for t in truth], [row[i] for row in given])
            for i, n in enumerate(names)]  # fmt: skip
    assert ovr == pytest.approx(sum(each) / len(each), abs=1e-3)

    found = seen(of, Tables(spark, columns, "STRING", [*values, ("ham", {}, "lamb")]))
    assert task.invalid(found.cells(Group()))[0] == 1
    assert set(numbers(of, found).values()) == {None}
    none: list[Any] = [{"ham": math.nan}, {"ham": 1.2}, {"ham": -0.1}, {"ham": None}, None]
    bad = [("ham", given, "ham") for given in none]
    found = seen(of, Tables(spark, columns, "STRING", [*values, *bad]))
    assert task.invalid(found.cells(Group()))[0] == len(bad)
    assert set(numbers(of, found).values()) == {None}


def test_numbers_and_their_errors(spark: Any) -> None:
    draw = random.Random(3)
    values = [(draw.randrange(9_000) / 8, draw.randrange(4_000) / 8) for _ in range(200)]
    values += [(1.5, 0.0), (0.0, 0.0)]
    of = declared(task="regression", quantum=0.125, largest=10_000, levels=[0.1, 0.9])
    found, task = seen(of, Tables(spark, "score DOUBLE", "DOUBLE", values)), of.kind_of_task
    assert isinstance(task, Regression)
    assert task.errors(found.cells(Group())) == Errors.of(((y, p) for p, y in values), 0.125)
    assert None not in numbers(of, found).values()

    bad = [(math.nan, 1.0), (1.0, math.inf), (1e5, 1.0), (None, 1.0)]
    found = seen(of, Tables(spark, "score DOUBLE", "DOUBLE", [*values, *bad]))
    assert task.invalid(found.cells(Group()))[0] == len(bad)
    assert set(numbers(of, found).values()) == {None}


def test_ratios_whose_squares_no_long_holds(spark: Any) -> None:
    values = [(6e5, 0.125), (-599_999.5, 0.125), (6e5, -0.375), (12_500.0, 0.125), (0.125, 6e5)]
    of = declared(task="regression", quantum=0.125, largest=600_000)
    found, task = seen(of, Tables(spark, "score DOUBLE", "DOUBLE", values)), of.kind_of_task
    assert isinstance(task, Regression)
    errors = Errors.of(((y, p) for p, y in values), 0.125)
    assert errors.shares2 > 2**70
    assert task.errors(found.cells(Group())) == errors


def test_numbers_inside_the_interval_that_was_predicted(spark: Any) -> None:
    ends = [(1.0, 2.0), (1.5, 1.5), (1.6, 9.0), (0.0, 1.4), (None, 2.0), (0.0, math.nan)]
    values = [(0.0, low, high, 1.5) for low, high in ends]
    of = declared(task="regression", quantum=0.125, largest=100, lower="low", upper="high")
    columns = "score DOUBLE, low DOUBLE, high DOUBLE"
    found = seen(of, Tables(spark, columns, "DOUBLE", [*values, (0.0, 0.0, 9.0, None)]))
    assert numbers(of, found)["interval_coverage"] == pytest.approx(2 / 6)


def test_ranked_lists(spark: Any) -> None:
    draw, k = random.Random(4), 3
    lists = [
        [(draw.choice((0.1, 0.5, 0.9, draw.random())), float(draw.choice((0, 0, 1, 3))))
         for _ in range(draw.randrange(1, 8))]
        for _ in range(60)
    ]  # fmt: skip
    values: list[tuple[Any, ...]] = [
        (score, str(q), gain) for q, items in enumerate(lists) for score, gain in items
    ]
    values += [(0.5, "unknown yet", 1.0), (0.4, "unknown yet", None)]
    of = declared(task="ranking", query="query", best=k)
    found = seen(of, Tables(spark, "score DOUBLE, query STRING", "DOUBLE", values))
    task, rows = of.kind_of_task, [s[2:] for s in found.cells(Group()).values()]
    assert isinstance(task, Ranking)
    exact = of_queries(lists, k)
    total = Queries(*map(sum, zip(*rows, strict=True)))
    assert (total.n, total.no_positive) == (exact.n, exact.no_positive)
    for name, value in vars(exact).items():
        assert getattr(total, name) == pytest.approx(value, abs=2 * len(lists))  # last digits

    bad = [(math.nan, "q", 1.0), (0.5, "q", -1.0), (0.4, None, 1.0), (0.4, None, None),
           (0.5, "q", 0.0004), (0.5, "q", math.inf)]  # fmt: skip
    found = seen(of, Tables(spark, "score DOUBLE, query STRING", "DOUBLE", [*values, *bad]))
    invalid, what = task.invalid(found.cells(Group()))
    assert (invalid, what) == (
        len(bad),
        "predictions lack a query, a number to order them by, or a gain of 0 or from 0.001 to"
        " 1,000,000,000",
    )
    assert set(numbers(of, found).values()) == {None}


def test_labels_before_their_prediction_and_labels_that_never_came(spark: Any) -> None:
    of = declared(task="binary", truth={**OPTIONS["truth"], "event_time": "early"})
    tables = Tables(spark, "score DOUBLE", "INT", [(0.5, 1), (0.4, 0)])
    early = tables.frames["truth"].selectExpr("id", "label", "at - INTERVAL 2 DAYS AS early")
    tables.frames["truth"] = early
    found = seen(of, tables)
    assert found.ledger.of(LabelBucket.BEFORE_PREDICTION) == 2
    assert found.ledger.of(PredictionBucket.OVERDUE) == 2
    tables.frames["truth"] = early.limit(0)
    assert seen(of, tables).ledger.labelled == 0
    assert set(numbers(of, seen(of, tables)).values()) == {None}
