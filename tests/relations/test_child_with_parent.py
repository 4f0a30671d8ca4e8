from __future__ import annotations

import io
import random
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from sparkguard.relations.base import WHOLE_ROW
from sparkguard.relations.child_with_parent import PARENTS, ChildWithParent
from sparkguard.relations.keys import ROWS
from sparkguard.slices import Slice
from tests.frames import Frames

Key = tuple[int | None, int | None]


def part(random_: random.Random) -> int | None:
    return random_.choice([None, 1, 2, 3])


RANDOM = random.Random(6)
CHILDREN = [(RANDOM.choice("xyz"), part(RANDOM), part(RANDOM)) for _ in range(120)]
PARENTS_ = [(part(RANDOM), part(RANDOM)) for _ in range(12)]


def parents_of(key: Key, partial: bool) -> int:
    if (None in key and not partial) or key == (None, None):
        return 0
    complete = [parent for parent in PARENTS_ if None not in parent]
    return sum(all(k in (None, p) for k, p in zip(key, parent, strict=True)) for parent in complete)


def expected(partial: bool) -> set[tuple[Any, ...]]:
    slices = Counter(CHILDREN)
    whole = Counter(row[1:] for row in CHILDREN)
    rows = {(False, *row, n, parents_of(row[1:], partial)) for row, n in slices.items()}
    rows |= {(True, None, *key, n, parents_of(key, partial)) for key, n in whole.items()}
    keys: set[Key] = {parent for parent in PARENTS_ if None not in parent}
    if partial:
        keys |= {(a, None) for a, _ in keys} | {(None, b) for _, b in keys}
    childless = {key for key in keys if key not in whole}
    return rows | {(True, None, *key, 0, parents_of(key, partial)) for key in childless}


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("shuffle", [1, 7])
def test_keys_with_both_counts_by_slice_and_in_the_whole(
    spark: Any, partial: bool, shuffle: int
) -> None:
    tables = Frames(
        {
            "c": spark.createDataFrame(CHILDREN, "p string, a int, b bigint").repartition(shuffle),
            "p": spark.createDataFrame(PARENTS_, "k bigint, l int").repartition(shuffle),
        }
    )
    relation = ChildWithParent("c", (("a",), ("b",)), "p", (("k",), ("l",)), partial)
    frame = relation.frame(tables, ("p",))
    columns = [WHOLE_ROW, "p", "__sparkguard_key0", "__sparkguard_key1", ROWS, PARENTS]
    rows = [tuple(row) for row in frame.select(*columns).collect()]
    assert len(rows) == len(set(rows))
    assert set(rows) == expected(partial)
    assert relation.subject == "c"
    assert relation.tables() == {"c", "p"}


def test_each_table_is_read_once_and_only_its_keys(spark: Any, lake: Path) -> None:
    wide = spark.range(10).selectExpr("id", "id % 3 AS k", "'x' AS p", "id AS other")
    for name in ("c", "p"):
        wide.write.format("delta").save(str(lake / name))
    tables = Frames({n: spark.read.format("delta").load(str(lake / n)) for n in ("c", "p")})
    relation = ChildWithParent("c", (("k",),), "p", (("id",),))
    for by in ((), ("p",)):
        text = explained(relation.frame(tables, by))
        assert text.count("FileScan") == 2
        assert "BroadcastExchange" not in text
        assert "SortMergeJoin" not in text
        assert "other" not in text.split("FileScan", 1)[1].split("Batched")[0]


def explained(frame: Any) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        frame.explain("simple")
    return out.getvalue()


class OfOneMonth(Frames):
    """As a run that judges one slice sees tables that are sliced alike."""

    def frame(self, name: str, /) -> Any:
        return self.in_full(name).where("month = 2")

    def in_full(self, name: str, /) -> Any:
        return super().frame(name)

    def slice_of(self, name: str, /) -> Slice:
        return Slice.of({"month": "2"})


def test_the_children_of_one_slice_meet_all_parents(spark: Any) -> None:
    tables = OfOneMonth(
        {
            "child": spark.createDataFrame([(1, 2), (2, 2), (9, 1)], "id bigint, month int"),
            "parent": spark.createDataFrame([(1, 1), (2, 2)], "id bigint, month int"),
        }
    )
    relation = ChildWithParent("child", (("id",),), "parent", (("id",),))
    found = relation.frame(tables, ())
    assert found.where(relation.orphan.text).count() == 0
    assert found.agg({ROWS: "sum"}).collect()[0][0] == 2
