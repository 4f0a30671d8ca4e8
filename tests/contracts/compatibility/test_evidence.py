from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sparkguard.contracts.compatibility.comparison import compare
from sparkguard.contracts.compatibility.evidence import (
    CORE,
    Override,
    Proof,
    discharged,
    overridden,
    predicate_of,
)
from sparkguard.contracts.compatibility.grades import (
    NONE,
    Party,
)
from sparkguard.contracts.compatibility.shape import Facts
from sparkguard.errors import ConfigurationError
from tests.contracts.compatibility.shapes import shape


def proof_for(change: Any, **rest: Any) -> Proof:
    proof = Proof("table-1", 7, predicate_of(change), 100, 100, 0)
    return replace(proof, **rest)


def test_a_full_scan_without_violations_lifts_a_doubt_about_stored_rows() -> None:
    (change,) = compare(shape("a int"), shape("a int NOT NULL")).changes
    assert discharged(change, proof_for(change))
    assert not discharged(change, proof_for(change, scanned=99))
    assert not discharged(change, proof_for(change, violations=1))
    assert not discharged(change, proof_for(change, predicate="another"))


def test_a_retyping_needs_a_rewrite_and_a_required_column_a_default() -> None:
    (narrow,) = compare(shape("a bigint"), shape("a int")).changes
    assert not discharged(narrow, proof_for(narrow))
    assert discharged(narrow, proof_for(narrow, rewritten=True))
    (added,) = compare(shape("a int"), shape("a int, b int NOT NULL")).changes
    assert not discharged(added, proof_for(added))
    default = {("b",): Facts(has_default=True)}
    (filled,) = compare(shape("a int"), shape("a int, b int NOT NULL", facts=default)).changes
    assert discharged(filled, proof_for(filled))


@pytest.mark.parametrize(
    ("old", "new"), [("a int", "a string"), ("a timestamp", "a timestamp_ntz")]
)
def test_no_scan_lifts_a_change_of_meaning(old: str, new: str) -> None:
    (change,) = compare(shape(old), shape(new)).changes
    assert not discharged(change, proof_for(change, rewritten=True))


def test_a_default_rule_may_be_overridden_and_a_core_rule_may_not() -> None:
    diff = compare(shape("a int, b int"), shape("a int"))
    decided = Override("dropped_nullable", Party.CONSUMERS, "ann", "nobody reads b")
    assert overridden(diff, [decided]).grade == NONE
    for rule in CORE[Party.HISTORY]:
        with pytest.raises(ConfigurationError, match="every standard agrees"):
            Override(rule, Party.HISTORY, "ann", "because")
    with pytest.raises(ConfigurationError, match="an author and a reason"):
        Override("lossy", Party.CONSUMERS, "ann", " ")
