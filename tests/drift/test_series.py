from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from sparkguard.drift.series import changepoint, score

START = date(2024, 1, 1)


def days(values: list[float]) -> dict[date, float]:
    return {START + timedelta(days=i): x for i, x in enumerate(values)}


def last(points: dict[date, float], **more: float) -> float | None:
    return score(points, max(points), **more).z  # type: ignore[arg-type]


def test_a_weekly_rhythm_is_no_anomaly_and_a_departure_from_it_is() -> None:
    rhythm = [1_000.0 + 500 * (i % 7 == 6) + (i * 37 % 11) for i in range(63)]
    assert abs(last(days(rhythm)) or 0) < 1
    monday_like_sunday = [*rhythm[:-1], 1_000.0]
    assert (last(days(monday_like_sunday)) or 0) < -5


def test_before_four_same_weekdays_there_is_no_score() -> None:
    points = days([10.0] * 28)
    found = score(points, max(points))
    assert (found.z, found.alike) == (None, 3)
    assert last(days([10.0] * 29)) == 0


def test_a_missing_day_stays_missing() -> None:
    points = days([100.0 + i % 5 for i in range(57)])
    day = max(points)
    without = {d: x for d, x in points.items() if (day - d).days not in (7, 14)}
    assert score(points, day).alike == 8
    assert score(without, day).alike == 6


def test_the_point_itself_does_not_hide_behind_its_own_deviation() -> None:
    points = days([100.0] * 28 + [1e9])
    assert (last(points) or 0) > 1e6


def test_constants_have_a_floor_of_one_percent() -> None:
    assert abs(last(days([1_000.0] * 56 + [1_030.0])) or 0) < 4
    assert (last(days([1_000.0] * 56 + [1_100.0])) or 0) > 5
    assert last(days([0.0] * 56 + [3.0]), quantum=1.0) == pytest.approx(3 / (1 + np.pi / 16) ** 0.5)


def test_false_alarms_of_normal_noise_are_as_simulated() -> None:
    rng = np.random.default_rng(11)
    found = []
    for _ in range(6_000):
        values = rng.normal(1_000, 30, size=57)
        found.append(abs(last(days([float(x) for x in values])) or 0))
    assert float(np.mean(np.array(found) > 4)) == pytest.approx(0.003, abs=0.0025)
    assert float(np.mean(np.array(found) > 5)) <= 0.0015


def test_a_changepoint_is_found_where_it_is() -> None:
    rng = np.random.default_rng(5)
    values = [*rng.normal(10, 1, 40), *rng.normal(16, 1, 10)]
    found = changepoint([float(x) for x in values])
    assert found is not None
    assert found.at == 40
    assert (round(found.before), round(found.after)) == (10, 16)


def test_noise_and_short_series_have_no_changepoint() -> None:
    rng = np.random.default_rng(6)
    assert changepoint([float(x) for x in rng.normal(10, 1, 50)]) is None
    assert changepoint([1.0, 9.0, 9.0]) is None
    assert changepoint([5.0] * 20) is None


def test_the_level_of_times_changes_by_their_spread_and_not_by_their_distance_from_1970() -> None:
    days = [19_700.0 + i % 3 for i in range(20)] + [19_800.0 + i % 3 for i in range(20)]
    assert changepoint(days) is None
    found = changepoint(days, floor=0.0, quantum=1.0)
    assert found is not None
    assert (found.at, found.before, found.after) == (20, 19_701.0, 19_801.0)
    assert changepoint([0.0] * 9, floor=0.0) is None
