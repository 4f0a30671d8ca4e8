from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.layout import GROUPS_PER_CHUNK, Chunk, Scan, lay_out
from sparkguard.measures.base import Pass
from sparkguard.measures.bins import Bins
from sparkguard.measures.counts import Counts
from sparkguard.measures.distinct import Distinct
from sparkguard.measures.families import Family
from sparkguard.measures.rows import Rows
from sparkguard.measures.sample import Sample
from sparkguard.measures.tally import Tally
from sparkguard.measures.values import Values
from sparkguard.profile import Need
from sparkguard.relations.key_counts import KeyCounts
from sparkguard.relations.table import Table
from sparkguard.sql import Sql

T = Table("t")


def tally(*columns: str, condition: str = "c") -> Need[Any]:
    return Need(T, Tally(Sql(condition), frozenset(columns)))


def values(column: str, expected: int) -> Need[Any]:
    return Need(T, Values((column,), Family.INTEGER, expected=expected))


def chunks(*needs: Need[Any]) -> tuple[Chunk, ...]:
    (scan,) = lay_out(needs, {})
    return scan.chunks


def test_equal_needs_are_measured_once() -> None:
    (chunk,) = chunks(tally("a"), tally("a"))
    assert [m.kind for m in chunk.measures] == ["rows", "tally"]


def test_one_scan_per_relation_with_the_slices_of_its_subject() -> None:
    scans = lay_out([tally("a"), Need(Table("u"), Rows())], {"t": ("month",)})
    assert [(s.relation, s.by) for s in scans] == [(T, ("month",)), (Table("u"), ())]


def test_measures_of_common_columns_share_a_chunk() -> None:
    needs = [tally("a"), tally("b"), tally("c"), tally("c", "a", condition="d")]
    (scan,) = lay_out(needs, {}, columns_per_chunk=2)
    assert [sorted(chunk.columns) for chunk in scan.chunks] == [["a", "c"], ["b"]]


COLUMN_SETS = st.lists(st.frozensets(st.sampled_from("abcdefghijklmnop"), max_size=3), max_size=20)


@given(COLUMN_SETS, st.integers(1, 6))
def test_every_column_is_read_by_one_chunk(columns: list[frozenset[str]], most: int) -> None:
    needs = [tally(*each, condition=str(i)) for i, each in enumerate(columns)]
    for scan in lay_out(needs, {}, most):
        read = [column for chunk in scan.chunks for column in chunk.columns]
        assert len(read) == len(set(read))
        measured = [m for chunk in scan.chunks for m in chunk.measures if m != Rows()]
        assert sorted(map(str, measured)) == sorted(str(need.measure) for need in needs)
        assert all(Rows() in chunk.measures for chunk in scan.chunks)


def test_a_wide_table_is_split() -> None:
    assert [len(c.columns) for c in chunks(*(tally(f"c{i}") for i in range(1_000)))] == [10] * 100


def test_sketches_are_a_pass_of_their_own() -> None:
    a = ("a",)
    found = chunks(Need(T, Distinct(a, Family.INTEGER)), Need(T, Counts(a, Family.INTEGER)))
    assert [str(chunk) for chunk in found] == ["aggregates of a", "sketches of a"]


def test_a_relation_that_is_read_once_takes_sketches_with_the_rest() -> None:
    keys = KeyCounts("t", (("a",),))
    a = ("a",)
    needs = [
        Need(keys, Distinct(a, Family.INTEGER)),
        Need(keys, Counts(a, Family.INTEGER)),
    ]
    (scan,) = lay_out(needs, {})
    assert len(scan.chunks) == 1


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=30))
def test_values_are_counted_jointly_while_their_combinations_are_few(sizes: list[int]) -> None:
    found = chunks(*(values(f"c{i}", size) for i, size in enumerate(sizes)))
    packed: Counter[str] = Counter()
    for chunk in found:
        assert chunk.pass_ is Pass.GROUPS
        counted = [m for m in chunk.measures if isinstance(m, Values)]
        packed.update(c for m in counted for c in m.columns())
        combinations = 1
        for measure in counted:
            combinations *= measure.expected
        assert len(counted) == 1 or combinations <= GROUPS_PER_CHUNK
    assert packed == Counter(f"c{i}" for i in range(len(sizes)))


def test_bins_are_counted_alone() -> None:
    bins = [Need(T, Bins((c,), Family.INTEGER, (1.0,))) for c in "ab"]
    assert [sorted(c.columns) for c in chunks(*bins, values("c", 2))] == [["c"], ["a"], ["b"]]


def test_one_sample_serves_all_columns_and_proves_nothing() -> None:
    (chunk,) = chunks(*(Need(T, Sample((f"c{i}",), Family.INTEGER, 9)) for i in range(50)))
    assert chunk.pass_ is Pass.SAMPLE
    assert Rows() not in chunk.measures


def test_a_chunk_says_what_it_reads() -> None:
    scan = Scan(T, (), chunks(values("a", 2), values("b", 2)))
    assert [str(chunk) for chunk in scan.chunks] == ["groups of a, b"]
