from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from sparkguard.errors import ConfigurationError
from sparkguard.lifecycles.baselines import Change, Status, approved, lives, require, unfit
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome, Severity, Verdict

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
C, A, R = Status.CANDIDATE, Status.APPROVED, Status.RETIRED


def history(*acts: tuple[str, Status]) -> tuple[Change, ...]:
    return tuple(
        Change(i, name, status, "ann", START + timedelta(days=i))
        for i, (name, status) in enumerate(acts, start=1)
    )


def states(*acts: tuple[str, Status]) -> dict[str, str]:
    return {name: life.status for name, life in lives(history(*acts)).items()}


def test_approving_the_next_one_retires_the_one_before() -> None:
    assert states(("a", C), ("a", A), ("b", C), ("b", A)) == {"a": "retired", "b": "approved"}
    life = lives(history(("a", C), ("a", A), ("b", C), ("b", A)))["a"]
    assert life.reason == "replaced by b"


def test_only_an_approved_baseline_is_in_force() -> None:
    assert approved(()) is None
    assert approved(history(("a", C))) is None
    assert approved(history(("a", C), ("a", A), ("a", R))) is None
    found = approved(history(("a", C), ("a", A), ("b", C)))
    assert found is not None
    assert found.baseline == "a"


@pytest.mark.parametrize(
    ("acts", "wanted", "message"),
    [
        ((("a", C), ("a", A)), A, "is approved and can't become approved"),
        ((("a", C), ("a", R)), A, "is retired and can't become approved"),
        ((("a", C), ("a", R)), R, "is retired and can't become retired"),
        ((), A, "there is no baseline 'a'; there are none"),
        ((("aa", C),), A, "Did you mean 'aa'"),
    ],
)
def test_what_may_not_happen(
    acts: tuple[tuple[str, Status], ...], wanted: Status, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        require(history(*acts), "a", wanted, "ann")


def test_somebody_has_to_answer_for_it() -> None:
    with pytest.raises(ConfigurationError, match="say who"):
        require(history(("a", C)), "a", A, " ")
    require(history(("a", C)), "a", A, "ann")


def test_a_partition_that_broke_a_check_is_unfit_until_somebody_acknowledged_it() -> None:
    may, june = Slice.of({"month": "5"}), Slice.of({"month": "6"})
    verdicts = {
        ("x.drift", may): Verdict("x.drift", may, Outcome.FAIL, Severity.ERROR),
        ("x.rows", june): Verdict("x.rows", june, Outcome.WARN, Severity.WARN),
        ("x.new", june): Verdict(
            "x.new", june, Outcome.NOT_EVALUABLE, Severity.ERROR, counts_as=Outcome.WARN
        ),
    }
    assert unfit(verdicts, (may, june), {}) == {may: ("x.drift",)}
    assert unfit(verdicts, (may, june), {"x.drift": frozenset({may})}) == {}
    assert unfit(verdicts, (WHOLE,), {}) == {WHOLE: ("x.drift",)}


def test_a_partition_that_could_not_be_judged_is_unfit_where_that_weighs_as_an_error() -> None:
    may = Slice.of({"month": "5"})
    verdicts = {("x", may): Verdict("x", may, Outcome.NOT_EVALUABLE, Severity.ERROR)}
    assert unfit(verdicts, (may,), {}) == {may: ("x",)}
    assert unfit(verdicts, (may,), {"x": frozenset({may})}) == {}
    assert unfit(verdicts, (may,), {}, Outcome.FAIL) == {may: ("x",)}
    assert unfit(verdicts, (may,), {}, Outcome.WARN) == {}
