from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.rows import Rows
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.results.schemas import TABLES
from sparkguard.results.verdict_rows import (
    ResultRow,
    evidence_rows,
    observed_cells,
    profile_rows,
    verdict_of,
    violation_rows,
)
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Coverage, Evidence, Outcome, Severity, Verdict
from tests.results.support import AS_OF, MAY, ORIGIN, verdicts

NUMBERS = st.none() | st.integers() | st.floats(allow_nan=False)
SLICES = st.dictionaries(st.text(min_size=1), st.none() | st.text(), max_size=3).map(Slice.of)
VERDICTS = st.builds(
    Verdict,
    check=st.text(),
    slice=SLICES,
    outcome=st.sampled_from(Outcome),
    severity=st.sampled_from(Severity),
    observed=NUMBERS,
    expected=st.text(),
    reason=st.text(),
    unit=st.text(),
    rows=st.none() | st.integers(0),
    violations=st.none() | st.integers(0),
    coverage=st.none() | st.sampled_from(Coverage),
    condition=st.none() | st.text(),
    counts_as=st.none() | st.sampled_from(Outcome),
)


@given(VERDICTS)
def test_a_verdict_survives_its_row(verdict: Verdict) -> None:
    assert verdict_of(dataclasses.asdict(ResultRow.of(verdict, ORIGIN))) == verdict


@pytest.mark.parametrize(
    ("observed", "cells"),
    [
        (None, (None, None, None)),
        (0, (None, 0, None)),
        (0.5, (0.5, None, None)),
        (math.inf, (math.inf, None, None)),
        (2**63 - 1, (None, 2**63 - 1, None)),
        (-(2**63), (None, -(2**63), None)),
        (2**63, (None, None, "9223372036854775808")),
    ],
)
def test_the_judged_number_is_stored_in_its_type(observed: float | None, cells: object) -> None:
    assert observed_cells(observed) == cells


def test_evidence_keeps_its_cells_and_gains_keys() -> None:
    item = Evidence("bins", "delay", 3, "(0,1]", low=0.0, high=1.0, count=5)
    (row,) = evidence_rows(verdicts()[1], [item], ORIGIN)
    assert row == {
        "check_id": "orders.id.required",
        "check_kind": "completeness",
        "dataset": "orders",
        "table_version": 7,
        "slice": "month=5",
        "as_of": AS_OF,
        **dataclasses.asdict(item),
    }
    assert set(row) <= {column.name for column in TABLES["evidence"].columns}


def test_a_profile_becomes_a_row_per_need_and_slice() -> None:
    need = Need(Table("orders"), Rows())
    profile = Profile({(need, where): Rows().state([3]) for where in (MAY, WHOLE)})
    may, whole = profile_rows(profile, {"orders": 7}, AS_OF)
    assert (may["slice"], whole["slice"]) == ("month=5", "")
    assert (may["need_id"], may["table_version"], may["rows"]) == (need.id, 7, 3)
    assert (may["relation_kind"], may["measure_kind"]) == ("table", "rows")
    assert may["metrics"] == {"rows": 3.0}
    assert need.measure.load(may["state"]).rows == 3
    assert set(may) <= {column.name for column in TABLES["profiles"].columns}


def test_violations_are_a_count_and_sampled_cells() -> None:
    rows = list(violation_rows(verdicts()[1], ORIGIN, "keys", [{"id": "7"}, {"id": None}]))
    cells = [
        (r["ordinal"], r["column"], r["value"], r["violations"], r["sample_rows"]) for r in rows
    ]
    assert cells == [(0, "", None, 3, 2), (1, "id", "7", 3, 2), (2, "id", None, 3, 2)]
    assert {r["sample_mode"] for r in rows} == {"keys"}
    assert len(list(violation_rows(verdicts()[1], ORIGIN))) == 1
