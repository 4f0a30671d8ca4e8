from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sparkguard.datatypes import from_json
from sparkguard.errors import ConfigurationError, SnapshotError
from sparkguard.shadow.comparison import CONTROL, SHADOW, Settings, compare, compare_frames
from sparkguard.shadow_rules.differences import Cells, Rows
from sparkguard.shadow_rules.tolerance import Tolerance
from sparkguard.shadow_rules.verdict import PartitionOutcome, PartitionVerdict, Rules
from sparkguard.slices import WHOLE, Slice
from sparkguard.tables import TableRef
from tests.plans import compiled
from tests.shadow.frames import Frames, changed, control, faulty, verdicts

CLEAN, DIRTY, ERROR = PartitionOutcome.CLEAN, PartitionOutcome.DIRTY, PartitionOutcome.ERROR
KEYED = Settings(key=("id",), explain=False)


def one(found: Any) -> PartitionVerdict:
    (verdict,) = found.values()
    assert isinstance(verdict, PartitionVerdict)
    return verdict


def rows_of(verdict: PartitionVerdict) -> Rows:
    assert verdict.comparison is not None
    return verdict.comparison.differences.rows


def cells_of(verdict: PartitionVerdict) -> dict[str, Cells]:
    assert verdict.comparison is not None
    return dict(verdict.comparison.differences.columns)


def check_planted(spark: Any, size: int) -> None:
    live = control(spark, size)
    keyed = one(verdicts(live, faulty(live), KEYED))
    assert rows_of(keyed) == Rows(
        control=size, shadow=size, identical=size - 10, different=9, only_in_control=1,
        repeated_in_shadow=1, duplicates_in_shadow=1,
    )  # fmt: skip
    found = {n: (c.null_in_control, c.null_in_shadow, c.value) for n, c in cells_of(keyed).items()}
    assert found == {
        "arr": (0, 0, 1),
        "big": (0, 0, 1),
        "bin": (0, 0, 1),
        "d": (0, 0, 1),
        "n": (0, 0, 1),
        "p": (0, 1, 0),
        "q": (1, 0, 0),
        "s": (1, 0, 0),
        "t": (0, 0, 1),
        "x": (0, 0, 1),
    }
    assert cells_of(keyed)["t"].largest == 3600.0
    assert cells_of(keyed)["d"].largest == 180.0
    unkeyed = one(verdicts(live, faulty(live), Settings(explain=False)))
    assert rows_of(unkeyed) == Rows(
        control=size, shadow=size, identical=size - 10, only_in_control=10, only_in_shadow=10,
        duplicates_in_shadow=1,
    )  # fmt: skip


def test_planted_differences_in_a_million_rows_are_counted_exactly(spark: Any) -> None:
    with compiled(spark):
        check_planted(spark, 1_000_000)


@pytest.mark.full
def test_planted_differences_in_ten_million_rows_are_counted_exactly(spark: Any) -> None:
    check_planted(spark, 10_000_000)


def test_the_same_rows_in_another_layout_are_equal(spark: Any, lake: Path) -> None:
    live = control(spark, 500)
    again = changed(live, x="if(id = 0, -0.0D, x)")
    live.write.format("delta").save(str(lake / "live"))
    reordered = again.select(*reversed(again.columns)).orderBy("s").repartition(3)
    writer = reordered.write.format("delta").partitionBy("part").option("compression", "gzip")
    writer.save(str(lake / "shadow"))
    tables = TableRef(path=str(lake / "live")), TableRef(path=str(lake / "shadow"))
    for settings in (KEYED, Settings(), Settings(key=("id",), rules=Rules("strict"))):
        verdict = one(compare(spark, *tables, settings))
        assert (verdict.outcome, rows_of(verdict).identical) == (CLEAN, 500)
    assert verdict.comparison is not None
    assert str(verdict.comparison.control) == str(verdict.comparison.shadow)
    spark.sql(f"DELETE FROM delta.`{lake}/shadow` WHERE id = 499")
    assert rows_of(one(compare(spark, *tables, Settings()))).only_in_control == 1
    with pytest.raises(SnapshotError, match="does not exist"):
        compare(spark, tables[0], TableRef(path=str(lake / "gone")))


