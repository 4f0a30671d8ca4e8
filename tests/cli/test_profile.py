from __future__ import annotations

import pytest

from sparkguard.cli.profile import summary_table
from sparkguard.cli.root import out
from sparkguard.profile import Profile
from sparkguard.profiling import ColumnSummary, TableProfile
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Outcome


def summary(type_: str, mean: float, stddev: float) -> ColumnSummary:
    numbers = {"rows": 1_000, "mean": mean, "stddev": stddev, "q50": mean}
    return ColumnSummary("c", type_, WHOLE, Outcome.PASS, "", numbers)


@pytest.mark.parametrize(
    ("type_", "mean", "stddev", "said"),
    [
        ("date", 19_723.4, 1.5, ("2024-01-01", "1 d 12 h")),
        ("timestamp", 1_704_067_199.6, 90.0, ("2024-01-01T00:00:00Z", "1 min 30 s")),
        ("timestamp_ntz", 1_704_067_200.0, 3_600.0, ("2024-01-01T00:00:00", "1 h")),
        ("double", 1_704.25, 0.5, ("1,704.25", "0.5")),
    ],
)
def test_statistics_of_times_are_times(
    type_: str, mean: float, stddev: float, said: tuple[str, str]
) -> None:
    found = summary_table(TableProfile(0, (summary(type_, mean, stddev),), Profile()))
    with out.capture() as shown:
        out.print(found)
    (_, line) = shown.get().splitlines()
    assert line.split() == [
        "c",
        type_,
        "whole",
        "table",
        "1,000",
        *" ".join((*said, said[0])).split(),
    ]
