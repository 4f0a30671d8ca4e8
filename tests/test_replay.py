from __future__ import annotations

from typing import Any

from sparkguard.checks.base import TableFacts
from sparkguard.datatypes import Atomic, Field, Struct
from sparkguard.drift.cells import feature_of
from sparkguard.measures.families import Family
from sparkguard.measures.values import Values, ValuesState
from sparkguard.profile import Need, Profile
from sparkguard.relations.halves import HALF, Halves
from sparkguard.replay import _compared, _keys
from sparkguard.slices import Slice


def test_halves_of_a_partition_are_compared_with_each_other() -> None:
    measure = Values(("x",), Family.STRING)
    need: Need[Any] = Need(Halves("t", ("id",)), measure)
    states = {
        (need, Slice.of({"month": m, HALF: half})): ValuesState({"a": n})
        for m, half, n in (("1", "0", 10), ("1", "1", 12), ("2", "0", 5))
    }
    states[need, Slice.of({"month": "3", HALF: "0"})] = ValuesState({}, overflow=True)
    states[need, Slice.of({"month": "3", HALF: "1"})] = ValuesState({"a": 1})
    feature = feature_of(measure, ValuesState({"a": 100}))
    _, slices, first, second = _compared(feature, need, Profile(states))
    assert slices == [Slice.of({"month": "1"})]
    assert (first[0][0], second[0][0]) == (10, 12)


def test_the_key_decides_the_half_and_every_plain_column_without_one() -> None:
    schema = Struct((Field("a", Atomic("int")), Field("b", Struct(()))))
    assert _keys(TableFacts("t", schema, primary_key=("a", "c"))) == ("a", "c")
    assert _keys(TableFacts("t", schema)) == ("a",)