def test_partitions_are_judged_one_by_one(spark: Any) -> None:
    live = control(spark, 300)
    settings = Settings(key=("id",), by=("part",), explain=False)
    found = verdicts(live, changed(live, n="if(id = 4, -1, n)").where("part != 2"), settings)
    parts = [Slice.of({"part": str(i)}) for i in range(3)]
    assert {p: found[p].outcome for p in parts} == {
        parts[0]: CLEAN,
        parts[1]: DIRTY,
        parts[2]: DIRTY,
    }
    assert rows_of(found[parts[0]]) == Rows(100, 100, 100)
    assert (rows_of(found[parts[1]]).different, rows_of(found[parts[2]]).only_in_control) == (
        1,
        100,
    )
    alone = Settings(key=("id",), within=parts[1], explain=False)
    assert rows_of(one(verdicts(live, live, alone))).identical == 100


def test_columns_may_be_named_like_those_of_the_engine(spark: Any) -> None:
    live = spark.sql("SELECT id AS h, id % 2 AS i, id AS bin, id AS rows_c, id AS v FROM range(50)")
    other = changed(live, v="if(h < 25 AND i = 1, -1, v)")
    found = verdicts(live, other, Settings(key=("h",), by=("i",), examples=1))
    outcomes = [(part.key, v.outcome, rows_of(v).different) for part, v in found.items()]
    assert outcomes == [("i=0", CLEAN, 0), ("i=1", DIRTY, 12)]


def test_tolerances_bound_differences_and_their_lean(spark: Any) -> None:
    live = control(spark, 2_000).where("id != 70")
    even = changed(live, x="x + if(id % 2 = 0, 1e-7D, -1e-7D)")
    lean = changed(live, x="x + 1e-7D")
    rule = {"x": Tolerance(abs=1e-6), "arr": Tolerance(unordered=True)}
    settings = Settings(key=("id",), columns=rule, explain=False)
    found = one(verdicts(live, changed(even, arr="reverse(arr)"), settings))
    assert (found.outcome, rows_of(found).within, rows_of(found).identical) == (CLEAN, 1999, 0)
    found = one(verdicts(live, lean, settings))
    assert [b.counter.value for b in found.breaches] == ["bias"]
    ignored = {"x": Tolerance(ignored="moves"), "arr": Tolerance(ignored="order")}
    found = one(verdicts(live, lean, Settings(key=("id",), columns=ignored)))
    assert "not compared: arr (order), x (moves)" in found.reason


def test_duplicate_keys_are_multisets_and_refused_where_strict(spark: Any) -> None:
    live = control(spark, 50)
    twice = live.unionByName(live.where("id < 5"))
    other = live.unionByName(changed(live.where("id < 5"), n="if(id = 3, -1, n)"))
    assert one(verdicts(twice, twice.orderBy("s"), KEYED)).outcome is CLEAN
    found = rows_of(one(verdicts(twice, other, KEYED)))
    assert (found.different, found.identical, found.duplicates_in_control) == (1, 54, 1)
    strict = Settings(key=("id",), rules=Rules("strict"), explain=False)
    refused = one(verdicts(twice, twice, strict))
    assert [(b.counter.value, b.found) for b in refused.breaches] == [("duplicates", 10)]
    thrice = live.unionByName(live.where("id < 1")).unionByName(live.where("id < 1"))
    found = rows_of(one(verdicts(live.unionByName(live.where("id < 1")), thrice, Settings())))
    assert (found.only_in_shadow, found.only_in_control) == (1, 0)


def test_null_keys_match_each_other_and_are_counted(spark: Any) -> None:
    live = changed(control(spark, 20), id="nullif(id, 7)")
    other = changed(live, n="if(id IS NULL, -1, n)")
    found = one(verdicts(live, other, KEYED))
    assert (rows_of(found).different, rows_of(found).null_keys_in_control) == (1, 1)
    strict = Settings(key=("id",), rules=Rules("strict"), explain=False)
    assert one(verdicts(live, live, strict)).outcome is DIRTY


@pytest.mark.parametrize("empty", ["control", "shadow", "both"])
def test_empty_sides_have_an_outcome_and_a_reason(spark: Any, empty: str) -> None:
    live = control(spark, 10)
    none = live.where("id < 0")
    sides = {"control": (none, live), "shadow": (live, none), "both": (none, none)}[empty]
    found = one(verdicts(*sides, KEYED))
    outcome, says = {
        "control": (DIRTY, "10 rows are in the shadow only"),
        "shadow": (DIRTY, "10 rows are missing in the shadow"),
        "both": (PartitionOutcome.VOID, "both sides are empty"),
    }[empty]
    assert (found.outcome, says in found.reason) == (outcome, True)


