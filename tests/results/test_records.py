from __future__ import annotations

import dataclasses

import pytest

from sparkguard.results.records import PinRow, RunRecord, TransitionRow, outcome_counts
from sparkguard.results.schemas import TABLES
from sparkguard.results.setup import Change
from sparkguard.results.verdict_rows import (
    ResultRow,
)
from tests.results.support import AS_OF, record, verdicts


@pytest.mark.parametrize(
    ("table", "type_", "extra"),
    [
        ("runs", RunRecord, set()),
        ("results", ResultRow, {"run_id"}),
        ("pins", PinRow, {"run_id"}),
        ("transitions", TransitionRow, set()),
    ],
)
def test_records_and_tables_have_the_same_columns(table: str, type_: type, extra: set[str]) -> None:
    stamps = {"part", "written_at", "schema_version", "engine_version", *extra}
    fields = {field.name for field in dataclasses.fields(type_)}
    assert fields == {column.name for column in TABLES[table].columns} - stamps


def test_outcomes_are_counted_by_column() -> None:
    assert outcome_counts(verdicts()) == {
        "passed": 1,
        "warned": 0,
        "failed": 1,
        "errors": 0,
        "skipped": 0,
        "not_evaluable": 0,
    }


def test_times_are_no_part_of_a_run_judgement() -> None:
    first = record("a", verdicts())
    later = dataclasses.replace(first, started_at=AS_OF.replace(year=2028), parts=())
    assert first.judgement == later.judgement
    assert first.judgement != dataclasses.replace(first, failed=2).judgement


def test_what_init_did_reads_as_a_sentence() -> None:
    assert str(Change("runs", "created", ("run_id",))) == "runs created"
    assert str(Change("alerts", "upgraded", ("owner",))) == "alerts upgraded: gained owner"
