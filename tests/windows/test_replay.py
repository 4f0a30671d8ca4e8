"""How bugs are replayed: which are tried, which are named, and which the data would have shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sparkguard.windows.cases import Case
from sparkguard.windows.catalogue import CATALOGUE
from sparkguard.windows.durations import DAY, HOUR
from sparkguard.windows.oracle import Event
from sparkguard.windows.replay import replay
from sparkguard.windows.spec import Aggregate, Window
from sparkguard.windows.values import Output, Tolerance
from tests.windows.mutants import COUNT, KINDS, MEAN, SPEC, SUM

NOW = 20_000 * DAY
PLAIN = replace(SPEC, knowledge="final", distinct_id=None, arrival_time=None)


def _case(
    values: Iterable[Any],
    aggregate: Aggregate = SUM,
    output: Output | None = None,
    key: Any = "k",
    held: Callable[[Case], Any] = lambda case: case.exact,
) -> Case:
    """A window of an event an hour, the last one an hour before it."""
    listed = list(values)[::-1]
    events = [Event(NOW - (n + 1) * HOUR, v, None, n, (n,)) for n, v in enumerate(listed)]
    case = Case(PLAIN, aggregate, output or Output(), key, NOW, None, events)
    return replace(case, observed=held(case))


def test_a_bug_whose_value_would_be_stored_alike_would_not_have_shown() -> None:
    values = [100_000, 100_000, None, 1]
    exactly = _case(values, MEAN, Output(scale=4), held=lambda _: Decimal("66667.0000"))
    assert exactly.is_right
    assert replay([exactly]).sensitivity["cap_last"] == 1
    tolerant = Output(is_float=True, tolerance=Tolerance(relative=0.6))
    roughly = _case(values, MEAN, tolerant, held=lambda c: float(c.exact))
    assert replay([roughly]).sensitivity["cap_last"] == 0
    whole = _case([5, 5, 5, 4, 5, 5], MEAN, Output(), held=lambda _: 5)
    assert whole.is_right
    assert "nulls" in replay([whole]).blind
    assert "cap_last" in replay([whole]).blind


def test_totals_that_a_32_bit_float_holds_would_not_show_it_whatever_their_unit() -> None:
    cents = Output(is_float=True, unit=100)
    small = _case([150, 250], SUM, cents, held=lambda c: c.exact / 100)
    assert "float32" in replay([small]).blind
    large = _case([2**30 + 25], SUM, cents, held=lambda c: c.exact / 100)
    assert "float32" not in replay([large]).blind


@pytest.mark.parametrize("aggregate", [SUM, MEAN, COUNT, KINDS])
@pytest.mark.parametrize("held", [math.nan, math.inf, -math.inf])
def test_a_stored_value_that_is_no_number_is_replayed_like_any_other(
    aggregate: Aggregate, held: float
) -> None:
    cases = [
        _case([7, None, 9], aggregate, Output(is_float=True), held=lambda c: float(c.exact)),
        _case([7, None, 9], aggregate, Output(is_float=True), held=lambda _: held),
    ]
    found = replay(cases)
    assert (found.wrong, found.right) == (1, 1)
    assert not found.ranked


def test_a_quantile_over_infinite_values_is_replayed() -> None:
    median = Aggregate("quantile", None, "v", q=0.5, method="lower")
    case = _case([math.inf, math.inf, 1.0], median, Output(is_float=True), held=lambda _: 3.0)
    assert replay([case]).wrong == 1


def test_a_bug_of_most_entities_is_named_though_the_first_one_has_another() -> None:
    other = [_case([n, 5], key=0, held=lambda c: c.exact * 1_000 + 1) for n in range(45)]
    counted = [_case([n, 7], key=1, held=lambda c: c.exact * 3) for n in range(105)]
    found = replay([*other, *counted])
    assert (found.best[0].says, found.best[0].explained) == ("the value times 3", 105)


def test_bugs_that_would_read_rows_which_did_not_come_are_told_apart() -> None:
    leaked = _case([1, 2, 4], held=lambda c: 7 + 8)
    later = Event(NOW + 30 * HOUR, 8, None, "later", (9,))
    whole = replace(leaked, events=[*leaked.events, later])
    assert (replay([whole]).best[0].bug, replay([whole]).unreplayed) == ("leak", {})
    found = replay([replace(whole, whole=False)])
    assert "leak" not in {score.bug for score in found.scores}
    assert found.unreplayed == {"leak": 1, "rows_for_range": 1}
    assert found.sensitivity["leak"] == 0
    assert found.merge(found).unreplayed["leak"] == 2


def test_a_feature_that_is_always_null_is_not_one_of_shorter_windows() -> None:
    tumbling = replace(
        PLAIN, window=Window(bounds="[)", kind="tumbling", length="P1D", clock="elapsed",
                             label="end")
    )  # fmt: skip
    day_before = [Event(NOW - n * HOUR, n, None, n, (n,)) for n in range(1, 24)]
    case = Case(tumbling, SUM, Output(), "k", NOW, None, day_before)
    assert not any(score.bug == "length" for score in replay([case]).scores)


@pytest.mark.parametrize("kind", ["tumbling", "hopping"])
@pytest.mark.parametrize("length", ["P7D", "P30D"])
def test_a_lag_past_a_line_of_the_grid_is_named_however_long_the_step(
    kind: Any, length: str
) -> None:
    options = {"label": "end"} if kind == "tumbling" else {"hop": length}
    window = Window(bounds="[)", kind=kind, length=length, clock="elapsed", **options)  # type: ignore[arg-type]
    spec = replace(PLAIN, window=window)
    events = [Event(NOW - n * 3 * HOUR, 7**n % 1_009, None, n, (n,)) for n in range(800)]

    def row(at: int) -> Case:
        return Case(spec, SUM, Output(), "k", at, None, events)

    rows = (row(NOW - n * 5 * HOUR) for n in range(140))
    cases = [replace(case, observed=row(case.at - DAY).exact) for case in rows]
    found = replay(cases)
    assert found.wrong
    (best,) = found.best
    assert (best.says, best.explained) == ("the value of 1 day earlier", found.wrong)


@pytest.mark.parametrize(
    ("zone", "applies"),
    [
        ("Africa/Cairo", True),
        ("America/Sao_Paulo", True),
        ("Europe/Istanbul", True),
        ("UTC", False),
    ],
)
def test_clocks_that_ever_change_can_be_taken_for_others(zone: str, applies: bool) -> None:
    dst = next(bug for bug in CATALOGUE if bug.name == "dst")
    assert dst.applies(replace(SPEC, timezone=zone), SUM) is applies
