from __future__ import annotations

import re
from calendar import isleap, monthrange

import pytest

from sparkguard.contracts.formats import FORMATS
from sparkguard.sql.patterns import to_java

CASES = {
    "date": (
        ["2023-02-28", "2024-02-29", "2000-02-29", "2023-12-31", "2023-11-30"],
        ["2023-02-29", "1900-02-29", "2023-02-31", "2023-04-31", "2023-13-01", "2023-00-10"],
    ),
    "date-time": (
        [
            "2024-02-29T23:59:60Z",
            "2024-01-31 00:00:00.123+14:00",
            "2024-01-31t00:00:00z",
            "2024-01-31T00:00:00-23:59",
        ],
        [
            "2024-99-99T99:99:99Z",
            "2024-00-00 24:60:60Z",
            "2023-02-29T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:61Z",
            "2024-01-01T00:00:00+99:99",
            "2024-01-01T00:00:00+24:00",
            "2024-01-01T00:00:00",
        ],
    ),
    "ipv4": (
        ["0.0.0.0", "255.249.199.99", "1.20.100.9"],
        ["01.02.03.04", "00.0.0.0", "256.0.0.0", "1.2.3", "1.2.3.4.5"],
    ),
    "email": (["a@b.c", "a.b+c@sub.b.org"], ["a@b", "a@b.", "a@.b", "a@b..c", "a b@c.d", "@b.c"]),
    "hostname": (["b", "a-b.c", "1.2"], ["", "-b", "b-", "a..b", "a.", "a_b", "x" * 64]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_format_finds_what_it_names_alone(name: str) -> None:
    right, wrong = CASES[name]
    assert [text for text in right if not re.search(FORMATS[name], text, re.ASCII)] == []
    assert [text for text in wrong if re.search(FORMATS[name], text, re.ASCII)] == []


def test_a_date_is_one_of_the_calendar() -> None:
    for year in (1900, 1996, 2000, 2001, 2004, 2096, 2100, 2400):
        for month in range(1, 13):
            days = monthrange(year, month)[1]
            found = [
                day
                for day in range(32)
                if re.search(FORMATS["date"], f"{year}-{month:02}-{day:02}")
            ]
            assert found == list(range(1, days + 1)), (year, month, isleap(year))


@pytest.mark.parametrize("name", FORMATS)
def test_java_reads_every_format_without_calling_itself_for_each_part(name: str) -> None:
    assert to_java(FORMATS[name])
    assert not re.search(r"\)[*+]", FORMATS[name])
