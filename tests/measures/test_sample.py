from __future__ import annotations

from sparkguard.measures.families import Family
from sparkguard.measures.sample import Sample, SampleState


def test_counts_what_the_second_half_adds_and_bounds_texts_over_slices() -> None:
    measure = Sample(("a",), Family.STRING, 6)
    taken = [
        (("x",), (1, "b")),
        (("x",), (1, "y")),
        (("y",), (2, "c")),
        (("y",), (3, "z")),
        (("y",), (None, None)),
        (("x",), (4, "m")),
    ]
    assert measure.of_rows(taken) == SampleState(6, 2, half=2, distinct=4, low="c", high="y")


def test_no_rows() -> None:
    assert Sample(("a",), Family.INTEGER, 6).of_rows([]) == SampleState()


def test_is_never_stored() -> None:
    assert not Sample.stored
