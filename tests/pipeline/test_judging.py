"""Every planned check is reported exactly once, and what can't be evaluated is never a pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.checks.base import (
    Check,
    Context,
    Judged,
    Judgement,
    TableFacts,
    not_evaluable,
    passed,
    violated,
)
from sparkguard.datatypes import Struct, parse
from sparkguard.errors import ConfigurationError
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.options import ColumnPath
from sparkguard.pipeline.judging import Result, Sight, judge
from sparkguard.plan import Entry, Plan, new_needs
from sparkguard.profile import Failure, Need, Profile, Scanned
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Coverage, Outcome, Severity, Verdict

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
MAY, JUNE = Slice.of({"month": "5"}), Slice.of({"month": "6"})
ROWS = Need(Table("t"), Rows())
SCHEMA = parse("struct<a:int>")
assert isinstance(SCHEMA, Struct)
FACTS = TableFacts("t", SCHEMA)


@dataclass(frozen=True)
class Fake(Check):
    """Behaves as told: judges, raises, or claims to have seen some number of rows."""

    does: str = "pass"
    claims: int | None = None

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset()

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        if self.does == "crash":
            raise RuntimeError("secret")
        if self.does == "misuse":
            raise ConfigurationError("these keys can't be compared")
        return (ROWS,)

    def survey(self, context: Context) -> int:
        if self.does == "survey":
            raise ValueError("secret")
        return context.seen.rows(Table("t"))

    def judge(self, seen: Profile, context: Context) -> Judgement:
        rows = self.claims if self.claims is not None else seen.rows(Table("t"))
        match self.does:
            case "pass":
                return passed(rows=rows)
            case "violate":
                return violated("broken", rows=rows)
            case "look around":
                return passed(observed=context.survey)
            case "abstain":
                return not_evaluable("too few")
        raise ValueError("secret")

    @classmethod
    def settle(cls, judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
        return judged


def entry(check: Check | None, name: str = "c", **more: Any) -> Entry:
    given_slices = more.pop("slices", (WHOLE, MAY, JUNE))
    return Entry(name, "t", check, "fake", Severity.ERROR, given_slices, **more)


def plan(*entries: Entry, rows: dict[Slice, int] | None = None, proven: bool = True) -> Plan:
    counts = {WHOLE: 7, MAY: 3, JUNE: 4} if rows is None else rows
    return Plan(
        entries,
        {"t": FACTS},
        {"t": ("month",)},
        NOW,
        {"t": Context(FACTS, NOW)},
        {("t", where): number for where, number in counts.items()},
        frozenset({"t"}) if proven else frozenset(),
    )


SEEN = Profile({(ROWS, MAY): RowsState(3), (ROWS, JUNE): RowsState(4)})
ALL_SEEN = Scanned(SEEN)


def judged(plan: Plan, scanned: Scanned = ALL_SEEN) -> tuple[Result, ...]:
    wanted, crashed = new_needs(plan, Scanned(), {})
    return judge(plan, Sight(scanned, wanted, crashed))


def outcomes(results: tuple[Result, ...]) -> list[str]:
    return [result.finding.verdict.outcome.value for result in results]


def test_each_slice_is_judged_on_its_own_rows() -> None:
    results = judged(plan(entry(Fake())))
    assert outcomes(results) == ["pass"] * 3
    assert [r.finding.verdict.rows for r in results] == [7, 3, 4]
    assert {r.finding.verdict.coverage for r in results} == {Coverage.PROVEN}


def test_every_slice_is_given_what_the_check_worked_out_for_all() -> None:
    results = judged(plan(entry(Fake("look around"))))
    assert [r.finding.verdict.observed for r in results] == [7] * 3


def test_coverage_without_statistics_is_unproven() -> None:
    (result, *_) = judged(plan(entry(Fake()), proven=False))
    assert result.finding.verdict.coverage is Coverage.UNPROVEN


@pytest.mark.parametrize("claims", [0, 6, 8])
def test_rows_that_the_snapshot_does_not_hold_are_an_error(claims: int) -> None:
    (result,) = judged(plan(entry(Fake(claims=claims), slices=(WHOLE,))))
    assert result.finding.verdict.outcome is Outcome.ERROR
    assert result.finding.verdict.condition == "SPARKGUARD_COVERAGE"
    assert result.finding.verdict.reason == f"saw {claims} rows where the snapshot holds 7"


def test_an_empty_slice_is_not_evaluable_even_for_a_check_that_would_pass() -> None:
    results = judged(plan(entry(Fake(claims=0)), rows={WHOLE: 0, MAY: 0, JUNE: 0}))
    assert outcomes(results) == ["not_evaluable"] * 3


def test_severity_decides_what_a_violation_is() -> None:
    check = Fake("violate")
    warning = Entry("w", "t", check, "fake", Severity.WARN, (WHOLE,))
    assert outcomes(judged(plan(entry(check, slices=(WHOLE,)), warning))) == ["fail", "warn"]


@pytest.mark.parametrize("does", ["raise", "crash", "survey"])
def test_a_broken_check_is_an_error_that_does_not_leak(does: str) -> None:
    results = judged(plan(entry(Fake(does)), entry(Fake(), "sound")))
    assert outcomes(results) == ["error"] * 3 + ["pass"] * 3
    assert "secret" not in results[0].finding.verdict.reason


@dataclass(frozen=True)
class Comparing(Fake):
    """Says how many slices it was told are bad."""

    wants_baseline = True

    def judge(self, seen: Profile, context: Context) -> Judgement:
        return passed(observed=len(context.broken))


def test_checks_with_a_baseline_are_told_where_others_broke() -> None:
    good, bad = entry(Fake(), "good"), entry(Fake("violate"), "bad", slices=(MAY, JUNE))
    looking = plan(entry(Comparing(), "late"), good, bad)
    wanted, _ = new_needs(looking, Scanned(), {})

    def told(**more: Any) -> float | None:
        results = judge(looking, Sight(ALL_SEEN, wanted, **more))
        assert [r.entry.id for r in results[::3]][:2] == ["late", "good"]
        return results[0].finding.verdict.observed

    assert told() == 2
    assert told(accepted={"bad": frozenset({MAY})}) == 1
    april = Slice.of({"month": "4"})
    before = {
        ("good", april): Verdict("good", april, Outcome.NOT_EVALUABLE, Severity.ERROR),
        ("good", MAY): Verdict("good", MAY, Outcome.FAIL, Severity.ERROR),
        ("late", april): Verdict("late", april, Outcome.FAIL, Severity.ERROR),
    }
    assert told(previous=before) == 3
    assert told(previous=before, not_evaluable=Outcome.WARN) == 2


def test_a_rule_that_cannot_apply_stops_the_run() -> None:
    with pytest.raises(ConfigurationError, match="can't be compared"):
        judged(plan(entry(Fake("misuse"))))


def test_a_failed_scan_fails_only_the_checks_that_needed_it() -> None:
    failed = Scanned(Profile(), {ROWS: Failure("DIVIDE_BY_ZERO", "Spark stopped")})
    results = judged(plan(entry(Fake())), failed)
    assert outcomes(results) == ["error"] * 3
    assert results[0].finding.verdict.condition == "DIVIDE_BY_ZERO"


def test_policy_and_broken_promises() -> None:
    results = judged(
        plan(
            entry(Fake(), "skipped", skip="not tonight", slices=(WHOLE,)),
            entry(Fake(), "blocked", blocked="column a is missing", slices=(WHOLE,)),
            entry(Fake(), "failed", failed="t can't be read", slices=(WHOLE,)),
        )
    )
    assert outcomes(results) == ["skipped", "not_evaluable", "error"]
    assert results[1].finding.verdict.counts_as is Outcome.FAIL


BEHAVIOURS = st.sampled_from(["pass", "violate", "abstain", "raise", "crash"])
ENTRIES = st.lists(
    st.builds(
        lambda does, claims, how: (Fake(does, claims), how),
        BEHAVIOURS,
        st.none() | st.integers(0, 9),
        st.sampled_from(["", "skip", "blocked", "failed"]),
    ),
    max_size=6,
)


@given(ENTRIES, st.lists(st.integers(0, 4), min_size=2, max_size=2))
def test_planned_is_reported_and_a_pass_saw_every_row(
    made: list[tuple[Fake, str]], rows: list[int]
) -> None:
    entries = [
        entry(check, f"c{i}", **({how: "why"} if how else {}))
        for i, (check, how) in enumerate(made)
    ]
    there = {WHOLE: sum(rows), MAY: rows[0], JUNE: rows[1]}
    states = {(ROWS, MAY): RowsState(rows[0]), (ROWS, JUNE): RowsState(rows[1])}
    results = judged(plan(*entries, rows=there), Scanned(Profile(states)))
    keys = [(r.entry.id, r.finding.verdict.slice) for r in results]
    assert keys == [(e.id, where) for e in entries for where in e.slices]
    for result in results:
        verdict = result.finding.verdict
        check = result.entry.check
        assert isinstance(check, Fake)
        if verdict.outcome is Outcome.PASS:
            assert check.does == "pass"
            assert verdict.rows == there[verdict.slice] > 0
            assert result.entry.active is check
        else:
            assert verdict.reason
