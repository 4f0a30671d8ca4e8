"""The pages are followed as a reader would: every command, program and query, in order."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run
from tests.docs.blocks import Block, of_page
from tests.shops import write_audit

ELSEWHERE = {
    "scripts/": "tests/demos, and the suite itself",
    "python3 -m venv": "tests/test_packaging.py installs into a fresh environment",
    "pip install": "the same",
    "python -m sparkguard.jars": "tests/test_jars.py",
    "python -m build": "tests/test_packaging.py builds",
    "conf/platforms/emr/pack": "tests/platform/test_packed.py",
    "sparkguard doctor": "tests/test_doctor.py: this machine need not be well",
    "sparkguard audit conf/audits/nycflights.yaml": "tests/demos/test_core.py",
}
"""Commands that are run by other tests."""


class Story:
    """A reader in an empty folder, whose /lake and $PWD/lake lie there too."""

    def __init__(self, spark: Any, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {"spark": spark}
        self._spark = spark

    def follow(self, page: str) -> dict[str, int]:
        """Follows a page; exit codes by command."""
        codes = {}
        for block in of_page(page):
            text = self._at_home(block.text)
            if block.language == "sh":
                if not any(" ".join(block.words).startswith(known) for known in ELSEWHERE):
                    codes[block.id] = self._run(block, text)
            elif block.language == "sql":
                for statement in text.split(";"):
                    self._spark.sql(statement).collect()
            elif block.file is not None:
                self._save(block.file, text)
            elif block.language == "python":
                exec(compile(text, block.id, "exec"), self.names)
        return codes

    def _at_home(self, text: str) -> str:
        lake = str(self.folder / "lake")
        text = re.sub(r"(?<![\w.}D])/(data/)?lake(?=/|\b)", lake, text)
        return text.replace("$PWD", str(self.folder))

    def _save(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        if file.suffix == ".py":
            exec(compile(text, name, "exec"), {})

    def _run(self, block: Block, text: str) -> int:
        words = Block(block.page, block.line, "sh", text).words
        assert words[0] == "sparkguard", f"{block.id}: who runs this?"
        return run(words[1:])


@pytest.fixture(scope="module")
def story(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The reader of this module; what one page made, the next finds."""
    folder = tmp_path_factory.mktemp("reader")
    before = Path.cwd()
    os.chdir(folder)
    yield Story(spark, folder)
    os.chdir(before)


def test_the_readme_is_true(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    codes = story.follow("README.md")
    said = capsys.readouterr().out
    assert list(codes.values()) == [0, 0, 0, 1, 0, 0], codes
    (found,) = {line for line in said.splitlines() if line.startswith("fail ")}
    assert "orders.range.amount" in found
    assert "10 rows" in found
    assert list(story.names["result"].where(outcome="fail"))
    assert (story.folder / "report.html").read_text().startswith("<!")
    assert (story.folder / "result.json").is_file()


@pytest.mark.full
@pytest.mark.parametrize("page", ["when-it-fails.md", "alerts.md", "operations.md", "profile.md"])
def test_a_page_is_true(story: Story, page: str) -> None:
    _flights(story)
    codes = story.follow(page)
    assert all(code in (0, 1) for code in codes.values()), codes


def _flights(story: Story) -> None:
    """What the pages take for granted: a table of flights and a stored run that found a fault."""
    config = story.folder / "audits" / "flights.yaml"
    if config.exists():
        return
    spark = story.names["spark"]
    spark.range(100).selectExpr(
        "id", "CAST(id % 2 AS INT) AS month", "IF(id = 7, -1, id) AS distance"
    ).write.format("delta").save(str(story.folder / "lake" / "flights"))
    distance = {
        "name": "distance", "logicalType": "integer", "logicalTypeOptions": {"minimum": 0}
    }  # fmt: skip
    columns = [{"name": name, "logicalType": "integer"} for name in ("id", "month")]
    made = write_audit(story.folder, {"flights": {"properties": [*columns, distance]}})
    made.rename(config)
    if not (story.folder / "audits" / "nightly.yaml").exists():
        story.follow("README.md")
    assert run(["audit", str(config), "--run-id", "2026-05-01"]) == 1
