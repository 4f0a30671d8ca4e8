from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from sparkguard.checks.base import Context, Past, TableFacts
from sparkguard.checks.silent_drift import SilentDrift
from sparkguard.datatypes import Struct, parse
from sparkguard.measures.families import Family
from sparkguard.measures.moments import Moments, MomentsState
from sparkguard.measures.traits import MICRO, Traits, TraitsState
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
GOOD = TraitsState(1000, 980, 980, 980, 0, 400, 3 * MICRO * 980, 10 * MICRO * 980, 1.0, 90.0)
NULL = TraitsState(1000, 0)
TIMES_1000 = replace(
    GOOD, logs=round(980 * MICRO * (3 + 6.907755)), low=1000.0, high=90_000.0,
    squares=round(980 * MICRO * ((3 + 6.907755) ** 2 + 1)),
)  # fmt: skip


def schema() -> Struct:
    found = parse("struct<month:int,amount:double>")
    assert isinstance(found, Struct)
    return found


def profile(where: Slice, state: TraitsState) -> Profile:
    table = Table("t")
    return Profile(
        {
            (Need(table, Traits(("amount",), Family.FLOAT)), where): state,
            (Need(table, Moments(("amount",), Family.FLOAT)), where): MomentsState(),
        }
    )


def month(number: int) -> Slice:
    return Slice.of({"month": str(number)})


def context(states: dict[int, TraitsState], **more: Any) -> Context:
    seen = Profile.merged(profile(month(n), state) for n, state in states.items())
    return Context(TableFacts("t", schema(), version=9), NOW, by=("month",), seen=seen, **more)


RULE = SilentDrift(column=("amount",))


def test_the_first_partition_of_a_drift_is_named() -> None:
    found = RULE.judge(Profile(), context({n: GOOD if n < 10 else NULL for n in range(1, 13)}))
    assert (found.outcome, found.observed) == (Outcome.FAIL, 1)
    assert found.reason == "amount: always NULL since month=10"
    kinds = {(e.kind, e.name) for e in found.evidence}
    assert ("series", "share of NULL in amount") in kinds
    assert ("hypotheses", "silent drift") in kinds


def test_a_unit_change_names_its_factor() -> None:
    found = RULE.judge(Profile(), context({1: GOOD, 2: GOOD, 3: TIMES_1000}))
    assert found.reason == "amount: values multiplied by 10^3: another unit since month=3"


def test_steady_partitions_pass() -> None:
    assert RULE.judge(Profile(), context({1: GOOD, 2: GOOD})).outcome is Outcome.PASS


def test_a_partition_is_judged_by_what_came_before_it() -> None:
    every = context({1: GOOD, 2: NULL, 3: GOOD})
    first = RULE.judge(Profile(), replace(every, where=month(1)))
    second = RULE.judge(Profile(), replace(every, where=month(2)))
    assert first.outcome is Outcome.NOT_EVALUABLE
    assert second.outcome is Outcome.FAIL


def test_versions_are_compared_where_there_are_no_partitions() -> None:
    history = tuple(Past(WHOLE, n, NOW, profile(WHOLE, GOOD)) for n in (3, 5))
    now = Context(
        TableFacts("t", schema(), version=8), NOW, seen=profile(WHOLE, NULL), history=history
    )
    assert RULE.judge(Profile(), now).reason == "amount: always NULL since version 8"


def of_integers(state: TraitsState) -> Profile:
    return Profile({(Need(Table("t"), Traits(("amount",), Family.INTEGER)), WHOLE): state})


def test_a_column_of_another_type_is_compared_by_its_type() -> None:
    history = (Past(WHOLE, 3, NOW, of_integers(GOOD)), Past(WHOLE, 5, NOW, profile(WHOLE, GOOD)))
    facts = TableFacts("t", schema(), version=8)
    now = Context(facts, NOW, seen=profile(WHOLE, GOOD), history=history)
    assert RULE.judge(Profile(), now).reason == "amount: integer became float since version 5"
    assert Need(Table("t"), Traits(("amount",), Family.INTEGER)) in RULE.recalls(now)
    new = replace(now, history=())
    assert RULE.judge(Profile(), new).outcome is Outcome.NOT_EVALUABLE
    for rule in (RULE, SilentDrift(column=("amount",), baseline="approved")):
        found = rule.judge(Profile(), replace(new, baseline=of_integers(GOOD)))
        assert found.reason == (
            "amount: integer became float since version 8, compared with the approved baseline"
        )


