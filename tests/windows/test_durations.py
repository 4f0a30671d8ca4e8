"""Lengths of time."""

from __future__ import annotations

import pytest

from sparkguard.windows.durations import DAY, HOUR, MINUTE, SECOND, Duration, parse, spoken


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("P7D", Duration(days=7)),
        ("P2W", Duration(days=14)),
        ("PT24H", Duration(micros=24 * HOUR)),
        ("P1M", Duration(months=1)),
        ("P1Y2M", Duration(months=14)),
        ("PT90M", Duration(micros=90 * MINUTE)),
        ("P1DT12H", Duration(days=1, micros=12 * HOUR)),
        ("PT0.5S", Duration(micros=SECOND // 2)),
    ],
)
def test_iso_durations_are_read(text: str, duration: Duration) -> None:
    assert parse(text) == duration


@pytest.mark.parametrize("text", ["", "P", "PT", "7 days", "P0D", "PT0S", "P-1D", "1D", "P1.5D"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|above zero"):
        parse(text)


def test_months_have_no_elapsed_length() -> None:
    assert parse("P1DT1H").elapsed == 25 * HOUR
    with pytest.raises(ValueError, match="no fixed length"):
        _ = parse("P1M").elapsed


@pytest.mark.parametrize(
    ("micros", "text"),
    [(DAY, "1 day"), (-3 * HOUR, "3 hours"), (90 * MINUTE, "90 minutes"), (0, "0 seconds"),
     (1, "1 microsecond")],
)  # fmt: skip
def test_lengths_are_spoken_in_their_largest_unit(micros: int, text: str) -> None:
    assert spoken(micros) == text
