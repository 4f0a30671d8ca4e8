from __future__ import annotations

from typing import Any

from sparkguard.report.cohorts import COVERAGE, pictures


def cohort(week: int, metric: str, value: float | None) -> dict[str, Any]:
    numbers = {"low": 0.1, "high": 0.9, "coverage": 0.8, "expected_coverage": 0.9}
    counts = {"n_labelled": 80, "n_predictions": 100}
    names = {"check_id": "scores.model.accounting", "slice": f"week={week}", "metric": metric}
    return {**names, "value": value, **numbers, **counts}


def test_a_metric_is_shown_with_its_own_check_beside_the_coverage_that_it_rests_on() -> None:
    rows = [cohort(w, m, 0.5) for m in ("auc", "brier") for w in (1, 2)]
    found = pictures(rows, {"scores.model.auc", "scores.model.accounting"})
    assert {check: [p.name for p in shown] for check, shown in found.items()} == {
        "scores.model.auc": [COVERAGE, "auc by cohort"],
        "scores.model.accounting": [COVERAGE, "brier by cohort"],
    }
    coverage, _ = found["scores.model.auc"]
    assert [(p.label, p.number, p.high) for p in coverage.rows] == [
        ("1", 0.8, 0.9),
        ("2", 0.8, 0.9),
    ]


def test_a_cohort_without_a_value_has_a_coverage_all_the_same() -> None:
    (found,) = pictures([cohort(1, "auc", None)], set()).values()
    assert [len(picture.rows) for picture in found] == [1, 0]


def test_cohorts_that_were_not_read_are_left_out_of_the_picture() -> None:
    (found,) = pictures([{**cohort(9, "auc", 0.5), "left_out": 8}], set()).values()
    assert [picture.left_out for picture in found] == [8, 8]
