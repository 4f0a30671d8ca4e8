from __future__ import annotations

import pytest

from sparkguard.report.model import Change, Trend
from sparkguard.report.since import change
from sparkguard.verdicts import Outcome

PASS, WARN, FAIL, ERROR = Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.ERROR


@pytest.mark.parametrize(
    ("was", "now", "trend"),
    [
        (PASS, FAIL, Trend.NEW),
        (Outcome.SKIPPED, WARN, Trend.NEW),
        (WARN, FAIL, Trend.WORSE),
        (FAIL, ERROR, Trend.WORSE),
        (FAIL, WARN, Trend.BETTER),
        (FAIL, PASS, Trend.HEALED),
        (FAIL, FAIL, Trend.SAME),
        (PASS, Outcome.SKIPPED, Trend.SAME),
        (FAIL, Outcome.SKIPPED, Trend.SAME),
    ],
)
def test_how_a_check_moved(was: Outcome, now: Outcome, trend: Trend) -> None:
    assert change({"": now}, {"": was}) == Change(trend, was)


def test_a_check_is_new_only_where_it_is_in_trouble() -> None:
    assert change({"": FAIL}, {}).trend is Trend.NEW
    assert change({"": PASS}, {}).trend is Trend.SAME
    assert change({"": FAIL}, None).trend is Trend.FIRST


def test_slices_that_broke_under_the_same_verdict() -> None:
    now = {"": FAIL, "m=1": PASS, "m=2": FAIL, "m=3": FAIL, "m=4": PASS}
    before = {"": FAIL, "m=1": FAIL, "m=2": FAIL, "m=4": PASS, "m=9": FAIL}
    assert change(now, before) == Change(Trend.SAME, FAIL, ("m=3",))