def test_partitions_that_were_not_read_come_from_the_history() -> None:
    history = tuple(Past(month(n), 1, NOW, profile(month(n), GOOD)) for n in (1, 2))
    found = RULE.judge(Profile(), context({3: NULL}, history=history))
    assert found.reason == "amount: always NULL since month=3"


def test_without_anything_earlier_nothing_is_judged_and_nothing_fails() -> None:
    found = RULE.judge(Profile(), context({1: GOOD}))
    assert (found.outcome, found.counts_as) == (Outcome.NOT_EVALUABLE, Outcome.WARN)
    approved = SilentDrift(column=("amount",), baseline="approved")
    found = approved.judge(Profile(), context({1: GOOD, 2: NULL}))
    assert (found.outcome, found.counts_as) == (Outcome.NOT_EVALUABLE, Outcome.WARN)


def test_an_approved_baseline_judges_the_first_partition() -> None:
    approved = SilentDrift(column=("amount",), baseline="approved")
    found = approved.judge(Profile(), context({1: TIMES_1000}, baseline=profile(WHOLE, GOOD)))
    assert found.reason == (
        "amount: values multiplied by 10^3: another unit since month=1, "
        "compared with the approved baseline"
    )


def test_columns_that_the_approved_baseline_lacks_are_no_pass() -> None:
    def of_both(amount: TraitsState, where: Slice) -> Profile:
        tax = Need(Table("t"), Traits(("tax",), Family.FLOAT))
        return Profile.merged([profile(where, amount), Profile({(tax, where): GOOD})])

    wider = parse("struct<month:int,amount:double,tax:double>")
    assert isinstance(wider, Struct)
    for rule in (SilentDrift(baseline="approved"), SilentDrift()):
        for amount, outcome in ((GOOD, Outcome.NOT_EVALUABLE), (NULL, Outcome.FAIL)):
            now = context({}, baseline=profile(WHOLE, GOOD))
            now = replace(now, table=TableFacts("t", wider), seen=of_both(amount, month(1)))
            found = rule.judge(Profile(), now)
            assert found.outcome is outcome
            if outcome is Outcome.NOT_EVALUABLE:
                assert found.reason == "the approved baseline lacks tax"
                assert found.counts_as is Outcome.WARN
            both = replace(now, baseline=of_both(GOOD, WHOLE))
            steady = amount is GOOD
            assert (rule.judge(Profile(), both).outcome is Outcome.PASS) is steady
    later = replace(now, seen=Profile.merged(of_both(GOOD, month(n)) for n in (1, 2)))
    assert SilentDrift().judge(Profile(), later).outcome is Outcome.PASS


def test_partitions_before_and_the_baseline_are_both_compared_with_by_default() -> None:
    moved = context({1: TIMES_1000, 2: TIMES_1000, 3: NULL}, baseline=profile(WHOLE, GOOD))
    found = RULE.judge(Profile(), moved)
    assert found.reason == (
        "amount: always NULL since month=3; amount: values multiplied by 10^3: another unit "
        "from month=1 to month=2, compared with the approved baseline"
    )
    only = SilentDrift(column=("amount",), baseline="previous")
    assert only.judge(Profile(), moved).reason == "amount: always NULL since month=3"
    assert RULE.judge(Profile(), replace(moved, baseline=None)).reason == (
        "amount: always NULL since month=3"
    )


