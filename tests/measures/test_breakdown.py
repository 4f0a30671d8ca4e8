from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.breakdown import BreakdownBins
from sparkguard.shadow_rules.causes import Bin, Breakdown

MEASURE = BreakdownBins(("n", "s"), frozenset({"n"}))
WHOLE_FLOATS = st.integers(0, 9).map(float)
BINS = st.builds(
    Bin, st.integers(1, 9), st.integers(0, 9), *[WHOLE_FLOATS] * 4, st.sampled_from("xy")
)
AT = st.tuples(st.sampled_from(("n", "s")), st.integers(0, 2))
STATES = st.builds(Breakdown, st.dictionaries(AT, BINS), st.just(frozenset({"n"})))


@given(STATES, STATES, STATES)
def test_states_merge(x: Breakdown, y: Breakdown, z: Breakdown) -> None:
    assert x.merge(y) == y.merge(x)
    assert x.merge(y).merge(z) == x.merge(y.merge(z))


@given(STATES)
def test_bytes_give_back_the_state(state: Breakdown) -> None:
    assert MEASURE.load(MEASURE.dump(state)) == state


def test_a_text_is_kept_where_all_wrong_rows_share_it() -> None:
    rows = [(0, 3, 1, 2, 5.0, 5.0, 4.0, 7.0, None, None), (1, 9, 4, 0, *[None] * 4, "x", "x")]
    rows.append((1, 10, 4, 0, *[None] * 4, "x", "y"))
    state = MEASURE.state([rows])
    assert state.bins == {
        ("n", 3): Bin(1, 2, 5.0, 5.0, 4.0, 7.0),
        ("s", 9): Bin(4, 0, text="x"),
        ("s", 10): Bin(4, 0),
    }
    assert MEASURE.metrics(state) == {"bins": 3}
    hidden = BreakdownBins(("n", "s"), frozenset({"n"}), texts=False)
    assert hidden.state([rows]).bins["s", 9].text is None
