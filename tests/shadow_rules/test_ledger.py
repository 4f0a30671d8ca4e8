from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from sparkguard.shadow_rules.ledger import (
    SINKS,
    LedgerRow,
    PairStatus,
    Status,
    last_pairs,
    last_touching,
    mismatch,
    pair,
    pairs,
    uncompared,
    unconfirmed,
)
from sparkguard.slices import WHOLE, Slice

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


MAY, JUNE = Slice.of({"month": "5"}), Slice.of({"month": "6"})
DONE = "ci si cc ck sc sk"


def write(run: str, hour: int, steps: str = DONE, where: Slice = MAY) -> list[LedgerRow]:
    """The rows of a run in an hour, whose commits on both sides have its number as version."""
    return [
        replace(r, run_id=run, partition=where, at=r.at + timedelta(hours=hour),
                deadline=r.deadline + timedelta(hours=hour), commit_version=hour)
        for r in rows(steps)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("later", "says"),
    [
        ([], ""),
        (write("r2", 3), "what run r2 wrote last was not compared"),
        (write("r2", 3, "ci si"), "the control was not written by its deadline"),
        (write("r2", 3, "ci si cc sf"), "the write to the shadow failed: "),
        (write("r2", 3, DONE, WHOLE), "what run r2 wrote last was not compared"),
        (write("r2", 3, DONE, JUNE), ""),
        (write("r0", 0, "ci si") + write("r0", 3, "cc"), "the control was not confirmed by its"),
        (write("r0", 0, "ci si"), ""),
    ],
)
def test_a_verdict_speaks_of_what_was_written_last(later: list[LedgerRow], says: str) -> None:
    """That of a run in hour 1, on the versions 1 that it wrote."""
    last = last_pairs(pairs([*later, *write("r1", 1)], NOW + timedelta(days=1)))
    held, seen = last_touching(last, MAY), {"control": 1, "shadow": 1}
    assert held is not None
    reason = uncompared(held, seen, NOW + timedelta(hours=2))
    assert says in reason
    assert bool(reason) == bool(says)


def unknown(steps: list[LedgerRow]) -> list[LedgerRow]:
    return [replace(r, commit_version=None) for r in steps]


@pytest.mark.parametrize(
    ("first", "between", "says"),
    [
        ("ci si cc sc", write("new", 2), "what run new wrote last was not compared"),
        ("ci si", write("new", 2), "what run new wrote last was not compared"),
        ("ci si cc sf", write("new", 2), "what run new wrote last was not compared"),
        ("ci si cc sc", write("new", 2, DONE, WHOLE), "what run new wrote last was not compared"),
        ("ci si cc sc", write("new", 2, "ci si cc sf"), "what run new wrote last was not"),
        (
            "ci si cc sc",
            unknown(write("new", 2, "ci si")),
            "run new may have written after run old: the co",
        ),
        ("ci si cc sc", write("new", 2, DONE, JUNE), ""),
        ("ci si cc sc", write("before", 0), ""),
    ],
)
def test_a_repeated_run_does_not_act_on_rows_that_another_wrote_since(
    first: str, between: list[LedgerRow], says: str
) -> None:
    """It began in hour 1 and died; repeated in hour 4, it finds its version 1 and confirms it."""
    again = [replace(r, at=r.at + timedelta(hours=3)) for r in write("old", 1)]
    told = {(r.sink, r.status) for r in write("old", 1, first)}
    steps = write("old", 1, first) + [r for r in again if (r.sink, r.status) not in told]
    held = last_pairs(pairs([*between, *steps], NOW + timedelta(days=1)))
    at = NOW + timedelta(hours=5)
    state = last_touching(held, MAY)
    assert state is not None
    reason = uncompared(state, dict.fromkeys(SINKS, 1), at)
    assert says in reason
    assert bool(reason) == bool(says)
    assert (unconfirmed(state) == reason) == (not says or "may have" in says)


def test_a_run_that_began_after_another_had_ended_is_not_held_to_its_versions() -> None:
    """Those of a table that was dropped and made anew begin again."""
    again = [replace(r, commit_version=0) for r in write("new", 9)]
    held = last_touching(last_pairs(pairs([*write("old", 5), *again], NOW)), MAY)
    assert held is not None
    assert not uncompared(held, {"control": 0, "shadow": 0}, NOW + timedelta(hours=10))


def test_versions_decide_whether_a_write_was_compared_and_times_where_they_are_unknown() -> None:
    held = pair(write("r1", 5), NOW)
    after, before = NOW + timedelta(hours=9), NOW
    assert not uncompared(held, {"control": 6, "shadow": 5}, before)
    assert uncompared(held, {"control": 5, "shadow": 4}, after)
    assert uncompared(held, {"control": 5, "shadow": None}, before)
    assert not uncompared(held, {}, after)
    assert last_touching({JUNE: held}, MAY) is None


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
