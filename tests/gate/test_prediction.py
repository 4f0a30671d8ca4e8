"""What Delta does with a DataFrame: predicted from schemas, then repeated against Delta."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sparkguard import deltalog
from sparkguard.datatypes import Struct, from_json, parse
from sparkguard.gate.prediction import TableState, WriteOptions, predict
from sparkguard.gate.stored import stored_state
from sparkguard.tables import TableRef

APPEND = WriteOptions()
MERGE = WriteOptions(merge_schema=True)
OVERWRITE = WriteOptions("overwrite", overwrite_schema=True)
MAPPED = "'delta.columnMapping.mode'='name'"

CASES = [
    # table, frame, options, type widening, resulting (None: refused), kinds of effects
    ("a int, b int", "a int", APPEND, False, "a int, b int", {"null_filled"}),
    ("a int, b int", "a int", MERGE, False, "a int, b int", {"null_filled"}),
    ("s struct<x:int,y:int>", "s struct<x:int>", APPEND, False, "s struct<x:int,y:int>",
     {"null_filled"}),
    ("s array<struct<x:int,y:int>>", "s array<struct<x:int>>", APPEND, False,
     "s array<struct<x:int,y:int>>", {"null_filled"}),
    ("a int, b int NOT NULL", "a int", APPEND, False, None, {"refused"}),
    ("a int", "a int, c int", APPEND, False, None, {"refused"}),
    ("a int", "a int, c int NOT NULL", MERGE, False, "a int, c int",
     {"added", "not_null_dropped"}),
    ("a int, b int", "a int, c int", MERGE, False, "a int, b int, c int",
     {"null_filled", "added", "both_kept"}),
    ("a int, Amount int", "a int, amount int", APPEND, False, "a int, Amount int",
     {"case_ignored"}),
    ("a int, b string", "b string, a int", APPEND, False, "a int, b string", {"reordered"}),
    ("s struct<x:int,y:string>", "s struct<y:string,x:int>", MERGE, False,
     "s struct<x:int,y:string>", {"reordered"}),
    ("a int NOT NULL", "a int", APPEND, False, "a int NOT NULL", {"checked"}),
    ("a int", "a int NOT NULL", APPEND, False, "a int", {"not_null_dropped"}),
    ("a int", "a smallint", APPEND, False, "a int", {"cast"}),
    ("a smallint", "a int", APPEND, False, None, {"refused"}),
    ("a smallint", "a int", MERGE, False, "a int", {"widened"}),
    ("a bigint", "a int", MERGE, True, None, {"refused"}),
    ("a int", "a bigint", APPEND, True, None, {"refused"}),
    ("a int", "a bigint", MERGE, False, None, {"refused"}),
    ("a int", "a bigint", MERGE, True, "a bigint", {"widened"}),
    ("a float", "a double", MERGE, True, "a double", {"widened"}),
    ("a int", "a double", MERGE, True, "a double", {"widened"}),
    ("a bigint", "a double", MERGE, True, None, {"refused"}),
    ("a int", "a decimal(12,2)", MERGE, True, "a decimal(12,2)", {"widened"}),
    ("a int", "a decimal(11,2)", MERGE, True, None, {"refused"}),
    ("a bigint", "a decimal(22,2)", MERGE, True, "a decimal(22,2)", {"widened"}),
    ("a bigint", "a decimal(21,2)", MERGE, True, None, {"refused"}),
    ("a decimal(10,2)", "a decimal(12,4)", MERGE, True, "a decimal(12,4)", {"widened"}),
    ("a decimal(10,2)", "a decimal(11,4)", MERGE, True, None, {"refused"}),
    ("a date", "a timestamp_ntz", MERGE, True, None, {"refused"}),
    ("a timestamp", "a timestamp_ntz", MERGE, True, None, {"refused"}),
    ("a int", "a string", MERGE, True, None, {"refused"}),
    ("s struct<x:int>", "s struct<x:bigint>", MERGE, True, "s struct<x:bigint>", {"widened"}),
    ("s array<int>", "s array<bigint>", MERGE, True, "s array<bigint>", {"widened"}),
    ("s map<int,int>", "s map<bigint,int>", MERGE, True, "s map<bigint,int>", {"widened"}),
    ("s struct<x:smallint>", "s struct<x:int>", APPEND, False, None, {"refused"}),
    ("a int", "a int, `b c` int", MERGE, False, None, {"refused", "added"}),
    ("a int NOT NULL, b int", "a bigint, c int", OVERWRITE, False, "a bigint, c int",
     {"retyped", "dropped"}),
]  # fmt: skip


def struct(columns: str) -> Struct:
    found = parse(f"struct<{columns}>")
    assert isinstance(found, Struct)
    return found


@pytest.mark.parametrize(("table", "frame", "options", "widening", "resulting", "kinds"), CASES)
def test_the_resulting_table_is_predicted(
    table: str, frame: str, options: WriteOptions, widening: bool, resulting: str | None,
    kinds: set[str],
) -> None:  # fmt: skip
    state = TableState(struct(table), type_widening=widening)
    found = predict(struct(frame), state, options)
    assert found.resulting == (None if resulting is None else struct(resulting))
    assert {effect.kind for effect in found.effects} == kinds


def test_features_of_the_table_decide() -> None:
    mapped = TableState(struct("a int"), column_mapping=True)
    assert predict(struct("a int, `b c` int"), mapped, MERGE).resulting is not None
    zoneless = TableState(struct("a date"), type_widening=True, timestamp_ntz=True)
    assert predict(struct("a timestamp_ntz"), zoneless, MERGE).resulting is not None
    filled = TableState(struct("a int, b int"), defaults=frozenset({"b"}))
    (effect,) = predict(struct("a int"), filled, APPEND).effects
    assert effect.kind == "default_filled"


def test_a_new_table_takes_the_columns_and_drops_not_null() -> None:
    found = predict(struct("a int NOT NULL, s struct<x:int NOT NULL>"), None, APPEND)
    assert found.resulting == struct("a int, s struct<x:int>")
    assert [e.kind for e in found.effects] == ["created", "not_null_dropped"]


@pytest.mark.parametrize(
    ("stored", "promised", "says"),
    [
        (("a",), ("a",), []),
        ((), (), []),
        (("a",), (), ["partitioned by nothing from now on, by a so far"]),
        (("a",), ("b",), ["partitioned by b from now on, by a so far"]),
        ((), ("b",), ["partitioned by b from now on, by nothing so far"]),
    ],
)
def test_a_schema_that_is_overwritten_takes_the_partitioning_with_it(
    stored: tuple[str, ...], promised: tuple[str, ...], says: list[str]
) -> None:
    state = TableState(struct("a int, b int"), partitioned_by=stored)
    options = replace(OVERWRITE, partitioned_by=promised)
    found = predict(struct("a int, b int"), state, options).of("repartitioned")
    assert [effect.text for effect in found] == says
    assert all(effect.silent for effect in found)
    kept = WriteOptions("overwrite", partitioned_by=promised)
    assert not predict(struct("a int, b int"), state, kept).of("repartitioned")


@pytest.mark.parametrize("names", ["a int, A int", "a int, a string"])
def test_names_that_differ_only_in_case_are_refused(names: str) -> None:
    assert predict(struct(names), None, APPEND).resulting is None


STORED = [
    *((*case[:4], "", case[4], case[5]) for case in CASES),
    ("a int", "a int, `b c` int", MERGE, False, MAPPED, "a int, `b c` int", {"added"}),
    ("a int, b int", "a int, c int", MERGE, False, MAPPED, "a int, b int, c int",
     {"null_filled", "added", "both_kept"}),
    ("a int", "a bigint", MERGE, True, MAPPED, "a bigint", {"widened"}),
    ("a int", "a bigint", MERGE, False, MAPPED, None, {"refused"}),
    ("a int, b int", "b int", APPEND, False, MAPPED, "a int, b int", {"null_filled"}),
    ("a date, n timestamp_ntz", "a timestamp_ntz, n timestamp_ntz", MERGE, True, "",
     "a timestamp_ntz, n timestamp_ntz", {"widened"}),
]  # fmt: skip


@pytest.mark.full
@pytest.mark.parametrize(
    ("table", "frame", "options", "widening", "mapping", "resulting", "kinds"), STORED
)
def test_delta_does_what_was_predicted(
    spark: Any, lake: Path, table: str, frame: str, options: WriteOptions, widening: bool,
    mapping: str, resulting: str | None, kinds: set[str],
) -> None:  # fmt: skip
    path = f"{lake}/t"
    properties = ", ".join(filter(None, ["'delta.enableTypeWidening'='true'" * widening, mapping]))
    columns = table.replace(":", ": ")
    spark.sql(
        f"CREATE TABLE delta.`{path}` ({columns}) USING delta"
        + (f" TBLPROPERTIES ({properties})" if properties else "")
    )
    state = stored_state(spark, TableRef(path=path))
    assert state is not None
    found = predict(struct(frame), state, options)
    assert found.resulting == (None if resulting is None else struct(resulting))
    assert {effect.kind for effect in found.effects} == kinds
    nulls = ", ".join(f"CAST(NULL AS {field.type}) AS `{field.name}`" for field in struct(frame))
    given = spark.sql(f"SELECT {nulls}")  # one row, as NOT NULL is only checked where there is one
    if resulting is not None:
        given = spark.createDataFrame([], frame)
    writer = given.write.format("delta").mode(options.mode)
    if options.merge_schema:
        writer = writer.option("mergeSchema", "true")
    if options.overwrite_schema:
        writer = writer.option("overwriteSchema", "true")
    if resulting is None:
        with pytest.raises(Exception, match=r"DELTA_|delta"):
            writer.save(path)
        return
    writer.save(path)
    stored = spark.read.format("delta").load(path).schema
    assert from_json(json.loads(stored.json())) == struct(resulting)


@pytest.mark.full
def test_columns_that_delta_fills_itself_are_seen(spark: Any, lake: Path) -> None:
    path = f"{lake}/t"
    spark.sql(
        f"CREATE TABLE delta.`{path}` (a int, b int DEFAULT 7, c int GENERATED ALWAYS AS (a + 1)) "
        "USING delta TBLPROPERTIES ('delta.feature.allowColumnDefaults'='supported')"
    )
    state = stored_state(spark, TableRef(path=path))
    assert state is not None
    assert state.defaults == {"b", "c"}
    found = predict(struct("a int"), state, APPEND)
    assert {effect.kind for effect in found.effects} == {"default_filled"}
    spark.sql("SELECT 1 AS a").write.format("delta").mode("append").save(path)
    assert [tuple(row) for row in spark.read.format("delta").load(path).collect()] == [(1, 7, 2)]


@pytest.mark.full
@pytest.mark.parametrize("policy", ["classic", "v2"])
def test_generated_columns_are_seen_where_the_log_is_cut_off(
    spark: Any, lake: Path, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    path = lake / "t"
    spark.sql(
        f"CREATE TABLE delta.`{path}` (a int, c int GENERATED ALWAYS AS (a + 1)) USING delta "
        f"TBLPROPERTIES ('delta.checkpointInterval'='2', 'delta.checkpointPolicy'='{policy}')"
    )
    for a in range(3):
        spark.sql(f"SELECT {a} AS a").write.format("delta").mode("append").save(str(path))
    log = path / "_delta_log"
    assert list(log.glob("*2.checkpoint*"))
    for old in [*log.glob("*0.json"), *log.glob(".*0.json.crc"), *log.glob("*1.json")]:
        old.unlink()
    state = stored_state(spark, TableRef(path=str(path)), ["a"])
    assert state is not None
    assert (state.defaults, state.unclear) == ({"c"}, "")
    with monkeypatch.context() as patch:
        patch.setattr(deltalog, "_present_version", lambda *_: 4)
        state = stored_state(spark, TableRef(path=str(path)), ["a"])
        whole = stored_state(spark, TableRef(path=str(path)), ["a", "C"])
    assert state is not None
    assert state.defaults == frozenset()
    assert "does not hold its present schema" in state.unclear
    told = predict(struct("a int"), state, APPEND)
    assert {effect.kind for effect in told.effects} == {"null_filled", "unclear"}
    assert whole is not None
    assert whole.unclear == ""


@pytest.mark.full
def test_delta_numbers_identity_columns_as_predicted(spark: Any, lake: Path) -> None:
    path = f"{lake}/t"
    spark.sql(
        f"CREATE TABLE delta.`{path}` (a int, i bigint GENERATED ALWAYS AS IDENTITY, "
        "j bigint GENERATED BY DEFAULT AS IDENTITY) USING delta"
    )
    rows = spark.createDataFrame([(1, 9, 9)], "a int, i bigint, j bigint").coalesce(1)
    for columns, kinds in {
        "a": {"numbered"},
        "a j": {"numbered"},
        "a i j": {"refused"},
    }.items():
        given = rows.select(*columns.split())
        state = stored_state(spark, TableRef(path=path), given.columns)
        assert state is not None
        found = predict(from_json(json.loads(given.schema.json())), state, MERGE)
        assert {effect.kind for effect in found.effects} == kinds
        writer = given.write.format("delta").mode("append").option("mergeSchema", "true")
        if found.refused:
            with pytest.raises(Exception, match="IDENTITY"):
                writer.save(path)
        else:
            writer.save(path)
    stored = [tuple(row) for row in spark.read.format("delta").load(path).collect()]
    assert len({i for _, i, _ in stored}) == 2
    assert None not in {number for row in stored for number in row}
