from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from sparkguard.checks.anomaly import Anomaly
from sparkguard.checks.base import (
    NO_SLICE,
    Context,
    Judged,
    Judgement,
    Past,
    TableFacts,
    not_evaluable,
    passed,
)
from sparkguard.datatypes import Atomic, Field, Struct
from sparkguard.measures.counts import Counts, CountsState
from sparkguard.measures.families import Family
from sparkguard.measures.moments import Moments, MomentsState
from sparkguard.measures.quantiles import Quantiles, QuantilesState
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome

SCHEMA = Struct((Field("day", Atomic("date")), Field("x", Atomic("double"))))
TABLE = Table("orders")
ROWS = Need(TABLE, Rows())
START = date(2024, 1, 1)


def day(i: int, **more: str) -> Slice:
    return Slice.of({"day": str(START + timedelta(days=i)), **more})


def context(
    states: Mapping[tuple[Need[Any], Slice], Any], by: tuple[str, ...] = ("day",)
) -> Context:
    facts = TableFacts("orders", SCHEMA)
    as_of = datetime(2024, 6, 1, tzinfo=timezone.utc)
    return Context(facts, as_of, by=by, seen=Profile(states), tables={"orders": facts})


def run(
    check: Anomaly, states: Mapping[tuple[Need[Any], Slice], Any], by: tuple[str, ...] = ("day",)
) -> dict[Slice, Judgement]:
    seen = context(states, by)
    seen = replace(seen, survey=check.survey(seen))
    slices = [WHOLE, *(where for _, where in states)]
    judged = tuple(
        Judged("x", check, where, check.judge(seen.seen.only(where), replace(seen, where=where)))
        for where in slices
    )
    return {one.slice: one.judgement for one in Anomaly.settle(judged)}


def rows(numbers: list[int]) -> dict[tuple[Need[Any], Slice], Any]:
    return {(ROWS, day(i)): RowsState(n) for i, n in enumerate(numbers)}


WEEKLY = [1_000 + 400 * (i % 7 > 4) + i * 13 % 9 for i in range(56)]


def test_a_weekly_rhythm_passes_and_a_day_that_lost_its_rows_fails() -> None:
    found = run(Anomaly(), rows([*WEEKLY, 1_000, 300]))
    assert found[day(56)].outcome == "pass"
    assert found[day(57)].outcome == "fail"
    assert found[day(57)].observed == 300
    assert "is usual" in found[day(57)].reason
    assert found[WHOLE].outcome == "fail"
    assert found[WHOLE].reason.startswith("1 of 58 slices, first day=2024-02-27: 300")


def test_a_whole_table_of_which_no_slice_is_judged_is_no_pass() -> None:
    seen = replace(context(rows([*WEEKLY, 1])), judges_slices=False)
    check = Anomaly()
    found = check.judge(seen.seen.only(WHOLE), replace(seen, survey=check.survey(seen)))
    assert (found.outcome, found.counts_as) == ("not_evaluable", None)
    assert found.reason == NO_SLICE


def test_a_partition_that_should_be_there_and_holds_no_row_fails() -> None:
    seen = context(rows(WEEKLY))
    check = Anomaly()
    seen = replace(seen, survey=check.survey(seen), where=day(56))
    found = check.judge(seen.seen.only(day(56)), seen)
    assert (found.outcome, found.observed) == ("fail", 0)
    assert run(Anomaly(), rows([*WEEKLY, 0]))[day(56)].outcome == "fail"


def test_hours_of_one_day_are_partitions_of_their_own() -> None:
    """The last hours of a day, few rows each, stand for none of its others."""
    counts = {
        Slice.of({"day": f"2024-02-{d:02d} {h:02d}:00:00"}): 10 if h > 21 else 1_000 + d * h % 7
        for d in range(1, 27)
        for h in range(24)
        if (d, h) < (26, 12)
    }
    now = Slice.of({"day": "2024-02-26 12:00:00"})
    for count, outcome in ((1_000, "pass"), (10, "fail")):
        states = {(ROWS, where): RowsState(n) for where, n in {**counts, now: count}.items()}
        assert run(Anomaly(), states)[now].outcome == outcome


