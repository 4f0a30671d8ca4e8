from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from sparkguard.measures.families import Family
from sparkguard.measures.value_bits import Bits, ValueBits, ValueBitsState, bits
from tests.measures.laws import obeys, reads_golden

BITS = ValueBits(("a",), Family.STRING)


def bits_of(rows: Sequence[int]) -> ValueBitsState:
    return ValueBitsState(bits(frozenset(rows)), bits(frozenset(row // 2 for row in rows)))


def test_laws_of_bits() -> None:
    obeys(BITS, bits_of, st.integers(0, 32_767))


def test_golden_bits() -> None:
    reads_golden(BITS, ValueBitsState(Bits(frozenset({3, 77})), Bits(frozenset({1, 38}))))


def test_many_values_are_forgotten_and_cells_are_read_bit_by_bit() -> None:
    assert bits(frozenset(range(513))) == Bits(many=True)
    assert bits(frozenset({1})).merge(Bits(many=True)).many
    state = BITS.state([bytes([0b0000_1001, 0b1000_0000]), b""])
    assert state.exact.positions == {0, 3, 15}
    assert state.folded == Bits()
