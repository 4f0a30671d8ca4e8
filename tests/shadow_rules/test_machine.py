from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.errors import ConfigurationError
from sparkguard.shadow_rules.machine import (
    MOVES,
    Entry,
    Progress,
    Requirements,
    State,
    following,
    move,
    progress,
    strata_of,
)
from sparkguard.shadow_rules.verdict import Counter, PartitionOutcome, Waiver
from sparkguard.slices import WHOLE, Slice

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
LETTERS = {"c": "clean", "w": "waived", "d": "dirty", "v": "void", "e": "error"}


def part(number: int) -> Slice:
    return Slice.of({"month": str(number)})


def entries(letters: str, code: str = "now") -> list[Entry]:
    """One verdict per letter on partitions 1, 2, ...; `.` leaves one out."""
    return [
        Entry(part(i), PartitionOutcome(LETTERS[x]), code, START + timedelta(hours=i), 10, 10, 3, 3)
        for i, x in enumerate(letters, 1)
        if x != "."
    ]


def found(history: list[Entry], months: int = 12, **changes: Any) -> Progress:
    needs = Requirements(**{"clean": 3, **changes.pop("needs", {})})
    options = {"sensitivity": {"dropped row": True}, "noise_ok": True, "by": ("month",), **changes}
    return progress(history, map(part, range(1, months + 1)), "now", needs, **options)


@pytest.mark.parametrize(
    ("letters", "streak", "eligible"),
    [
        ("ccc", 3, True),
        ("cc", 2, False),
        ("ccdcc", 2, False),
        ("ccvcc", 2, False),
        ("cc.ccc", 3, True),
        ("cccd", 0, False),
        ("ccce", 0, False),
        ("dddccc", 3, True),
        ("", 0, False),
    ],
)
def test_clean_partitions_count_in_a_row_without_holes(
    letters: str, streak: int, eligible: bool
) -> None:
    now = found(entries(letters))
    assert (len(now.streak), now.eligible) == (streak, eligible)


def test_a_hole_that_is_run_again_counts_and_partitions_sort_by_number() -> None:
    history = entries("ccccccccvc")
    assert len(found(history).streak) == 1
    mended = replace(history[8], outcome=PartitionOutcome.CLEAN, at=START + timedelta(days=9))
    assert [p.values[0][1] for p in found([*history, mended]).streak] == [
        str(n) for n in range(1, 11)
    ]


def test_a_later_dirty_verdict_takes_a_clean_one_back() -> None:
    history = entries("ccc")
    later = replace(history[1], outcome=PartitionOutcome.DIRTY, at=START + timedelta(days=9))
    assert len(found([*history, later]).streak) == 1


def test_a_change_of_code_resets_the_count() -> None:
    now = found(entries("cccc", code="before"))
    assert now.streak == ()
    assert now.obstacles[0] == "0 of 3 clean partitions in a row"


@pytest.mark.parametrize(("share", "eligible"), [(0.0, False), (0.34, True)])
def test_waived_partitions_count_up_to_their_share(share: float, eligible: bool) -> None:
    now = found(entries("cwc"), needs={"waived": share})
    assert (now.waived, now.eligible) == (1, eligible)


def test_missing_evidence_is_named() -> None:
    now = found(entries("ccc"), sensitivity=None, noise_ok=None, needs={"strata": ("dst_day",)})
    assert now.obstacles == (
        "no clean partition with dst_day",
        "control was not yet compared with itself",
        "no faults were seeded yet",
    )
    missed = found(entries("ccc"), sensitivity={"one unit": False, "dropped row": True})
    assert missed.obstacles == ("seeded faults not detected: one unit",)
    assert found(entries("ccc"), noise_ok=False).obstacles == ("control differs from itself",)


def test_a_stratum_is_seen_or_waived() -> None:
    history = entries("ccc")
    history[1] = replace(history[1], strata=frozenset({"dst_day"}))
    assert found(history, needs={"strata": ("dst_day",)}).eligible
    held = Waiver(
        "w", "ann", "none in summer", WHOLE, Counter.STRATUM, 1, date(2026, 2, 1), "backfill"
    )
    needs = {"strata": ("dst_day", "backfill")}
    assert found(history, needs=needs, waivers=[held], on=date(2026, 1, 5)).eligible
    assert not found(history, needs=needs, waivers=[held], on=date(2026, 3, 1)).eligible


def test_an_expired_waiver_of_a_counted_partition_stands_in_the_way() -> None:
    held = Waiver("w", "ann", "known", part(2), Counter.VALUE, 5, date(2026, 2, 1), "x")
    history = entries("cwc")
    needs = {"waived": 1.0}
    assert found(history, needs=needs, waivers=[held], on=date(2026, 2, 1)).eligible
    now = found(history, needs=needs, waivers=[held], on=date(2026, 2, 2))
    assert now.obstacles == ("waiver w expired on 2026-02-01",)


def test_coverage_has_its_minimum() -> None:
    short = [replace(e, rows=5, columns=2) for e in entries("ccc")]
    now = found(short, needs={"partitions": 0.5})
    assert now.obstacles == (
        "15 of 30 rows compared; 1 of them are needed",
        "2 of 3 columns compared; 1 of them are needed",
        "3 of 12 partitions compared; 0.5 of them are needed",
    )


@given(st.text("cwdve.", max_size=12))
def test_the_streak_is_a_run_of_good_partitions_that_nothing_bad_follows(letters: str) -> None:
    now = found(entries(letters))
    numbers = [int(p.values[0][1] or 0) for p in now.streak]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    assert all(letters[n - 1] in "cw" for n in numbers)
    after = letters[numbers[-1] :] if numbers else ""
    assert set(after) <= {"."}