def test_a_mean_of_text_is_refused() -> None:
    facts = TableFacts("orders", Struct((Field("x", Atomic("string")),)))
    seen = replace(context({}), table=facts)
    assert Anomaly("mean", ("x",)).needs(seen) == ()
    found = Anomaly("mean", ("x",)).judge(Profile(), seen)
    assert found.outcome == "error"
    assert found.reason == "anomaly: mean is of numbers or times, and the column is string"
    assert Anomaly("distinct", ("x",)).unsupported(seen) == ""


def test_before_there_is_history_only_hard_limits_hold() -> None:
    found = run(Anomaly(), rows(WEEKLY[:10]))
    assert {j.outcome.value for j in found.values()} == {"not_evaluable"}
    assert found[day(9)].reason.startswith("INSUFFICIENT_HISTORY: 1")
    limited = run(Anomaly(at_least=500), rows([*WEEKLY[:10], 100]))
    assert limited[day(9)].outcome == "pass"
    assert limited[day(10)].outcome == "fail"
    assert limited[day(10)].reason == "100 is below 500"


def test_partitions_that_are_no_dates_are_compared_with_all_before_them() -> None:
    states = {
        (ROWS, Slice.of({"month": str(i)})): RowsState(n)
        for i, n in enumerate([100, 102, 99, 101, 100, 40], start=1)
    }
    found = run(Anomaly(), states, ("month",))
    assert found[Slice.of({"month": "6"})].outcome == "fail"
    assert found[Slice.of({"month": "5"})].outcome == "pass"


def test_null_shares_have_a_quantum() -> None:
    need = Need(TABLE, Counts(("x",), Family.FLOAT))
    check = Anomaly(metric="null_share", column=("x",))
    states = {(need, day(i)): CountsState(10_000, 0) for i in range(57)}
    states[need, day(56)] = CountsState(10_000, 10)
    assert run(check, states)[day(56)].outcome == "pass"
    states[need, day(56)] = CountsState(10_000, 100)
    assert run(check, states)[day(56)].outcome == "fail"
    states[need, day(56)] = CountsState(0, 0)
    assert run(check, states)[day(56)].outcome == "not_evaluable"


@pytest.mark.parametrize(
    ("type_", "unit"), [("date", 1.0), ("timestamp", 86_400.0), ("timestamp_ntz", 86_400.0)]
)
@pytest.mark.parametrize("metric", ["mean", "median"])
def test_a_time_half_a_year_off_fails_and_one_that_goes_on_with_its_days_passes(
    metric: Any, type_: str, unit: float
) -> None:
    schema = Struct((Field("day", Atomic("date")), Field("at", Atomic(type_))))
    family = Family(type_)
    first = 19_700

    def judged(days: list[float], check: Anomaly) -> Judgement:
        measure: Any = (Moments if metric == "mean" else Quantiles)(("at",), family)
        states: dict[tuple[Need[Any], Slice], Any] = {
            (Need(TABLE, measure), day(i)): MomentsState(9, x * unit)
            if metric == "mean"
            else QuantilesState(points=(x * unit,) * 101)
            for i, x in enumerate(days)
        }
        facts = TableFacts("orders", schema)
        seen = replace(context(states), table=facts, tables={"orders": facts})
        whole = replace(seen, survey=check.survey(seen))
        assert check.judge(seen.seen.only(WHOLE), whole).outcome == "pass"
        last = day(len(days) - 1)
        return check.judge(seen.seen.only(last), replace(whole, where=last))

    usual = [first + i + i * 13 % 9 / 100 for i in range(57)]
    check = Anomaly(metric, ("at",))
    assert judged(usual, check).outcome == "pass"
    assert judged([*usual[:-1], usual[-1] - 180], check).outcome == "fail"
    still = [first + 0.0] * 56
    assert judged([*still, first + 1 / 86_400], check).outcome == "pass"
    assert judged([*still, first + 7.0], check).outcome == "fail"


