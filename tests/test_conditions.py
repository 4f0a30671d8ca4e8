from __future__ import annotations

import pytest

from sparkguard.conditions import broken_constraint, condition_of, is_storage


class WithCondition(Exception):
    def getCondition(self) -> str:
        return "CAST_INVALID_INPUT"


@pytest.mark.parametrize(
    ("error", "condition"),
    [
        (WithCondition("[CAST_INVALID_INPUT] The value 'secret' ..."), "CAST_INVALID_INPUT"),
        (Exception("x [FAILED_READ_FILE.NO_HINT] reading 'secret'"), "FAILED_READ_FILE.NO_HINT"),
        (
            Exception("An error: : io.delta.exceptions.ConcurrentAppendException: secret"),
            "ConcurrentAppendException",
        ),
        (
            Exception(
                "[TASK_WRITE_FAILED] Task failed, '[SECRET]'\n\tat a.b(C.scala:1)\n"
                "Caused by: org.apache.spark.SparkException: [FAILED_READ_FILE.FILE_NOT_EXIST] x"
            ),
            "FAILED_READ_FILE.FILE_NOT_EXIST",
        ),
        (Exception("[TASK_WRITE_FAILED] Task failed, '[SECRET]'"), "TASK_WRITE_FAILED"),
        (ValueError("secret"), "ValueError"),
    ],
)
def test_the_condition_without_the_values(error: Exception, condition: str) -> None:
    assert condition_of(error) == condition


def test_storage_failures_are_told_from_expressions() -> None:
    assert is_storage("FAILED_READ_FILE.NO_HINT")
    assert is_storage("DELTA_FILE_NOT_FOUND_DETAILED")
    assert not is_storage("DIVIDE_BY_ZERO")


JAVA = "An error occurred while calling o1.save.\n: org.apache.spark.sql.delta.schema.X: "
CONNECT = "(org.apache.spark.sql.delta.schema.DeltaInvariantViolationException) "
TASK = "[TASK_WRITE_FAILED] Task failed\nCaused by: org.apache.spark.sql.delta.schema.X: "


@pytest.mark.parametrize("around", [JAVA, CONNECT, TASK])
@pytest.mark.parametrize(
    ("text", "broken"),
    [
        (
            "[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES] CHECK constraint pos (a > 0) violated by row "
            "with values:\n - a : [SECRET]",
            "the CHECK constraint pos",
        ),
        (
            "[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES] CHECK constraint Generated Column (g <=> a) "
            "violated by row with values:\n - a : 7",
            "a CHECK constraint",
        ),
        (
            "[DELTA_NOT_NULL_CONSTRAINT_VIOLATED] NOT NULL constraint violated for column: s.x.\n",
            "NOT NULL of s.x",
        ),
        (
            '[DELTA_EXCEED_CHAR_VARCHAR_LIMIT] Value "secret" exceeds char/varchar type length '
            "limitation. Failed check: ((b IS NULL) OR (length(b) <= 2)).",
            "the length of a char or varchar column",
        ),
        ("[DELTA_METADATA_MISMATCH] A metadata mismatch", ""),
    ],
)
def test_a_broken_constraint_is_named_without_the_values(
    around: str, text: str, broken: str
) -> None:
    assert broken_constraint(Exception(around + text)) == broken
