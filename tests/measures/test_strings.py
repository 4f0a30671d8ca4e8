from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.families import Family
from sparkguard.measures.sample import Sample
from sparkguard.measures.strings import Strings, StringsState
from tests.measures.laws import obeys, reads_golden

MEASURE = Strings(("a",), "b", "d")
TEXTS = st.none() | st.text("abcde", max_size=3)


def state_of(rows: Sequence[str | None], measure: Strings = MEASURE) -> StringsState:
    ends: dict[int | None, list[str]] = defaultdict(list)
    lengths = Counter(None if row is None else len(row) for row in rows)
    for row in rows:
        if row is not None and (row <= measure.low or row >= measure.high):
            ends[len(row)].append(row)
    return measure.of_groups(
        ((length, (min(ends[length], default=None), max(ends[length], default=None))), n)
        for length, n in lengths.items()
    )


def test_laws() -> None:
    obeys(MEASURE, state_of, TEXTS)


def test_golden() -> None:
    reads_golden(MEASURE, StringsState({0: 2, 3: 1}, 4, "", "zzz", "b", "d"))


@given(st.lists(TEXTS), TEXTS, TEXTS)
def test_extremes_are_right_or_unknown(
    rows: list[str | None], a: str | None, b: str | None
) -> None:
    measure = Strings(("a",), min(a or "", b or ""), max(a or "", b or ""))
    found = state_of(rows, measure)
    texts = [row for row in rows if row is not None]
    assert found.minimum in (None, min(texts, default=None))
    assert found.maximum in (None, max(texts, default=None))
    if any(text <= measure.low for text in texts):
        assert found.minimum is not None


@given(st.lists(TEXTS), st.lists(TEXTS), st.lists(st.text("abcde"), min_size=4, max_size=4))
def test_extremes_stay_right_when_bounds_differ(
    a: list[str | None], b: list[str | None], bounds: list[str]
) -> None:
    low, low_, high, high_ = sorted(bounds)
    merged = state_of(a, Strings(("a",), low, high)).merge(
        state_of(b, Strings(("a",), low_, high_))
    )
    texts = [row for row in (*a, *b) if row is not None]
    assert merged.minimum in (None, min(texts, default=None))
    assert merged.maximum in (None, max(texts, default=None))


def test_bounds_are_compared_with_as_many_characters_as_they_may_have() -> None:
    """A bound cut from a longer text is below it, and no whole text would be at or below it."""
    (cut,) = Sample(("a",), Family.STRING, 9).cells()[1:]
    assert cut.text == "left(`a`, 256)"
    beyond = MEASURE.group_by()[1].text
    assert beyond.startswith("CASE WHEN left(`a`, 256) <= 'b' OR `a` >= 'd' THEN")


def test_metrics() -> None:
    assert MEASURE.metrics(state_of(["", "abc", None])) == {
        "overflow": 0,
        "rows": 3,
        "null": 1,
        "empty": 1,
        "length_min": 0,
        "length_max": 3,
        "length_mean": 1.5,
    }
