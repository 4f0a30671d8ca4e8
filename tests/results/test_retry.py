from __future__ import annotations

import pytest

from sparkguard.errors import StoreError
from sparkguard.results.retry import Retry, is_concurrent, is_final
from tests.results.support import AnalysisException, FixedClock


class Py4JJavaError(Exception):
    """What a Delta exception arrives as when no Python class is registered for it."""


CONCURRENT = [
    "[DELTA_CONCURRENT_APPEND.WITHOUT_HINT] ConcurrentAppendException: Files were added",
    "io.delta.exceptions.ConcurrentTransactionException: This error occurs when",
    "io.delta.exceptions.ProtocolChangedException: [DELTA_PROTOCOL_CHANGED] the protocol",
    "io.delta.exceptions.MetadataChangedException: [DELTA_METADATA_CHANGED]",
    "org.apache.spark.sql.delta.ConcurrentWriteException: schema mismatch elsewhere",
]
FINAL = [
    "[DELTA_METADATA_MISMATCH] A metadata mismatch was detected",
    "[DELTA_FAILED_TO_MERGE_FIELDS] Failed to merge fields",
    "org.apache.hadoop.security.AccessControlException: Permission denied: user=bob",
    "java.io.FileNotFoundException: /lake/part-0.parquet (Read-only file system)",
]
AMBIGUOUS = [
    "com.amazonaws.services.s3.model.AmazonS3Exception: Status Code: 503; SlowDown",
    "java.net.SocketTimeoutException: Read timed out",
    "RemoteException(org.apache.hadoop.hdfs.server.namenode.SafeModeException): in safe mode"
    "\n\tat java.security.AccessController.doPrivileged(Native Method)",
]


@pytest.mark.parametrize("text", CONCURRENT)
def test_somebody_elses_commit_is_tried_again(text: str) -> None:
    assert is_concurrent(Py4JJavaError(text))
    assert not is_final(Py4JJavaError(text))


@pytest.mark.parametrize("text", FINAL)
def test_what_can_only_fail_again_is_final(text: str) -> None:
    assert is_final(Py4JJavaError(text))


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_a_lost_answer_is_tried_again(text: str) -> None:
    assert not is_final(Py4JJavaError(text))
    assert not is_concurrent(Py4JJavaError(text))


def test_pauses_double_up_to_the_longest_and_are_random() -> None:
    retry = Retry(first=1, longest=5, uniform=lambda: 0.5)
    assert [retry.pause(attempt) for attempt in range(1, 6)] == [0.5, 1, 2, 2.5, 2.5]


def test_attempts_are_counted_and_the_message_holds_no_values() -> None:
    clock = FixedClock()
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise Py4JJavaError("java.net.SocketTimeoutException: row 'Ann Smith'")

    retry = Retry(attempts=3, first=1, clock=clock, uniform=lambda: 1.0)
    with pytest.raises(StoreError) as caught:
        retry.run(fail, "appending to results")
    assert str(caught.value) == (
        "appending to results failed after 3 attempts: SocketTimeoutException"
    )
    assert len(calls) == 3
    assert clock.slept == [1, 2]


def test_a_schema_mismatch_is_never_tried_again() -> None:
    clock = FixedClock()

    def fail() -> None:
        raise AnalysisException

    with pytest.raises(StoreError, match="failed: DELTA_METADATA_MISMATCH"):
        Retry(clock=clock).run(fail, "appending")
    assert clock.slept == []


def test_an_interrupt_is_not_swallowed() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Retry(clock=FixedClock()).run(interrupt, "appending")
