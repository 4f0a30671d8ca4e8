from __future__ import annotations

import pytest

from sparkguard.rendering.plaintext import bar, explained, number, sparkline
from sparkguard.verdicts import Evidence


def test_both_sides_of_a_distribution_stand_side_by_side() -> None:
    rows = [
        Evidence("bins", "to q1: baseline", 0, "up to 5", number=0.75, count=3_000),
        Evidence("bins", "to q1: baseline", 1, "above 5", number=0.25, count=1_000),
        Evidence("bins", "to q1: current", 0, "up to 5", number=0.5, count=50),
        Evidence("bins", "to q1: current", 1, "above 5", number=0.5, count=50),
        Evidence("bins", "to q1: terms", 0, "up to 5", number=0.10137),
        Evidence("bins", "to q1: terms", 1, "above 5", number=0.17329),
    ]
    name, header, first, second, end = explained(rows)
    assert name == "to q1"
    assert header.split() == ["cell", "R", "X", "p", "q", "term", "baseline", "|", "current"]
    assert first.split()[2:] == [
        *("5", "3,000", "50", "75.00%", "50.00%", "0.10137", "█" * 20 + "|", "█" * 13 + "▍"),
    ]
    assert second.endswith(f"0.17329  {'█' * 6 + '▋':<20}| {'█' * 13}▍")
    assert end == ""


def test_worked_numbers_come_with_their_words() -> None:
    rows = [
        Evidence("work", "to q1", 0, "n", number=30_000.0, text="rows of the baseline"),
        Evidence("work", "to q1", 1, "PSI", number=0.0073888, low=0.0, high=0.5),
    ]
    assert [line.split() for line in explained(rows)] == [
        ["to", "q1"],
        ["n", "30,000", "rows", "of", "the", "baseline"],
        ["PSI", "0.0073888", "[0,", "0.5]"],
        [],
    ]


def test_a_series_shows_what_it_is_held_to() -> None:
    (_, _, low, high, _) = explained(
        [
            Evidence("series", "PSI by partition", 0, "1", x=0.0, number=0.1, high=0.3),
            Evidence("series", "PSI by partition", 1, "2", x=1.0, number=0.4, high=0.3),
        ]
    )
    assert low.split() == ["1", "0.1", "0.3", "█████"]
    assert high.split() == ["2", "0.4", "0.3", "█" * 20]


def test_text_of_the_data_commands_no_terminal() -> None:
    lines = list(explained([Evidence("counts", "x", 0, "\x1b[31mred", count=1)]))
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, ""), (1.0, "████"), (0.5, "██"), (0.03125, "▏"), (2.0, "████")]
)
def test_bars(share: float, expected: str) -> None:
    assert bar(share, 1.0, 4) == expected
    assert bar(share, 0.0, 4) == ""


def test_sparklines() -> None:
    assert sparkline([0, 1, 4, 8]) == " ▂▅█"
    assert sparkline([]) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, ""), (12_345.0, "12,345"), (0.000478813, "0.000478813"), (float("nan"), "nan")],
)
def test_numbers(value: float | None, expected: str) -> None:
    assert number(value) == expected
