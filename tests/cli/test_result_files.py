from __future__ import annotations

import json
from pathlib import Path

from sparkguard.cli.result_files import write_json


def test_json_has_no_number_that_json_does_not_know(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    write_json(file, {"observed": [float("nan"), 1.5], "range": (float("-inf"), float("inf"))})
    assert json.loads(file.read_text(), parse_constant=lambda _: "a number") == {
        "observed": ["NaN", 1.5],
        "range": ["-Infinity", "Infinity"],
    }


def test_text_that_utf_8_can_not_hold_is_written_as_an_escape(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    write_json(file, {"file": "a\udcff", "city": "Zürich"})
    assert json.loads(file.read_text(encoding="utf-8")) == {"file": "a\udcff", "city": "Zürich"}
