from __future__ import annotations

import pytest

from sparkguard.slices import WHOLE
from sparkguard.verdicts import Outcome, Severity, Verdict, exit_code

PASS, WARN, FAIL, ERROR, SKIPPED, NOT_EVALUABLE = Outcome


def verdict(outcome: Outcome, counts_as: Outcome | None = None) -> Verdict:
    return Verdict("c", WHOLE, outcome, Severity.ERROR, counts_as=counts_as)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([PASS], 0),
        ([PASS, WARN, SKIPPED], 0),
        ([PASS, FAIL], 1),
        ([FAIL, ERROR], 3),
        ([PASS, NOT_EVALUABLE], 3),
        ([], 3),
        ([SKIPPED], 3),
        ([NOT_EVALUABLE], 3),
    ],
)
def test_exit_code(outcomes: list[Outcome], code: int) -> None:
    assert exit_code(map(verdict, outcomes)) == code


def test_a_warning_fails_only_on_request() -> None:
    assert exit_code([verdict(WARN)], fail_on_warn=True) == 1


@pytest.mark.parametrize(("policy", "code"), [(FAIL, 1), (WARN, 0), (ERROR, 3)])
def test_policy_for_what_the_data_cannot_support(policy: Outcome, code: int) -> None:
    assert exit_code([verdict(PASS), verdict(NOT_EVALUABLE)], not_evaluable=policy) == code


def test_no_policy_turns_a_run_that_evaluated_nothing_into_success() -> None:
    assert exit_code([verdict(NOT_EVALUABLE), verdict(SKIPPED)], not_evaluable=WARN) == 3
    assert exit_code([verdict(NOT_EVALUABLE, counts_as=WARN)]) == 3


def test_what_depends_on_a_broken_column_never_raises_the_code_above_one() -> None:
    assert exit_code([verdict(FAIL), verdict(NOT_EVALUABLE, counts_as=FAIL)]) == 1


def test_severity_says_what_a_violation_becomes() -> None:
    assert Severity.ERROR.violated is FAIL
    assert Severity.WARN.violated is Severity.INFO.violated is WARN
