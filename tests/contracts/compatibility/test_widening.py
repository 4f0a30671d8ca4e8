from __future__ import annotations

from hypothesis import given

from sparkguard.contracts.compatibility.widening import widening
from sparkguard.datatypes import parse
from tests.contracts.compatibility.shapes import leaves


@given(leaves, leaves, leaves)
def test_widening_is_a_partial_order(a: str, b: str, c: str) -> None:
    x, y, z = parse(a), parse(b), parse(c)
    if x != y:
        assert not (widening(x, y) and widening(y, x))
    if widening(x, y) and widening(y, z) and len({a, b, c}) == 3:
        assert widening(x, z)