def test_a_partition_answers_for_its_own_rows_only() -> None:
    every = context({1: GOOD, 2: GOOD, 3: NULL, 4: GOOD})
    judged = {n: RULE.judge(Profile(), replace(every, where=month(n))) for n in (2, 3, 4)}
    assert {n: found.outcome for n, found in judged.items()} == {
        2: Outcome.PASS, 3: Outcome.FAIL, 4: Outcome.PASS,
    }  # fmt: skip
    assert RULE.judge(Profile(), every).reason == "amount: always NULL in month=3"


def test_a_slice_of_some_slice_columns_answers_for_the_partitions_in_it() -> None:
    def cell(number: int, origin: str) -> Slice:
        return Slice.of({"month": str(number), "origin": origin})

    seen = Profile.merged(
        profile(cell(number, origin), NULL if (number, origin) == (5, "JFK") else GOOD)
        for number in range(1, 7)
        for origin in ("EWR", "JFK", "LGA")
    )
    every = replace(context({}), by=("month", "origin"), seen=seen)
    judged = {
        where: RULE.judge(Profile(), replace(every, where=where))
        for where in (month(4), month(5), month(6), Slice.of({"origin": "JFK"}), cell(5, "JFK"))
    }
    assert [found.outcome.value for found in judged.values()] == (
        ["pass", "fail", "pass", "fail", "fail"]
    )
    assert judged[month(5)].reason == "amount: always NULL in month=5, origin=JFK"
    nowhere = RULE.judge(Profile(), replace(every, where=month(9)))
    assert (nowhere.outcome, nowhere.counts_as) == (Outcome.NOT_EVALUABLE, None)
    assert nowhere.reason == "EMPTY: no partition is in month=9"


def test_a_partition_counts_changes_that_last_as_the_whole_table_does() -> None:
    rule = replace(RULE, partitions=3)
    passing = {n: NULL if n == 3 else GOOD for n in range(1, 6)}
    lasting = {n: NULL if n in (2, 3, 4) else GOOD for n in range(1, 6)}
    latest = {n: NULL if n == 5 else GOOD for n in range(1, 6)}
    for states, bad in ((passing, set()), (lasting, {2, 3, 4}), (latest, {5})):
        every = context(states)
        for where in (WHOLE, *map(month, states)):
            found = rule.judge(Profile(), replace(every, where=where))
            fails = bool(bad) if where == WHOLE else where in map(month, bad)
            assert (found.outcome is Outcome.FAIL) is fails, (where, found)
    assert RULE.judge(Profile(), replace(context(passing), where=month(3))).reason == (
        "amount: always NULL since month=3"
    )


def test_of_versions_only_a_change_that_lasts_fails() -> None:
    states = {3: GOOD, 5: NULL, 6: GOOD, 7: GOOD}
    history = tuple(Past(WHOLE, n, NOW, profile(WHOLE, state)) for n, state in states.items())
    now = Context(
        TableFacts("t", schema(), version=8), NOW, seen=profile(WHOLE, GOOD), history=history
    )
    ended = RULE.judge(Profile(), now)
    assert (ended.outcome, ended.observed) == (Outcome.PASS, 0)
    told = [e.text for e in ended.evidence if e.kind == "hypotheses"]
    assert told == ["amount: always NULL in version 5"]
    again = RULE.judge(Profile(), replace(now, seen=profile(WHOLE, NULL)))
    assert (again.outcome, again.reason) == (Outcome.FAIL, "amount: always NULL since version 8")
    assert len([e for e in again.evidence if e.kind == "hypotheses"]) == 2


def test_all_columns_but_the_partitions_are_watched() -> None:
    needs = SilentDrift().needs(context({}))
    assert {need.measure.columns() for need in needs} == {frozenset({"amount"})}
    assert SilentDrift(ignore=("amount",)).needs(context({})) == ()
    unwatched = SilentDrift(ignore=("amount",)).judge(Profile(), context({1: GOOD, 2: GOOD}))
    assert unwatched.outcome is Outcome.NOT_EVALUABLE


@pytest.mark.parametrize("options", [{"partitions": 0}, {"column": ("a",), "columns": (("b",),)}])
def test_contradicting_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        SilentDrift(**options)
