"""`sparkguard window probe` and `read`, without Spark."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run

AUDIT = Path(__file__).parents[2] / "conf" / "audits" / "delay_features.yaml"
CHECK = "delay_features.month.flights_30d"
MONTH = 30 * 86_400


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    folder = tmp_path / "probe"
    options = ["--out", str(folder), "--set", "lake=/nowhere"]
    assert run(["window", "probe", str(AUDIT), CHECK, *options]) == 0
    return folder


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _pipeline(probe: Path, cap: int | None = None) -> list[dict[str, Any]]:
    """Counts departures with a delay of the last 30 days, of at most `cap` remembered ones."""
    from datetime import datetime

    events = sorted(_rows(probe / "events.csv"), key=lambda e: e["scheduled_at"])
    found = []
    for row in _rows(probe / "rows.csv"):
        now = datetime.fromisoformat(row["at"].replace("Z", "+00:00"))
        ages = [
            (now - datetime.fromisoformat(e["scheduled_at"].replace("Z", "+00:00"))).total_seconds()
            for e in events
            if e["origin"] == row["origin"] and e["dep_delay"]
        ]
        inside = [age for age in ages if 0 < age <= MONTH]
        found.append({**row, "flights_30d": min(len(inside), cap or len(inside))})
    return found


def _read(probe: Path, rows: list[dict[str, Any]]) -> int:
    file = probe / "out.csv"
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return run(["window", "read", str(AUDIT), CHECK, str(file), "--set", "lake=/nowhere"])


def test_a_correct_pipeline_passes(probe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _read(probe, _pipeline(probe)) == 0
    assert "0 wrong" in capsys.readouterr().out


def test_a_capped_pipeline_is_diagnosed(probe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _read(probe, _pipeline(probe, cap=100)) == 1
    assert "history capped at 100" in capsys.readouterr().out


def test_missing_rows_are_a_failure(probe: Path) -> None:
    assert _read(probe, _pipeline(probe)[:-1]) == 1


def test_an_output_that_cannot_be_read_is_an_error(probe: Path) -> None:
    assert _read(probe, [{"origin": "x", "at": "2024-01-01", "flights_30d": "many"}]) == 2
    assert _read(probe, [{"origin": "x", "at": "2024-01-01"}]) == 2


def test_an_unknown_check_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--out", str(tmp_path), "--set", "lake=/nowhere"]
    assert run(["window", "probe", str(AUDIT), "delay_features.month.flights", *options]) == 2
    assert "Did you mean 'delay_features.month.flights_30d'" in capsys.readouterr().err
