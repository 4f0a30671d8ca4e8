"""Staging tables, each of one write of one target, and writes that hold no row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sparkguard import gate
from sparkguard.contracts.model import Contract
from sparkguard.contracts.odcs import parse_contract
from sparkguard.errors import EvaluationError
from sparkguard.gate import guarded_write
from sparkguard.gate.guarded_write import GuardedWrite
from sparkguard.ports import SystemClock
from sparkguard.tables import TableRef
from tests.gate.test_gate import CONTRACT, GOOD, ROWS, rows, table


@pytest.fixture(scope="module")
def contract() -> Contract:
    return parse_contract(CONTRACT, "orders.odcs.yaml")


def test_an_empty_frame_appends_nothing_and_overwrites_nothing(
    spark: Any, lake: Path, contract: Contract
) -> None:
    target, nothing = table(spark, lake / "orders"), spark.createDataFrame([], ROWS)
    result = gate.write(nothing, contract, target)
    assert (result.accepted, result.rows_written, result.target_version) == (True, 0, None)
    gate.write(spark.createDataFrame(GOOD, ROWS), contract, target)
    options = gate.GateOptions(mode="overwrite")
    with pytest.raises(gate.Refused, match="would leave the table without a row") as refused:
        gate.write(nothing, contract, target, options)
    assert refused.value.exit_code == 3
    assert rows(spark, target) == GOOD


def staging(spark: Any, contract: Contract, target: TableRef, options: gate.GateOptions) -> str:
    promise, write_id = contract.tables[0], str(options.write_id)
    write = GuardedWrite(spark, contract, promise, target, options, write_id, SystemClock())
    return str(write._staging())


def test_each_write_of_each_target_has_a_staging_table_of_its_own(contract: Contract) -> None:
    folder = gate.GateOptions(staging="/tmp/staging", write_id="2026-05-01")
    beside = replace(folder, staging=None)
    paths = [TableRef(path="/lake/orders"), TableRef(path="/lake/returns")]
    tables = [TableRef(name="shop.orders"), TableRef(name="lake.shop.`my orders`")]
    for options in (folder, beside):
        names = [staging(None, contract, target, options) for target in (*paths, *tables)]
        assert len(set(names)) == 4
        assert all("2026_05_01_" in name for name in names)
    ids = ("load-1", "load_1", "load 1")
    of_ids = [staging(None, contract, tables[0], gate.GateOptions(write_id=i)) for i in ids]
    assert len({name.casefold() for name in of_ids}) == 3
    assert staging(None, contract, paths[0], beside) == staging(None, contract, paths[0], beside)
    long = gate.GateOptions(write_id="w" * 300)
    name = staging(None, contract, TableRef(name=f"shop.{'t' * 120}"), long)
    assert len(TableRef(name=name).parts[-1]) < 100


def test_writes_of_one_write_id_to_two_targets_keep_their_rows_apart(
    spark: Any, lake: Path, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders, returns = TableRef(path=str(lake / "orders")), TableRef(path=str(lake / "returns"))
    options = gate.GateOptions(
        write_id="2026-05-01", staging=str(lake / "staging"), quarantine=str(lake / "apart")
    )
    first, second = ([(i, 5.0, "open", 1), (i + 1, -1.0, "open", 1)] for i in (1, 3))

    def broken(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(guarded_write, "write_once", broken)
        with pytest.raises(EvaluationError, match="ConnectionError"):
            gate.write(spark.createDataFrame(first, ROWS), contract, orders, options)
    gate.write(spark.createDataFrame(second, ROWS), contract, returns, options)
    gate.write(spark.createDataFrame(first, ROWS), contract, orders, options)
    assert (rows(spark, orders), rows(spark, returns)) == (first[:1], second[:1])
    kept = rows(spark, TableRef(path=str(lake / "apart")))
    assert [row[0] for row in kept] == [2, 4]