def test_a_number_that_overflows_is_an_error_and_no_part_of_the_past() -> None:
    need = Need(TABLE, Moments(("x",), Family.FLOAT))
    check = Anomaly("mean", ("x",))
    states = {(need, day(i)): MomentsState(9, 100.0 + i % 3) for i in range(57)}
    for wrong in (float("nan"), float("inf")):
        found = run(check, {**states, (need, day(56)): MomentsState(9, wrong)})
        for where in (day(56), WHOLE):
            assert (found[where].outcome, found[where].observed) == ("error", None)
            assert found[where].reason == "the mean overflows a double"
        past = run(check, {**states, (need, day(49)): MomentsState(9, wrong)})
        assert past[day(56)].outcome == "pass"
        assert past[day(56)].evidence[1].text == "median of 7 like it"
    seen = context({(need, WHOLE): MomentsState(9, 101.0)}, by=())
    history = tuple(
        Past(WHOLE, i, seen.as_of - timedelta(days=i), Profile({(need, WHOLE): state}))
        for i, state in (
            (35, MomentsState(9, float("nan"))),
            *((7 * k, MomentsState(9, 100.0)) for k in (4, 3, 2, 1)),
        )
    )
    unsliced = check.judge(seen.seen, replace(seen, history=history, survey=check.survey(seen)))
    assert (unsliced.outcome, unsliced.evidence[1].text) == ("pass", "median of 4 like it")


def test_a_column_that_went_empty_after_its_history_weighs_as_the_audit_says() -> None:
    need = Need(TABLE, Moments(("x",), Family.FLOAT))
    check = Anomaly("mean", ("x",))
    states = {(need, day(i)): MomentsState(9, 100.0) for i in range(39)}
    for days, weight in ((39, None), (10, "warn")):
        past = dict(list(states.items())[:days])
        found = run(check, {**past, (need, day(days)): MomentsState()})[day(days)]
        assert (found.outcome, found.counts_as) == ("not_evaluable", weight)
        assert found.reason == "EMPTY: there is no value to measure"
    limited = run(replace(check, at_least=1.0), {(need, day(0)): MomentsState()})[day(0)]
    assert (limited.outcome, limited.counts_as) == ("not_evaluable", None)


def test_a_whole_of_which_no_slice_is_judged_weighs_as_the_gravest_of_them() -> None:
    new = not_evaluable("INSUFFICIENT_HISTORY", counts_as=Outcome.WARN)
    judged = [
        Judged("x", Anomaly(), where, judgement)
        for where, judgement in ((WHOLE, passed()), (day(0), new), (day(1), not_evaluable("EMPTY")))
    ]
    whole = Anomaly.settle(tuple(judged))[0].judgement
    assert (whole.reason, whole.counts_as) == ("EMPTY", None)


def test_an_unsliced_table_is_compared_with_earlier_runs() -> None:
    check = Anomaly()
    seen = context({(ROWS, WHOLE): RowsState(5_000)}, by=())
    history = tuple(
        Past(
            WHOLE,
            i,
            seen.as_of - timedelta(days=i),
            Profile({(ROWS, WHOLE): RowsState(1_000 + i % 3)}),
        )
        for i in range(40, 0, -1)
    )
    seen = replace(seen, history=history, survey=check.survey(seen))
    assert check.judge(seen.seen, seen).outcome == "fail"
    usual = replace(seen, seen=Profile({(ROWS, WHOLE): RowsState(1_001)}))
    assert check.judge(usual.seen, usual).outcome == "pass"


def test_the_changepoint_is_shown_with_its_partition() -> None:
    found = run(Anomaly(), rows([*WEEKLY[:35], *(5_000 + i % 9 for i in range(20))]))
    (change,) = (e for e in found[WHOLE].evidence if e.label and e.name == "changepoint")
    assert change.label == str(START + timedelta(days=35))
    assert "level changed from" in str(change.text)


def test_the_slice_that_drives_a_change_is_named() -> None:
    states = {
        (ROWS, day(i, origin=o)): RowsState(100 if (i, o) != (20, "JFK") else 5)
        for i in range(21)
        for o in ("EWR", "JFK", "LGA")
    }
    found = run(Anomaly(), states, ("day", "origin"))
    drivers = [e for e in found[WHOLE].evidence if e.kind == "hypotheses"]
    assert drivers[0].name == "what drives 2024-01-21"
    assert drivers[0].label == "origin=JFK"
    assert drivers[0].number == pytest.approx(1.0)


@pytest.mark.parametrize(
    "options",
    [{"metric": "mean"}, {"warn": 6.0}, {"season": 0}, {"weeks": 3}, {"floor": -1.0}],
)
def test_options_that_make_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Anomaly(**options)