def test_only_the_steps_of_the_machine_are_taken() -> None:
    for now in State:
        for to in State:
            if to in MOVES[now]:
                move(now, to)
            else:
                with pytest.raises(ConfigurationError, match="can't become"):
                    move(now, to)
    move(None, State.REGISTERED)
    with pytest.raises(ConfigurationError, match="that is not registered can't become promoted"):
        move(None, State.PROMOTED)


def test_evidence_alone_leads_to_eligible_and_back_never_to_promoted() -> None:
    ready, not_ready = Progress(), Progress(obstacles=("x",))
    assert following(State.REGISTERED, not_ready) is State.OBSERVING
    assert following(State.OBSERVING, ready) is State.ELIGIBLE
    assert following(State.ELIGIBLE, ready) is State.ELIGIBLE
    assert following(State.ELIGIBLE, not_ready) is State.OBSERVING
    assert following(State.OBSERVING, ready, "noise") is State.BLOCKED
    assert following(State.BLOCKED, not_ready) is State.OBSERVING
    assert following(State.PROMOTED, not_ready) is State.PROMOTED


@pytest.mark.parametrize("now", State)
@pytest.mark.parametrize("failed", ["", "control differs from itself"])
@pytest.mark.parametrize("obstacles", [(), ("x",)])
def test_wherever_the_evidence_leads_there_is_a_step(
    now: State, failed: str, obstacles: tuple[str, ...]
) -> None:
    to = following(now, Progress(obstacles=obstacles), failed)
    if to is not now:
        move(now, to)


@pytest.mark.parametrize(
    ("period", "zone", "strata"),
    [
        ("2013-03", "America/New_York", {"month_end", "dst_day"}),
        ("2013-3", "UTC", {"month_end"}),
        ("2013-05", "America/New_York", {"month_end"}),
        ("2013-03-10", "America/New_York", {"dst_day"}),
        ("2013-03-31", "Europe/Berlin", {"month_end", "dst_day"}),
        ("2013-03-11", "America/New_York", set()),
        ("summer", "UTC", set()),
        ("9999-12-31", "America/New_York", set()),
        ("9999-12", "UTC", set()),
        ("0000-1", "UTC", set()),
        ("2013-13", "UTC", set()),
        ("2013-0", "UTC", set()),
        ("2013-2-30", "UTC", set()),
        ("2013-2-29", "UTC", set()),
        ("2013-3-0", "America/New_York", set()),
    ],
)
def test_strata_come_from_the_calendar(period: str, zone: str, strata: set[str]) -> None:
    assert strata_of(period, 5, zone) == strata
    assert strata_of(period, 0, zone) == strata | {"empty_partition"}


def judged(where: dict[str, str], outcome: str, hour: int) -> Entry:
    at = START + timedelta(hours=hour)
    return Entry(Slice.of(where), PartitionOutcome(outcome), "now", at, 10, 10, 3, 3)


def test_partitions_follow_each_other_by_their_columns_as_declared() -> None:
    """Three clean months, then three with differences, over the turn of a year."""
    months = [(2023, 10), (2023, 11), (2023, 12), (2024, 1), (2024, 2), (2024, 3)]
    history = [
        judged({"year": str(y), "month": str(m)}, "clean" if i < 3 else "dirty", i)
        for i, (y, m) in enumerate(months)
    ]
    now = found(history, months=0, by=("year", "month"))
    assert (now.streak, now.eligible) == ((), False)
    mended = [replace(e, outcome=PartitionOutcome.CLEAN) for e in history[3:]]
    assert len(found([*history[:3], *mended], months=0, by=("year", "month")).streak) == 6


def test_only_verdicts_on_partitions_count_towards_the_streak() -> None:
    parts = [judged({"origin": x}, "clean", i) for i, x in enumerate(("EWR", "JFK", "LGA"))]
    assert found(parts, by=("month",)).streak == ()
    dirty = judged({"origin": "JFK"}, "dirty", 9)
    assert found([*entries("ccc"), dirty], by=("month",)).streak == ()
    again = judged({"month": "3"}, "clean", 10)
    assert found([*entries("ccc"), dirty, again], by=("month",)).streak == (part(3),)


@pytest.mark.parametrize(
    ("outcomes", "streak"),
    [
        (("clean", "clean"), 1),
        (("clean", "dirty"), 0),
        (("", "clean"), 0),
        (("", "dirty"), 0),
    ],
)
def test_of_a_table_without_partitions_the_whole_counts_and_no_part_of_it(
    outcomes: tuple[str, str], streak: int
) -> None:
    where: tuple[dict[str, str], ...] = ({}, {"origin": "JFK"})
    held = [judged(w, o, i) for i, (w, o) in enumerate(zip(where, outcomes, strict=True)) if o]
    needs, seen = Requirements(clean=1), {"sensitivity": {"x": True}, "noise_ok": True}
    now = progress(held, (WHOLE,), "now", needs, **seen)  # type: ignore[arg-type]
    assert (len(now.streak), now.eligible) == (streak, bool(streak))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"clean": 0}, "clean is at least 1 partition"),
        ({"rows": 2.0}, "rows is 0 to 1"),
        ({"strata": ("moon",)}, "found 'moon'"),
    ],
)
def test_requirements_that_make_no_sense_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Requirements(**options)
