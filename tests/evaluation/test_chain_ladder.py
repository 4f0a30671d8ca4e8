from __future__ import annotations

import pytest

from sparkguard.evaluation.chain_ladder import ChainLadder

RAA = (
    (5012, 8269, 10907, 11805, 13539, 16181, 18009, 18608, 18662, 18834),
    (106, 4285, 5396, 10666, 13782, 15599, 15496, 16169, 16704),
    (3410, 8992, 13873, 16141, 18735, 22214, 22863, 23466),
    (5655, 11555, 15766, 21266, 23425, 26083, 27067),
    (1092, 9565, 15836, 22169, 25955, 26180),
    (1513, 6445, 11702, 12935, 15852),
    (557, 4020, 10946, 12314),
    (1351, 6947, 13112),
    (3133, 5395),
    (2063,),
)


def test_published_triangle() -> None:
    found = ChainLadder(RAA)
    assert [round(f, 3) for f in found.factors] == [
        2.999, 1.624, 1.271, 1.172, 1.113, 1.042, 1.033, 1.017, 1.009
    ]  # fmt: skip
    assert round(sum(found.ultimates), 2) == 213_122.23
    assert round(found.outstanding, 2) == 52_135.23
    assert round(found.standard_error, 2) == 26_909.01
    by_line = ChainLadder(RAA, "log_linear")
    assert by_line.ultimates == found.ultimates
    assert round(by_line.standard_error, 2) == 26_880.74


def test_cohorts_that_are_complete_tell_more_and_have_nothing_to_come() -> None:
    longer = (RAA[0], RAA[0], *RAA[1:])
    found = ChainLadder(longer)
    assert found.n == 10
    assert found.factors[-1] == ChainLadder(RAA).factors[-1]
    assert found.variances[-1] == 0  # two cohorts tell of the last age, and agree
    assert found.mean_square_error(1) == 0
    assert found.ultimates[:2] == (18_834, 18_834)
    assert found.outstanding > 0


def test_a_triangle_that_can_not_develop_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        ChainLadder(((1, 2), (1,)))
    with pytest.raises(ValueError, match="no label"):
        ChainLadder(((0, 2, 3), (0, 1), (0,)))
    with pytest.raises(ValueError, match="only one"):
        ChainLadder(((1, 2, 3), (0, 1), (0,)))
