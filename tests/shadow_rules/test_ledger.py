from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from sparkguard.shadow_rules.ledger import LedgerRow, PairStatus, Status, mismatch, pair, pairs
from sparkguard.slices import WHOLE

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def rows(text: str) -> list[LedgerRow]:
    """`ci si cc` is intent of control and shadow, commit of control; `f` failed, `k` confirmed."""
    status = {"i": "intent", "c": "committed", "k": "confirmed", "f": "failed"}
    return [
        LedgerRow(
            run_id="r",
            shadow="s",
            partition=WHOLE,
            sink={"c": "control", "s": "shadow"}[step[0]],
            status=Status(status[step[1]]),
            at=NOW + timedelta(minutes=i),
            deadline=NOW + timedelta(hours=1),
            txn_app_id="a",
        )
        for i, step in enumerate(text.split())
    ]


@pytest.mark.parametrize(
    ("steps", "after", "status"),
    [
        ("ci si cc ck sc sk", 2, "confirmed"),
        ("ci si cc ck sc", 0, "pending"),
        ("ci si cc ck sf", 0, "diverged"),
        ("ci si cc ck", 0, "pending"),
        ("ci si cc ck", 2, "diverged"),
        ("ci si cc ck sc", 2, "diverged"),
        ("ci", 0, "diverged"),
        ("", 0, "diverged"),
    ],
)
def test_only_a_confirmed_pair_is_compared(steps: str, after: int, status: str) -> None:
    now = NOW + timedelta(hours=after)
    for order in itertools.islice(itertools.permutations(rows(steps)), 24):
        assert pair(order, now).status == status


def test_a_diverged_pair_says_why() -> None:
    assert pair(rows("ci si sf"), NOW).reason == "the write to the shadow failed: "
    late = NOW + timedelta(hours=2)
    assert pair(rows("ci si"), late).reason == "the control was not written by its deadline"
    assert pair(rows("ci"), NOW).status is PairStatus.DIVERGED


def test_pairs_are_told_apart_by_run_and_partition() -> None:
    first, second = rows("ci si cc ck sc sk"), [replace(r, run_id="q") for r in rows("ci si sf")]
    found = pairs([*second, *first], NOW)
    assert {run: state.status.value for (run, _), state in found.items()} == {
        "r": "confirmed",
        "q": "diverged",
    }


@pytest.mark.parametrize(
    ("written", "read", "says"),
    [
        (5, 5, ""),
        (0, 0, ""),
        (5, 4, "Delta's commit wrote 5 rows, 4 were read back"),
        (None, 4, "Delta's history does not say how many rows the commit wrote"),
    ],
)
def test_rows_read_back_confirm_a_write(written: int | None, read: int, says: str) -> None:
    assert mismatch(written, read) == says
