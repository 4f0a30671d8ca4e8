"""Declarations that make no sense are refused before any row is read."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any

import pytest

from sparkguard.errors import ConfigurationError
from sparkguard.evaluation.sources import truth_need
from tests.evaluation.states import TRUTH, days, declared, seen_on, struct


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"metrics": {"acu": {"least": 1}}}, "no metric 'acu'"),
        ({"metrics": {"auc": {}}}, "least, most or margin"),
        ({"metrics": {"auc": {"least": math.nan}}}, "least is a finite number"),
        ({"metrics": {"auc": {"most": math.inf}}}, "most is a finite number"),
        ({"metrics": {"auc": {"margin": math.nan}}}, "margin is a finite number"),
        ({"positive": math.nan}, "positive is a label, found nan"),
        ({"thresholds": [math.nan]}, "between 0 and 1"),
        ({"task": "regression", "levels": [math.nan]}, "between 0 and 1"),
        ({"task": "regression", "quantum": math.inf}, "positive and finite"),
        ({"task": "regression", "largest": math.nan}, "positive and finite"),
        ({"task": "regression", "largest": 1e300}, "overflow"),
        ({"horizon": "PT5H"}, "whole days"),
        ({"thresholds": [1.5]}, "between 0 and 1"),
        ({"task": "regression", "quantum": 1e-9}, "overflow"),
        ({"owners": {"feed": "x"}}, "no condition 'feed'"),
        ({"acknowledged": [{"condition": "feed_dead", "by": "b", "until": "soon"}]}, "a day"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        declared(**more)


def test_types_that_can_not_be_evaluated_are_refused_before_any_row_is_read() -> None:
    of = declared(score="origin")
    with pytest.raises(ConfigurationError, match="needs a number"):
        seen_on(60, days(2), of)
    of = declared(time="score")
    with pytest.raises(ConfigurationError, match="to be a time"):
        seen_on(60, days(2), of)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression", "ranking"])
def test_every_task_can_be_declared_with_its_defaults(task: str) -> None:
    query = {"query": "origin"} if task == "ranking" else {}
    assert declared(task=task, **query).kind_of_task.names()


@pytest.mark.parametrize(
    ("label", "more", "said"),
    [
        ("INT", {"positive": "yes"}, "the label is a number and the class 'yes' is text"),
        ("BOOLEAN", {"positive": "yes", "negative": "no"}, "true or false and the class is 'yes'"),
        ("BOOLEAN", {"positive": True, "negative": "true"}, "are one class"),
        ("STRING", {"positive": "1", "negative": 1}, "are one class"),
        ("DATE", {}, "a binary label is a boolean, a number or text, found date"),
        ("STRING", {"task": "regression"}, "the label of a regression is a number, found string"),
    ],
)
def test_labels_and_classes_of_two_types_are_refused(
    label: str, more: dict[str, Any], said: str
) -> None:
    tables = {"preds": "id BIGINT, made TIMESTAMP, score DOUBLE, origin STRING",
              "truth": f"id BIGINT, late {label}, at TIMESTAMP, known TIMESTAMP"}  # fmt: skip
    schemas = {name: struct(columns) for name, columns in tables.items()}
    with pytest.raises(ConfigurationError, match=said):
        truth_need(declared(**more), "preds", schemas, datetime(2012, 1, 1, tzinfo=timezone.utc))


@pytest.mark.parametrize(
    ("mine", "theirs", "version", "said"),
    [
        ("STRING", "BIGINT", "INT", "string against bigint would need a cast"),
        ("BIGINT", "DOUBLE", "INT", "double is no key"),
        ("INT", "BIGINT", "DOUBLE", "expected whole numbers or times, found double"),
        ("INT", "BIGINT", "STRING", "expected whole numbers or times, found string"),
        ("STRING", "STRING", "TIMESTAMP", ""),
    ],
)
def test_ids_and_versions_are_compared_as_they_are(
    mine: str, theirs: str, version: str, said: str
) -> None:
    schemas = {
        "preds": struct(f"id {mine}, made TIMESTAMP, score DOUBLE, origin STRING"),
        "truth": struct(f"id {theirs}, late INT, at TIMESTAMP, known TIMESTAMP, v {version}"),
    }
    of = declared(truth={**TRUTH, "version": "v"})
    when = datetime(2012, 1, 1, tzinfo=timezone.utc)
    if not said:
        assert truth_need(of, "preds", schemas, when)
        return
    with pytest.raises(ConfigurationError, match=said):
        truth_need(of, "preds", schemas, when)
