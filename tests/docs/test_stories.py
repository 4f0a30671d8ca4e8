"""The pages are followed as a reader would: every command, program and query, in order."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from sparkguard.cli import run
from sparkguard.results import Store
from tests.docs.blocks import ROOT, Block, blocks, of_page
from tests.shops import write_audit

ELSEWHERE = {
    "scripts/": "tests/demos, and the suite itself",
    "python3 -m venv": "tests/test_packaging.py installs into a fresh environment",
    "pip install": "the same",
    "python -m sparkguard.jars": "tests/test_jars.py",
    "python -m pip wheel": "tests/test_packaging.py builds",
    "conf/platforms/emr/pack": "tests/platform/test_packed.py",
    "sparkguard doctor": "tests/test_doctor.py: this machine need not be well",
    "sparkguard demo": "tests/demos",
    "sparkguard audit conf/audits/nycflights.yaml": "tests/demos/test_core.py",
}
"""Commands that are run by other tests."""

OTHERS = {
    "architecture.md": "nothing to run",
    "contracts.md": "fragments of contracts: test_blocks.py",
    "evaluation.md": "tests/demos/test_evaluation.py; its query and commands: test_blocks.py",
    "platforms.md": "tests/platform",
    "reference.md": "scripts/reference.py writes it",
    "tables.md": "tests/golden",
    "windows.md": "tests/cli/test_window.py",
}
"""Pages that no story follows, and what runs their blocks."""


class Story:
    """A reader in an empty folder, whose /lake and $PWD/lake lie there too."""

    def __init__(self, spark: Any, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, Any] = {
            "spark": spark,
            "AUDIT": "audits/drift.yaml",
            "RESULTS": str(folder / "lake" / "sparkguard"),
        }
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

    def _meant(self, word: str) -> str:
        """What stands for a word in capitals."""
        if word == "RUN":
            return Store(self._spark, self.names["RESULTS"]).runs(most=1)[0].run_id
        return str(self.names[word]) if word in ("AUDIT", "RESULTS") else word

    def _save(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        if file.suffix == ".py":
            exec(compile(text, name, "exec"), {})

    def _run(self, block: Block, text: str) -> int:
        words = Block(block.page, block.line, "sh", text).words
        assert words[0] == "sparkguard", f"{block.id}: who runs this?"
        return run([self._meant(word) for word in words[1:]])


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


PAGES = {
    "when-it-fails.md": [0, 0, 0, 0],
    "alerts.md": [0, 0, 0, 0],
    "operations.md": [1, 0, 0],  # the audit finds what break_orders.py of the README broke
    "profile.md": [],
    "report.md": [0, 0],
    "references.md": [],
    "drift.md": [0, 0, 0, 0, 0, 1, 0, 0],  # the audit finds the distance below 0
    "boundary.md": [0, 0, 0, 0, 0, 0, 0, 0],
    "shadow.md": [0, 0, 0, 0, 0],
}
"""The pages that are followed, each with the exit codes of its commands, in order."""


def test_every_page_with_blocks_is_run() -> None:
    assert {block.page for block in blocks()} == {"README.md", *PAGES, *OTHERS}


@pytest.mark.full
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_true(story: Story, page: str) -> None:
    _prepare(story)
    codes = story.follow(page)
    assert list(codes.values()) == PAGES[page], codes


def _prepare(story: Story) -> None:
    """What the pages take for granted: tables of flights and planes, and a run that found a fault.

    The page on drift has its own audit; that on the boundary a contract and the version before it;
    that on shadows two versions of a pipeline and of its table.
    """
    config = story.folder / "audits" / "flights.yaml"
    if config.exists():
        return
    spark, lake = story.names["spark"], story.folder / "lake"
    flights = spark.range(36_000).selectExpr(
        "id",
        "CAST(1 + id % 9 AS INT) AS month",
        "IF(id = 7, -1, id) AS distance",
        "CAST(id % 61 AS DOUBLE) AS dep_delay",
        "CONCAT('N', id % 40) AS tailnum",
    )
    flights.write.format("delta").partitionBy("month").save(str(lake / "flights"))
    spark.range(40).selectExpr("CONCAT('N', id) AS tailnum").write.format("delta").save(
        str(lake / "planes")
    )
    story.names["frame"] = flights.where("id <> 7").limit(10)
    features = spark.range(90).selectExpr(
        *("'EWR' AS origin", "'UA' AS carrier", "CAST(id AS INT) AS day", "id AS customer"),
        *("3 AS month", "CAST(id AS DOUBLE) AS mean_30d"),
    )
    for version in ("v1", "v2"):
        features.write.format("delta").save(str(lake / f"features_{version}"))
    story.names["old_pipeline"] = story.names["new_pipeline"] = lambda frame: features
    drift = {"check": "drift", "columns": ["dep_delay"]}
    rule = {"type": "custom", "engine": "sparkguard", "implementation": drift}
    _audit(story, "drift", {"properties": _COLUMNS, "quality": [rule]}, by="month")
    silent = {**rule, "implementation": {"check": "silent_drift"}}
    _audit(story, "flights", {"properties": _COLUMNS, "quality": [silent]})
    shutil.copytree(ROOT / "conf" / "contracts", story.folder / "conf" / "contracts")
    (story.folder / "main").mkdir()
    contract = (story.folder / "flights" / "contracts" / "shop.odcs.yaml").read_text()
    contract = contract.replace("id: shop", "id: flights")
    (story.folder / "flights.odcs.yaml").write_text(contract)
    before = contract.replace("version: 1.0.0", "version: 0.9.0")
    (story.folder / "main" / "flights.odcs.yaml").write_text(before)
    if not (story.folder / "audits" / "nightly.yaml").exists():
        story.follow("README.md")
    assert run(["audit", str(config), "--run-id", "2026-05-01"]) == 1


_COLUMNS = [
    *({"name": name, "logicalType": "integer"} for name in ("id", "month")),
    {"name": "distance", "logicalType": "integer", "logicalTypeOptions": {"minimum": 0}},
    {"name": "dep_delay", "logicalType": "number"},
    {"name": "tailnum", "logicalType": "string"},
]


def _audit(story: Story, name: str, table: dict[str, Any], by: str = "") -> None:
    """audits/NAME.yaml over the reader's tables and results, with contracts of its own."""
    folder = story.folder / name
    folder.mkdir()
    slices = {"flights": {"slices": {"by": [by], "judge": "all"}}} if by else {}
    text = write_audit(folder, {"flights": table}, slices).read_text()
    text = text.replace(f"{folder}/lake", f"{story.folder}/lake")
    (story.folder / "audits").mkdir(exist_ok=True)
    file = story.folder / "audits" / f"{name}.yaml"
    file.write_text(text.replace("../contracts", f"../{name}/contracts"))
