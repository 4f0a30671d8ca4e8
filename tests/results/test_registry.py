from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sparkguard.contracts.compatibility.grades import Access
from sparkguard.contracts.model import Contract
from sparkguard.contracts.odcs import parse_contract
from sparkguard.errors import ConfigurationError, StoreError
from sparkguard.registry.publication import Consumer
from sparkguard.results import Store
from sparkguard.results.registry import Registry, request_of
from sparkguard.results.registry_rows import GateRow, Overtaken
from tests.contracts.orders import A, B, C, document
from tests.stores import create_store


def parsed(text: str) -> Contract:
    return parse_contract(text, "orders.odcs.yaml")


@pytest.fixture(scope="module")
def registry(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    where = str(tmp_path_factory.mktemp("registry"))
    create_store(spark, where)
    return Registry(spark, where)


def publish(registry: Registry, text: str, by: str = "ann", **legal: Any) -> Any:
    contract = parsed(text)
    return registry.publish(contract, text, by, request_of(contract, **legal))


def test_a_version_is_published_once_and_read_back(registry: Registry) -> None:
    text = document("1.0.0", A, B, contract="once")
    first = publish(registry, text)
    assert (first.publication.sequence, first.publication.by) == (1, "ann")
    again = publish(registry, text, by="bob")
    assert again.decision.already == first.publication
    stored = registry.publication("once")
    assert stored.document == text
    assert stored.shape.tables[0].schema.names == ("a", "b")
    assert [row["version"] for row in registry.listing() if row["contract_id"] == "once"] == [
        "1.0.0"
    ]


def test_a_break_is_refused_and_nothing_is_stored(registry: Registry) -> None:
    publish(registry, document("1.0.0", A, B, contract="break"))
    refused = publish(registry, document("1.1.0", A, contract="break"))
    assert refused.publication is None
    assert [b.change.rule for b in refused.decision.blocks] == ["dropped_nullable"]
    assert len(registry.publications("break")) == 1


def test_the_diff_and_what_made_it_legal_are_stored(registry: Registry) -> None:
    publish(registry, document("1.0.0", A, B, contract="major"))
    done = publish(
        registry, document("2.0.0", A, contract="major"), supersedes="1.0.0", ends=date(2099, 1, 1)
    )
    assert done.publication.ends == date(2099, 1, 1)
    row = next(r for r in registry.listing() if (r["contract_id"], r["number"]) == ("major", 2))
    assert row["previous_hash"] == registry.publication("major", "1.0.0").hash
    assert [(c["rule"], c["path"], c["grade"]) for c in row["changes"]] == [
        ("dropped_nullable", "orders.b", "LOOSENS")
    ]
    assert row["accepted"] == ["1.0.0|consumers|orders.b:dropped_nullable|string|"]
    assert publish(registry, document("2.1.0", A, C, contract="major")).publication is not None


def test_consumers_pin_leave_and_consent(registry: Registry) -> None:
    publish(registry, document("1.0.0", A, B, contract="readers"))
    registry.pin(Consumer("bi", "readers", "1.0.0", Access.POSITIONAL), "ann")
    registry.pin(Consumer("ml", "readers", "1.0.0"), "ann")
    assert [(c.name, c.access) for c in registry.consumers("readers")] == [
        ("bi", Access.POSITIONAL),
        ("ml", Access.BY_NAME),
    ]
    text = document("1.1.0", A, contract="readers")
    assert {b.whom for b in publish(registry, text).decision.blocks} == {"bi", "ml"}
    registry.acknowledge(parsed(text), "ml", "mia", "reads a only")
    assert {b.whom for b in publish(registry, text).decision.blocks} == {"bi"}
    registry.leave("readers", "bi", "ann", "switched off")
    assert publish(registry, text).publication.version == "1.1.0"


@pytest.mark.parametrize("name", ["nobody", "mll"])
def test_an_unknown_consumer_can_not_consent(registry: Registry, name: str) -> None:
    text = document("1.0.0", A, contract="unknown")
    publish(registry, text)
    registry.pin(Consumer("ml", "unknown", "1.0.0"), "ann")
    with pytest.raises(ConfigurationError, match=f"no consumer '{name}'"):
        registry.acknowledge(parsed(text), name, "x", "y")
    with pytest.raises(ConfigurationError, match="needs a reason"):
        registry.acknowledge(parsed(text), "ml", "x", " ")


def test_a_version_nobody_published_can_not_be_pinned(registry: Registry) -> None:
    publish(registry, document("1.0.0", A, contract="pins"))
    with pytest.raises(ConfigurationError, match=r"it has 1\.0\.0"):
        registry.pin(Consumer("ml", "pins", "3.0.0"), "ann")
    with pytest.raises(ConfigurationError, match="no contract 'pinz' is published"):
        registry.publication("pinz")


def test_the_second_of_two_publishers_is_told_what_changed(registry: Registry) -> None:
    publish(registry, document("1.0.0", A, contract="two"))
    seen = registry.publications("two")
    publish(registry, document("1.1.0", A, B, contract="two"), by="bob")
    late = parsed(document("1.1.0", A, C, contract="two"))
    with pytest.raises(Overtaken, match=r"bob published version 1\.1\.0.*orders\.b added_null"):
        registry.publish(late, "late", "ann", seen=seen)
    assert [p.version for p in registry.publications("two")] == ["1.0.0", "1.1.0"]


def test_a_document_of_a_newer_release_is_a_clear_error(registry: Registry) -> None:
    text = document("1.0.0", A, contract="newer")
    newer = text.replace("v3.1.0", "v4.0.0")
    with pytest.raises(StoreError, match="a newer one may have published it"):
        registry.publish(parsed(text), newer, "ann", seen=())
    with pytest.raises(StoreError, match="a newer one may have published it"):
        registry.publications("newer")


def test_a_store_of_a_newer_generation_is_a_clear_error(spark: Any, lake: Path) -> None:
    create_store(spark, lake)
    spark.sql(f"ALTER TABLE delta.`{lake}/runs` SET TBLPROPERTIES ('sparkguard.generation'='9')")
    with pytest.raises(ConfigurationError, match="generation 9"):
        publish(Registry(spark, str(lake)), document("1.0.0", A))
    assert spark.read.format("delta").load(f"{lake}/contracts").count() == 0


def test_a_registry_that_was_never_created_is_a_clear_error(spark: Any, lake: Path) -> None:
    with pytest.raises(ConfigurationError, match="sparkguard init"):
        publish(Registry(spark, str(lake / "absent")), document("1.0.0", A))


def test_every_attempt_at_a_write_is_kept_and_a_repeat_is_not(spark: Any, lake: Path) -> None:
    create_store(spark, lake)
    registry = Registry(spark, str(lake))
    row = GateRow("g1", "accepted", "orders", "1.0.0", "h", "/lake/orders", 0, 4, 10, 9, 1, 0)
    refused = replace(row, state="refused", target_version=None, rows_written=0, rows_refused=10)
    for attempt in (refused, row, row):
        registry.record(attempt)
    stored = Store(spark, str(lake)).read("gates").orderBy("number")
    assert [tuple(row) for row in stored.select("number", "state", "rows_written").collect()] == [
        (1, "refused", 0),
        (2, "accepted", 9),
    ]


RACER = """
import json, os, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.contracts.orders import A, B, C, document
from tests.results.test_registry import parsed
from sparkguard.results.registry import Registry
from sparkguard.results.registry_rows import Overtaken
from sparkguard.session import open_session
name, column, where = sys.argv[1], {{"B": B, "C": C}}[sys.argv[2]], Path(sys.argv[3])
spark = open_session()
registry = Registry(spark, str(where))
text = document("1.1.0", A, column, contract="race")
seen = registry.publications("race")
(where / (name + ".ready")).touch()
while not (where / "go").exists():
    time.sleep(0.01)
try:
    registry.publish(parsed(text), text, name, seen=seen)
    said = "won"
except Overtaken as error:
    said = str(error)
(where / (name + ".said")).write_text(json.dumps(said))
spark.stop()
"""


@pytest.mark.platform
def test_of_two_publishing_processes_one_wins_and_the_other_is_told(
    registry: Registry, tmp_path: Path
) -> None:
    where = Path(str(registry._access.location))
    publish(registry, document("1.0.0", A, contract="race"))
    root = str(Path(__file__).parents[2])
    script = tmp_path / "racer.py"
    script.write_text(RACER.format(root=root))
    env = {**os.environ, "PYTHONPATH": root}
    racers = [
        subprocess.Popen([sys.executable, str(script), name, column, str(where)], env=env)
        for name, column in (("ann", "B"), ("bob", "C"))
    ]
    deadline = time.monotonic() + 600
    while not all((where / f"{n}.ready").exists() for n in ("ann", "bob")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (where / "go").touch()
    for racer in racers:
        assert racer.wait(timeout=600) == 0
    said = {n: json.loads((where / f"{n}.said").read_text()) for n in ("ann", "bob")}
    (winner,) = [name for name, text in said.items() if text == "won"]
    (loser,) = set(said) - {winner}
    assert f"{winner} published version 1.1.0 in the meantime" in said[loser]
    assert [p.by for p in registry.publications("race")] == ["ann", winner]
