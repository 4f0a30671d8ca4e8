from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.contracts.compatibility.grades import (
    BOTH,
    LOOSENS,
    NONE,
    TIGHTENS,
    UNDETERMINED,
    Answer,
    Grade,
    Party,
)

answers = st.sampled_from(Answer)
grades = st.builds(Grade, answers, answers)


@given(grades, grades, grades)
def test_grades_combine_in_any_order(a: Grade, b: Grade, c: Grade) -> None:
    assert (a | b) | c == a | (b | c)
    assert a | b == b | a
    assert a | a == a
    assert a | NONE == a
    assert (a | b).breaks >= a.breaks


@pytest.mark.parametrize(
    ("grade", "name", "breaks"),
    [
        (NONE, "NONE", set()),
        (TIGHTENS, "TIGHTENS", {Party.HISTORY}),
        (LOOSENS, "LOOSENS", {Party.CONSUMERS}),
        (BOTH, "BOTH", set(Party)),
        (UNDETERMINED, "UNDETERMINED", set()),
        (TIGHTENS | UNDETERMINED, "TIGHTENS", {Party.HISTORY}),
    ],
)
def test_a_grade_names_who_breaks(grade: Grade, name: str, breaks: set[Party]) -> None:
    assert grade.name == name
    assert grade.breaks == breaks
