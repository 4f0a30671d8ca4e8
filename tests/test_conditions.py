from __future__ import annotations

import pytest

from sparkguard.conditions import condition_of, is_storage


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
