from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.key_list import KeyList, KeyListState, ListedKey
from sparkguard.sql import name

MEASURE = KeyList(name("h"), name("t"), name("n"), name("f"))
KEYS = st.builds(
    ListedKey,
    st.sampled_from("abcdef"),
    st.none() | st.text(max_size=3),
    st.integers(1, 9),
    st.none() | st.sampled_from("xyz"),
)
STATES = st.lists(KEYS, max_size=5, unique_by=lambda key: key.hash).map(
    lambda keys: KeyListState().merge(KeyListState(tuple(keys)))
)


@given(STATES, STATES, STATES)
def test_merging_is_associative_and_commutative(
    x: KeyListState, y: KeyListState, z: KeyListState
) -> None:
    assert x.merge(y) == y.merge(x)
    assert x.merge(y).merge(z) == x.merge(y.merge(z))
    assert x.merge(KeyListState()) == x


@given(STATES)
def test_bytes_keep_every_key(state: KeyListState) -> None:
    assert MEASURE.load(MEASURE.dump(state)) == state


def test_rows_become_keys_by_falling_count(spark: Any) -> None:
    frame = spark.createDataFrame(
        [("a", "x", 1, None), ("b", None, 5, "p=1")], "h string, t string, n bigint, f string"
    )
    cells = frame.selectExpr(*(e.text for e in MEASURE.aggregates())).collect()[0]
    state = MEASURE.state(cells)
    assert state.keys == (ListedKey("b", None, 5, "p=1"), ListedKey("a", "x", 1))
    assert MEASURE.metrics(state) == {"keys": 2, "rows": 6}
