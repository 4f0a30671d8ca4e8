from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.drift.contributions import of_ratio, of_sum

PAIRS = st.dictionaries(
    st.sampled_from("abcde"), st.tuples(st.integers(0, 50), st.integers(50, 100)), min_size=1
)


def test_the_slice_that_lost_its_rows_comes_first() -> None:
    found = of_sum({"EWR": 100, "JFK": 100}, {"EWR": 98, "JFK": 10, "LGA": 1})
    assert next(iter(found)) == "JFK"
    assert found["JFK"].share == pytest.approx(90 / 91)


def test_a_ratio_moves_by_what_is_within_and_by_the_mix() -> None:
    before = {"a": (10.0, 100.0), "b": (50.0, 100.0)}
    within = of_ratio(before, {"a": (30.0, 100.0), "b": (50.0, 100.0)})
    assert (within["a"].within, within["a"].mix) == (pytest.approx(0.1), 0)
    mix = of_ratio(before, {"a": (20.0, 200.0), "b": (0.0, 0.0)})
    assert sum(c.mix for c in mix.values()) == pytest.approx(-0.2)
    assert sum(c.within for c in mix.values()) == pytest.approx(0)


@given(PAIRS, PAIRS)
def test_the_parts_add_up_to_the_change(
    before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]
) -> None:
    def ratio(side: dict[str, tuple[float, float]]) -> float:
        return sum(x for x, _ in side.values()) / sum(n for _, n in side.values())

    found = of_ratio(before, after)
    assert sum(c.total for c in found.values()) == pytest.approx(ratio(after) - ratio(before))
