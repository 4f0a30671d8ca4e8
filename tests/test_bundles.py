"""Relations measured in one query: they share reads, and fail apart."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sparkguard.layout import Scan, lay_out
from sparkguard.measures.totals import Totals
from sparkguard.profile import Need
from sparkguard.references.terms import counts
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.reference_counts import ReferenceCounts
from sparkguard.relations.table import Table
from sparkguard.scan import bundled, run_bundle, run_scan
from sparkguard.scan.bundles import MOST_SCANS, bundle_frame
from tests.plans import configured


def reference(to: str, **columns: str) -> ReferenceCounts:
    """A reference of table `c`: by child column, the parent's."""
    mine, theirs = columns.keys(), columns.values()
    keys = (tuple((c,) for c in mine), to, tuple((c,) for c in theirs))
    return ReferenceCounts(ChildWithParent("c", *keys))


BOTH = reference("pairs", a="a", b="b")
FIRST, LAST = reference("ones", a="k"), reference("ones", b="k")
OTHER = reference("ones", o="k")
EVERY = (BOTH, FIRST, LAST, OTHER)


def scans(*relations: ReferenceCounts, by: tuple[str, ...] = ()) -> tuple[Scan, ...]:
    needs = [
        Need(r, Totals(counts(r), frozenset(c for (c,) in r.reference.columns))) for r in relations
    ]
    return lay_out(needs, {"c": by})


class Files:
    def __init__(self, spark: Any, lake: Path) -> None:
        self._spark, self._lake = spark, lake

    def frame(self, name: str, /) -> Any:
        return self._spark.read.parquet(str(self._lake / name))


@pytest.fixture(scope="module")
def files(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Files:
    lake = tmp_path_factory.mktemp("lake")
    cells = ("id % 7 AS a", "IF(id % 11 = 0, NULL, id % 5) AS b", "IF(id % 2 = 0, 1, id) AS o")
    child = spark.range(500).selectExpr(*cells, "id % 3 AS p", "id AS unread")
    child.write.parquet(str(lake / "c"))
    pairs = spark.range(30).selectExpr("id % 6 AS a", "id % 5 AS b", "id AS unread")
    pairs.union(pairs.limit(4)).write.parquet(str(lake / "pairs"))
    spark.range(4).selectExpr("id AS k", "id AS unread").write.parquet(str(lake / "ones"))
    return Files(spark, lake)


def test_like_scans_of_one_table_are_one_group_up_to_a_limit() -> None:
    many = [Scan(r, (), s.chunks) for r in EVERY for s in scans(r)] * 3
    groups = bundled([(scan, "tables") for scan in many], lambda pair: pair)
    assert [len(group) for group in groups] == [MOST_SCANS, 12 - MOST_SCANS]
    table = lay_out([Need(Table("c"), Totals(counts(FIRST), frozenset("a")))], {})
    sliced = scans(FIRST, by=("p",))
    apart = [(one, "tables") for one in (*scans(FIRST), *table, *sliced)]
    apart.append((scans(LAST)[0], "other tables"))
    assert [len(group) for group in bundled(apart, lambda pair: pair)] == [1, 1, 1, 1]


@pytest.mark.parametrize("by", [(), ("p",)])
def test_a_bundle_sees_what_its_scans_see_alone_whatever_the_plan(
    spark: Any, files: Files, by: tuple[str, ...]
) -> None:
    every = scans(*EVERY, by=by)
    alone = [run_scan(scan, files) for scan in every]
    assert all(found.profile.states and not found.failures for found in alone)
    for adaptive, partitions in (("true", "1"), ("false", "7")):
        plans = {
            "spark.sql.adaptive.enabled": adaptive,
            "spark.sql.shuffle.partitions": partitions,
        }
        with configured(spark, plans):
            assert run_bundle(every, files) == alone


def test_columns_and_parents_that_references_share_are_read_once(
    spark: Any, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    # Adaptive execution shares what is equal only once it runs.
    with configured(spark, {"spark.sql.adaptive.enabled": "false"}):
        capsys.readouterr()
        bundle_frame(scans(*EVERY), files).explain()
        plan = capsys.readouterr().out
    found = re.findall(r"FileScan parquet \[(.*?)\].*?/lake\d*/(\w+)\]", plan)
    read = Counter((re.sub(r"#\d+L?", "", columns), table) for columns, table in found)
    assert read == {("a,b", "c"): 1, ("o", "c"): 1, ("a,b", "pairs"): 1, ("k", "ones"): 1}
    assert "Broadcast" not in plan
    assert "Join" not in plan


def test_a_scan_that_fails_leaves_the_others_of_its_bundle_alone(files: Files) -> None:
    gone = reference("gone", a="k")
    found = run_bundle(scans(FIRST, gone, LAST), files)
    assert [len(one.failures) > 0 for one in found] == [False, True, False]
    assert found[0].profile == run_scan(scans(FIRST)[0], files).profile
