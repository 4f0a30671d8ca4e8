"""What stops a guarded write is told without a cell of the data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sparkguard import gate
from sparkguard.cli import run
from sparkguard.contracts.model import Contract
from sparkguard.contracts.odcs import parse_contract
from sparkguard.errors import EvaluationError, StoreError
from sparkguard.gate import guarded_write
from sparkguard.results.registry_rows import GateRow
from sparkguard.tables import TableRef
from tests.gate.test_gate import CONTRACT, GOOD, ROWS, rows, table


def test_rows_that_can_not_be_read_stop_a_write_and_show_no_cell(
    spark: Any, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = table(spark, lake / "batch")
    spark.createDataFrame(GOOD, ROWS).coalesce(1).write.format("delta").mode("append").save(
        source.path
    )
    for file in (lake / "batch").rglob("*.parquet"):
        if "_delta_log" not in file.parts:
            file.unlink()
    promise, result = lake / "orders.odcs.yaml", lake / "gate.json"
    promise.write_text(CONTRACT)
    command = ["gate", str(promise), "--input", str(source), "--target", str(lake / "orders")]
    assert run([*command, "--write", "--json", str(result)]) == 3
    (said,) = [line for line in capsys.readouterr().err.splitlines() if "stopped" in line]
    assert said.startswith(f"the write to {lake / 'orders'} stopped with ")
    assert re.search(r"with (FAILED_READ_FILE|TASK_WRITE_FAILED)[.A-Z_]*$", said)
    assert json.loads(result.read_text()) == {"error": said, "exit_code": 3}
    assert [p.name for p in lake.iterdir() if "staging" in p.name] == []


def test_a_staging_table_that_stays_does_not_hide_what_stopped_the_write(
    spark: Any, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    def fails(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(guarded_write, "stage", interrupted)
    monkeypatch.setattr(guarded_write, "discard", fails)
    contract = parse_contract(CONTRACT, "orders.odcs.yaml")
    with pytest.raises(KeyboardInterrupt):
        gate.write(spark.createDataFrame(GOOD, ROWS), contract, str(lake / "orders"))


def test_a_staging_table_that_stays_is_told_of_a_write_that_is_done(
    spark: Any, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(guarded_write, "discard", fails)
    contract = parse_contract(CONTRACT, "orders.odcs.yaml")
    done = gate.write(spark.createDataFrame(GOOD, ROWS), contract, str(lake / "orders"))
    assert done.rows_written == len(GOOD)
    assert [effect.kind for effect in done.warnings][-1] == "left_over"
    assert "ConnectionError" in done.warnings[-1].text


@pytest.mark.parametrize("write_id", [None, "march"])
def test_a_write_that_is_done_is_not_repeated_for_what_comes_after_it(
    spark: Any, lake: Path, monkeypatch: pytest.MonkeyPatch, write_id: str | None
) -> None:
    """Without a name its repetition would be another write; with one it is told, and repeated."""

    def fails(*_: Any) -> None:
        raise ConnectionError

    class Registry:
        def __init__(self, contract: Contract) -> None:
            self.held: list[GateRow] = []
            self.published = SimpleNamespace(hash=contract.source_hash)

        def check(self) -> None: ...

        def publications(self, _: str) -> list[Any]:
            return [self.published]

        def record(self, row: GateRow) -> None:
            if not self.held:
                self.held.append(row)
                raise StoreError("the registry can't be written")

    contract, target = parse_contract(CONTRACT, "orders.odcs.yaml"), str(lake / "orders")
    frame = spark.createDataFrame(GOOD, ROWS)

    def write() -> gate.GateResult:
        options = gate.GateOptions(write_id=write_id)
        registry: Any = Registry(contract)
        with monkeypatch.context() as patch:
            patch.setattr(guarded_write.GuardedWrite, "_commits", fails)
            return gate.write(frame, contract, target, options, registry=registry)

    if write_id is None:
        done = write()
        assert (done.rows_written, done.target_version) == (2, None)
        assert [effect.kind for effect in done.warnings][-2:] == ["unconfirmed", "unrecorded"]
    else:
        with pytest.raises(EvaluationError, match="stopped with ConnectionError"):
            write()
        registry: Any = Registry(contract)
        options = gate.GateOptions(write_id=write_id)
        with pytest.raises(StoreError):
            gate.write(frame, contract, target, options, registry=registry)
        done = gate.write(frame, contract, target, options, registry=registry)
        assert (done.rows_written, done.target_version) == (2, 0)
    assert rows(spark, TableRef(path=target)) == GOOD


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ((3, 99.0, "open", 1), "rows break the CHECK constraint small"),
        ((3, 5.0, None, 1), "rows break NOT NULL of state"),
    ],
)
def test_rows_that_the_target_alone_refuses_refuse_the_write_and_leave_nothing_behind(
    spark: Any, lake: Path, bad: tuple[Any, ...], says: str
) -> None:
    contract = parse_contract(CONTRACT, "orders.odcs.yaml")
    target = lake / "orders"
    spark.sql(
        f"CREATE TABLE delta.`{target}` (id bigint, amount double, state string NOT NULL, day int)"
        " USING delta PARTITIONED BY (day)"
    )
    spark.sql(f"ALTER TABLE delta.`{target}` ADD CONSTRAINT small CHECK (amount < 50)")
    options = gate.GateOptions(write_id="march")
    with pytest.raises(gate.Refused) as refused:
        gate.write(spark.createDataFrame([*GOOD, bad], ROWS), contract, str(target), options)
    assert refused.value.exit_code == 1
    (objection,) = refused.value.result.objections
    assert objection.text.startswith(says)
    assert refused.value.result.rows_written == 0
    assert [p.name for p in lake.iterdir() if "staging" in p.name] == []
    gate.write(spark.createDataFrame(GOOD, ROWS), contract, str(target), options)
    assert rows(spark, TableRef(path=str(target))) == GOOD


def test_rows_quarantined_before_the_target_refused_the_others_stay_beside_later_ones(
    spark: Any, lake: Path
) -> None:
    contract = parse_contract(CONTRACT, "orders.odcs.yaml")
    target = table(spark, lake / "orders")
    spark.sql(f"ALTER TABLE delta.`{target.path}` ADD CONSTRAINT small CHECK (amount < 50)")
    options = gate.GateOptions(write_id="march", quarantine=str(lake / "bad"))

    def write(*others: tuple[Any, ...]) -> Any:
        frame = spark.createDataFrame([*GOOD, *others], ROWS)
        return gate.write(frame, contract, target, options)

    with pytest.raises(gate.Refused) as refused:
        write((3, -1.0, "open", 1), (4, 99.0, "open", 1))
    assert refused.value.result.rows_quarantined == 1
    for _ in range(2):
        assert write((5, -1.0, "open", 1)).rows_quarantined == 1
    kept = spark.read.format("delta").load(str(lake / "bad"))
    assert sorted(row.id for row in kept.collect()) == [3, 5]
    assert rows(spark, target) == GOOD
