from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from sparkguard.report.figures import figures_of
from sparkguard.report.figures.frame import Scale, short, thinned
from sparkguard.report.figures.outcomes import by_slice
from sparkguard.report.model import Picture
from sparkguard.verdicts import Evidence
from tests.report.facts import row


def series(name: str, *numbers: float | None, **more: float) -> Picture:
    points = [
        Evidence("series", name, i, f"p{i}", x=float(i), number=number, **more)
        for i, number in enumerate(numbers)
    ]
    return Picture("series", name, tuple(points))


GREAT = ([-1.7e308, 1.7e308], [1.7e308], [0.0, 1.7e308], [-1.7e308], [5e-324], [1.0, 1.0 + 2e-16])
"""Where differences, or room around them, are no finite number, or vanish."""


def test_scales_have_round_ticks() -> None:
    assert Scale(0.0, 1.0).ticks() == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert Scale(0.013, 0.27).ticks() == (0.05, 0.1, 0.15, 0.2, 0.25)
    assert Scale(1.0, 50_000.0, log=True).ticks() == (1.0, 10.0, 100.0, 1_000.0, 10_000.0)


@pytest.mark.parametrize(
    "values", [[], [0.0], [5.0], [math.nan, math.inf], [-3.0, -3.0], [1e-300], *GREAT]
)
def test_a_scale_holds_any_values(values: list[float]) -> None:
    for scale in (Scale.around(values, zero=True), Scale.around(values)):
        assert scale.high > scale.low
        assert all(0 <= scale.at(v) <= 1 for v in values if math.isfinite(v))
        assert len(scale.ticks()) in range(1, 12)
        assert all(map(math.isfinite, scale.ticks()))


def test_wide_ranges_are_logarithmic_and_keep_their_zero() -> None:
    scale = Scale.around([0.0, 1.0, 4_096.0], may_log=True)
    assert scale.log
    assert scale.at(0.0) == 0.0 < scale.at(1.0) < scale.at(64.0) < scale.at(4_096.0) == 1.0
    assert not Scale.around([1.0, 50.0], may_log=True).log


def test_labels_are_thinned_to_the_room() -> None:
    assert thinned(["a", "b"]) == [(0.0, "a"), (1.0, "b")]
    assert len(thinned([f"2024-{n:02d}" for n in range(48)])) <= 8
    assert (short(12_345.0), short(3.4e6), short(0.5), short(950.0)) == (
        "12.35k", "3.4M", "0.5", "950",
    )  # fmt: skip


def test_numbers_that_can_not_be_drawn_are_left_out() -> None:
    assert figures_of([series("one", 1.0)]) == ()
    assert figures_of([series("none", None, math.nan, math.inf)]) == ()
    (figure,) = figures_of([series("some", 1.0, math.nan, 2.0, None, 3.0)])
    assert "3 points from p0 to p4" in figure.picture


def test_an_index_is_held_to_its_limit_and_others_to_their_interval() -> None:
    (index,) = figures_of([series("PSI by partition", 0.1, 0.3, low=0.0, high=0.2)])
    assert index.picture.count('class="beyond"') == 1
    assert [says for _, says in index.legend] == ["limit", "beyond it"]
    (rate,) = figures_of([series("rate", 0.1, 0.3, low=0.0, high=0.4)])
    assert [says for _, says in rate.legend] == ["interval"]


def test_a_changed_level_is_marked_where_it_changed() -> None:
    change = Evidence("work", "changepoint", 0, "p2", number=9.0, text="from 1 to 5")
    found = [
        series("row_count by partition", 1.0, 1.0, 5.0),
        Picture("work", "changepoint", (change,)),
    ]
    (figure,) = figures_of(found)
    assert "level changes" in figure.picture


def test_bins_alone_are_a_histogram_and_pairs_a_comparison() -> None:
    def of(name: str) -> Picture:
        cells = [
            Evidence("bins", name, i, f"c{i}", number=share, low=float(i), high=i + 1.0)
            for i, share in enumerate((0.2, 0.3, 0.5))
        ]
        return Picture("bins", name, tuple(cells))

    pair = [of("to the baseline: baseline"), of("to the baseline: current"), of("orphan keys")]
    captions = [figure.caption for figure in figures_of(pair)]
    assert captions == ["Distribution, compared to the baseline", "Orphan keys"]


@pytest.mark.parametrize(
    ("bad", "drawn"),
    [((0,), (0, 60)), ((50, 89), (30, 90)), (range(80, 90), (30, 90)), ((15,), (5, 65))],
)
def test_of_many_slices_those_around_the_first_bad_one_are_drawn(
    bad: Sequence[int], drawn: tuple[int, int]
) -> None:
    names = [f"day={n:02d}" for n in range(90)]
    rows = [
        row("t.range.x", "fail", name, rows=100, violations=n + 1)
        if n in bad
        else row("t.range.x", "pass", name, rows=100, violations=0)
        for n, name in enumerate(names)
    ]
    figure = by_slice(rows, len(rows))
    assert figure is not None
    told = [name for name in names if f"<title>{name}:" in figure.picture]
    assert told == names[slice(*drawn)]
    assert "(and 30 more slices)" in figure.caption
    assert f"90 slices, 60 of them drawn; most in day={bad[-1]:02d} with" in figure.picture


def test_the_curve_of_a_sample_is_drawn_into_that_of_all() -> None:
    name = "orphan rate by rows per key"
    step = Evidence("work", "numbers", 0, "step at rows per key", number=4.0)

    def of(name: str, *rates: float) -> Picture:
        points = [
            Evidence("series", name, i, str(2**i), x=2.0**i, number=rate)
            for i, rate in enumerate(rates)
        ]
        return Picture("series", name, tuple(points))

    (figure,) = figures_of(
        [
            of(name, 0.0, 0.0, 0.4, 0.5),
            of(f"{name}, 1 in 10 keys", 0.0, 0.0, 0.0),
            of(f"{name}, 1 in 100 keys", 0.0, 0.0),
            Picture("work", "numbers", (step,)),
        ]
    )
    assert figure.picture.count('class="sample"') == 1
    assert ("sample", "1 in 10 keys") in figure.legend
    assert "errors begin at 4" in figure.picture
