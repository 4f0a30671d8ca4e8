from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sparkguard.drift.multiplicity import discoveries, in_two_stages, simes

PUBLISHED = (
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
)
"""The fifteen tests of Benjamini and Hochberg (1995), of which four are found at 5 %."""


def test_the_published_example() -> None:
    assert discoveries(PUBLISHED, 0.05) == (True,) * 4 + (False,) * 11
    assert sum(discoveries(PUBLISHED, 0.05, "by")) == 3


@given(st.lists(st.floats(0, 1), max_size=40), st.sampled_from(["bh", "by"]))
def test_it_is_scipys_adjustment(p: list[float], dependence: str) -> None:
    found = discoveries(p, 0.05, dependence)  # type: ignore[arg-type]
    if p:
        adjusted = stats.false_discovery_control(p, method=dependence)
        sure = np.abs(adjusted - 0.05) > 1e-9
        assert (np.array(found) == (adjusted <= 0.05))[sure].all()


def test_simes() -> None:
    assert simes([0.02, 0.5, 0.01]) == pytest.approx(0.03)
    assert simes([]) == 1


def test_a_family_without_a_discovery_has_none_inside() -> None:
    found = in_two_stages({"a": [1e-9, 0.5], "b": [0.2, 0.3], "c": [1.0]}, 0.01)
    assert found == {"a": (True, False), "b": (False, False), "c": (False,)}
    assert in_two_stages({}) == {}
