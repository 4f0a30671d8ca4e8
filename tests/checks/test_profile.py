from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from sparkguard.checks.base import Context, TableFacts
from sparkguard.checks.profile import ColumnProfile, ProfileColumns
from sparkguard.datatypes import Field, Struct, parse
from sparkguard.measures.counts import Counts, CountsState
from sparkguard.measures.families import Family
from sparkguard.measures.sample import Sample, SampleState
from sparkguard.measures.values import Values, ValuesState
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome

SCHEMA = Struct(
    (
        Field("id", parse("bigint")),
        Field("text", parse("string")),
        Field("flag", parse("boolean")),
        Field("place", parse("struct<city:string,`x.y`:double>")),
        Field("tags", parse("array<string>")),
    )
)
CONTEXT = Context(TableFacts("t", SCHEMA), datetime(2026, 1, 1, tzinfo=timezone.utc))


def need(measure: Any) -> Need[Any]:
    return Need(Table("t"), measure)


def seen(**states: Any) -> Context:
    return replace(
        CONTEXT,
        seen=Profile({(need(measure), WHOLE): state for measure, state in states.values()}),
    )


def kinds(check: ColumnProfile, context: Context) -> list[str]:
    return [each.measure.kind for each in check.needs(context)]


def test_every_column_and_struct_field_is_an_entry() -> None:
    found = ProfileColumns().expand(CONTEXT)
    assert list(found) == ["id", "text", "flag", "place.city", "place.`x.y`", "tags"]
    assert found["place.`x.y`"] == ColumnProfile(("place", "x.y"), Family.FLOAT)


def test_columns_can_be_chosen_and_unknown_ones_stay_named() -> None:
    found = ProfileColumns(columns=(("place",), ("nope",))).expand(CONTEXT)
    assert list(found) == ["place.city", "place.`x.y`", "nope"]
    assert found["nope"].requires(CONTEXT) == {("t", ("nope",))}


def test_looks_before_it_measures() -> None:
    check = ColumnProfile(("id",), Family.INTEGER)
    assert kinds(check, CONTEXT) == ["sample"]


SAMPLE = Sample(("id",), Family.INTEGER, 8_192)


@pytest.mark.parametrize(
    ("looked", "few"),
    [
        (SampleState(8_192, 7, half=7, distinct=7), True),
        (SampleState(8_192, 7, half=2_000, distinct=2_400), True),
        (SampleState(8_192, 7, half=1_024, distinct=2_048), False),  # a key in order
        (SampleState(8_192, 7, half=4_096, distinct=8_192), False),
        (SampleState(8_192, 1_000, half=400, distinct=400), False),  # too many with the slices
        (SampleState(50, 1, half=25, distinct=50), True),  # a small table
        (SampleState(), True),
    ],
)
def test_few_values_are_counted_and_many_are_sketched(looked: SampleState, few: bool) -> None:
    check = ColumnProfile(("id",), Family.INTEGER)
    found = kinds(check, seen(sample=(SAMPLE, looked)))
    many = ["counts", "extremes", "moments", "distinct", "quantiles"]
    assert found == (["values"] if few else many)


def test_too_many_values_after_all_are_sketched() -> None:
    check = ColumnProfile(("id",), Family.INTEGER)
    values = Values(("id",), Family.INTEGER)
    looked = SampleState(8_192, 1, half=7, distinct=7)
    context = seen(sample=(SAMPLE, looked), values=(values, values.overflow()))
    assert "moments" in kinds(check, context)


def test_the_sample_never_changes_what_a_need_is() -> None:
    check = ColumnProfile(("text",), Family.STRING)
    ids = []
    for low in "ab":
        sample = Sample(("text",), Family.STRING, 8_192)
        looked = SampleState(8_192, 1, 4_000, 8_000, low, "z")
        ids.append([each.id for each in check.needs(seen(sample=(sample, looked)))])
    assert ids[0] == ids[1]


def judged(check: ColumnProfile, measure: Any, state: Any, where: Slice = WHOLE) -> Any:
    profile = Profile({(need(measure), where): state})
    return check.judge(profile, replace(CONTEXT, where=where))


def test_counted_values_are_the_evidence() -> None:
    check = ColumnProfile(("id",), Family.INTEGER)
    values = Values(("id",), Family.INTEGER)
    found = judged(check, values, ValuesState({"1": 3, "2": 1, None: 1}))
    assert (found.outcome, found.observed, found.rows) == (Outcome.PASS, 5, 5)
    numbers = {e.label: e.number for e in found.evidence if e.name == "statistics"}
    assert (numbers["mean"], numbers["null"], numbers["distinct"]) == (1.25, 1, 2)
    assert [(e.x, e.number) for e in found.evidence if e.name == "quantiles"][4] == (0.5, 1.0)
    assert [(e.label, e.count) for e in found.evidence if e.name == "values"] == [
        ("1", 3),
        ("2", 1),
    ]


@pytest.mark.parametrize("shown", ["hidden", "shown"])
def test_texts_are_evidence_only_when_asked_for(shown: Any) -> None:
    check = ColumnProfile(("text",), Family.STRING, shown)
    found = judged(check, Values(("text",), Family.STRING), ValuesState({"secret": 3}))
    assert any("secret" in str(e) for e in found.evidence) == (shown == "shown")


def test_a_type_without_statistics_is_named() -> None:
    check = ColumnProfile(("tags",), Family.OTHER)
    found = judged(check, Counts(("tags",), Family.OTHER), CountsState(5, 2))
    assert found.outcome is Outcome.NOT_EVALUABLE
    assert found.counts_as is Outcome.WARN
    assert found.reason == "of type array<string> only NULLs are counted"
    assert found.rows == 5


def test_no_state_is_not_evaluable() -> None:
    check = ColumnProfile(("id",), Family.INTEGER)
    assert check.judge(Profile(), CONTEXT).outcome is Outcome.NOT_EVALUABLE
