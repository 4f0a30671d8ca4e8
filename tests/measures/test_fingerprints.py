from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.fingerprints import Fingerprints, FingerprintsState
from sparkguard.shadow_rules.differences import Fingerprint

MEASURE = Fingerprints()
PRINTS = st.builds(
    Fingerprint, st.integers(0, 10), st.integers(-(2**70), 2**70), st.integers(-(2**63), 2**63 - 1)
)
COUNTS = [st.integers(0, 10)] * 4
UNEQUAL = st.none() | st.frozensets(st.integers(0, 7))
STATES = st.builds(FingerprintsState, PRINTS, PRINTS, *COUNTS, UNEQUAL)


@given(STATES, STATES, STATES)
def test_states_merge(x: FingerprintsState, y: FingerprintsState, z: FingerprintsState) -> None:
    assert x.merge(y) == y.merge(x)
    assert x.merge(y).merge(z) == x.merge(y.merge(z))
    assert x.merge(FingerprintsState()) == x


@given(STATES)
def test_bytes_give_back_the_state(state: FingerprintsState) -> None:
    assert MEASURE.load(MEASURE.dump(state)) == state


def test_an_aggregate_row_becomes_a_state() -> None:
    cells = [3, Decimal(1), Decimal(5), 7, 4, Decimal(-1), Decimal(6), 8, 9, 1, 2, 3, [4, 5]]
    state = MEASURE.state(cells)
    assert (state.control, state.shadow) == (
        Fingerprint(3, 2**32 + 5, 7),
        Fingerprint(4, 6 - 2**32, 8),
    )
    assert (state.identical, state.equal, state.unequal) == (1, False, {4, 5})
    assert state.unequal_share == 5 / 7
    assert MEASURE.metrics(state)["unequal_buckets"] == 2
    nothing = MEASURE.state([None] * 8 + [0, 0, None, None, []])
    assert nothing == FingerprintsState()
    assert str(Fingerprint(2, -3, -1)) == "2:-3:ffffffffffffffff"