def test_schemas_that_differ_are_said_first(spark: Any) -> None:
    live = control(spark, 10)
    found = one(
        verdicts(live.select("id", "n"), live.selectExpr("id AS key", "n AS m"), Settings())
    )
    assert (found.outcome, "no column in common" in found.reason) == (ERROR, True)
    with pytest.raises(ConfigurationError, match="key column 'id' is missing in the shadow"):
        verdicts(live, live.drop("id"), KEYED)
    with pytest.raises(ConfigurationError, match="partition column 'part' is missing"):
        verdicts(live, live.drop("part"), Settings(by=("part",)))
    other = changed(live, n="CAST(n AS BIGINT)").drop("s").selectExpr("*", "n AS new")
    found = one(verdicts(live, other, KEYED))
    assert [(b.counter.value, b.column, b.found) for b in found.breaches] == [
        ("missing_column", "s", 1),
        ("missing_column", "new", 1),
        ("type", "n", 10),
    ]


class Mended(Frames):
    """The shadow lacks a row when it is looked at for the first time, and then no more."""

    looks = 0

    def frame(self, name: str, /) -> Any:
        if name == CONTROL:
            return super().frame(name)
        self.looks += 1
        return super().frame(name).where("id > 0" if self.looks == 1 else "true")


def test_a_table_that_changes_during_the_comparison_is_an_error(spark: Any) -> None:
    live = control(spark, 20)
    schema = from_json(live.schema.jsonValue())
    tables = Mended({CONTROL: live, SHADOW: live})
    found = one(compare_frames(tables, schema, schema, KEYED))
    assert tables.looks == 2
    assert (found.outcome, "a table changed during" in found.reason) == (ERROR, True)


def test_an_engine_failure_is_an_error_without_cell_values(spark: Any) -> None:
    live = control(spark, 10)
    found = one(verdicts(live, changed(live, n="CAST(raise_error('secret') AS INT)"), KEYED))
    assert found.outcome is ERROR
    assert "secret" not in found.reason


def test_the_cause_of_a_volume_dependent_fault_is_named(spark: Any) -> None:
    entity = (
        "CASE WHEN id < 10500 THEN 'A' WHEN id < 19000 THEN concat('B', id % 9) ELSE '' || id END"
    )
    live = spark.range(20_000).selectExpr(
        f"{entity} AS entity", "id * 7919 % 20000 AS at", "id * 7 % 1000 AS total"
    )
    other = live.selectExpr(
        "entity", "at", "total + if(entity = 'A' AND at % 3 = 0, 1, 0) AS total"
    )
    settings = Settings(key=("entity", "at"), populations=(("entity",),))
    found = one(verdicts(live, other, settings))
    assert found.comparison is not None
    assert rows_of(found).different == sum(i * 7919 % 20_000 % 3 == 0 for i in range(10_500))
    conditions = [cause.split(":")[0] for cause in found.comparison.causes]
    assert "rows per entity >= 10,500" in conditions
    assert "entity = A" in conditions


def test_examples_are_bounded_and_the_same_in_every_layout(spark: Any) -> None:
    live = control(spark, 500)
    other = changed(live, big="big + id", s="upper(s)").where("id > 3")
    settings = Settings(key=("id",), examples=3, explain=False)
    seen = []
    for parts in (1, 5):
        found = one(verdicts(live.repartition(parts), other.repartition(parts), settings))
        assert found.comparison is not None
        seen.append(sorted(map(str, found.comparison.differences.examples)))
    assert seen[0] == seen[1]
    examples = found.comparison.differences.examples
    largest = max((e for e in examples if e.column == "big"), key=lambda e: abs(e.apart or 0))
    assert (largest.key, largest.apart) == (("499",), 499.0)
    assert all(sum(e.column == c for e in examples) <= 4 for c in ("", "big", "s"))


def test_a_second_hash_agrees(spark: Any) -> None:
    live = control(spark, 50)
    settings = Settings(key=("id",), second_hash=True)
    assert one(verdicts(live, live, settings, expected=[WHOLE])).outcome is CLEAN


def test_a_table_rewritten_between_two_passes_is_an_error(spark: Any) -> None:
    live = control(spark, 20)
    other = changed(live, n="if(id = 4, -1, n)")

    class Changing:
        """The shadow loses its rows once it has been read."""

        reads = 0

        def frame(self, name: str, /) -> Any:
            self.reads += name == SHADOW
            gone = other.where("id != 4") if self.reads > 1 else other
            return live if name == CONTROL else gone

    schema = from_json(live.schema.jsonValue())
    found = one(compare_frames(Changing(), schema, schema, KEYED))
    assert (found.outcome, "a table changed during" in found.reason) == (ERROR, True)
