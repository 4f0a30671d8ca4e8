"""Numbers and names that Python, Java or the system can't hold: a problem with its line each."""

from __future__ import annotations

import pytest

from sparkguard.bound_rules import bind_contract
from sparkguard.contracts.yaml import load
from sparkguard.errors import ConfigurationError
from tests.contracts.written import contract, table

HUGE = "9" * 401
LIMIT = "- {{name: a, logicalType: {}, logicalTypeOptions: {{{}}}}}"
RULE = "- {{name: a, logicalType: {}, quality: [{}]}}"
CUSTOM = "{{type: custom, engine: sparkguard, implementation: {{check: {}}}}}"


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (RULE.format("integer", f"{{metric: nullValues, mustBe: {HUGE}}}"), "at most 300 digits"),
        (LIMIT.format("integer", f"maximum: {HUGE}"), "at most 300 digits"),
        (LIMIT.format("integer", f"maximum: {'9' * 4001}"), "at most 300 digits"),
        (
            RULE.format("integer", CUSTOM.format(f"null_share, max: {HUGE}")),
            "at most 300 digits",
        ),
        (LIMIT.format("integer", f"maximum: 0x{'f' * 5000}"), "at most 300 digits"),
        (LIMIT.format("integer", f"maximum: 0o{'7' * 5000}"), "at most 300 digits"),
        (LIMIT.format("number", f"maximum: 1e{'9' * 20}"), "an exponent"),
        (LIMIT.format("number", f"maximum: 1e-{'9' * 20}"), "an exponent"),
        (
            LIMIT.format("timestamp", "minimum: 2024-01-01T00:00:00, defaultTimezone: America"),
            "is no time zone",
        ),
        (
            LIMIT.format("timestamp", f"minimum: '2024-01-01', defaultTimezone: {'x' * 300}"),
            "is no time zone",
        ),
    ],
)
def test_what_nothing_can_hold_is_a_problem_with_its_line(column: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        bind_contract(contract(table(column)))
    assert all(problem.where.line == 9 for problem in caught.value.problems)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_quoted_number_is_text_however_long() -> None:
    assert load(f"a: '{HUGE}'", "f").data == {"a": HUGE}
