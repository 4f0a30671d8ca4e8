"""The families of types, and every statistic over real Spark rows against plain Python."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from sparkguard.datatypes import parse
from sparkguard.layout import lay_out
from sparkguard.measures.bins import Bins
from sparkguard.measures.counts import Counts, CountsState
from sparkguard.measures.distinct import Distinct
from sparkguard.measures.extremes import Extremes
from sparkguard.measures.families import Family, family_of
from sparkguard.measures.moments import Moments
from sparkguard.measures.quantiles import RANKS, Quantiles
from sparkguard.measures.sample import Sample
from sparkguard.measures.strings import Strings
from sparkguard.measures.values import Values
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE
from tests.frames import OneFrame

ROWS = 4_000
COLUMNS = {
    "f": (Family.FLOAT, "CASE id % 50 WHEN 0 THEN double('NaN') WHEN 1 THEN double('inf')"
                        " WHEN 2 THEN double('-inf') WHEN 3 THEN NULL WHEN 4 THEN -0.0D"
                        " WHEN 5 THEN 0D ELSE 1e9D + id * 0.25D END"),
    "d": (Family.DECIMAL, "CAST(1234567.125BD + id AS DECIMAL(30,3))"),
    "i": (Family.INTEGER, "9007199254740993L + id % 9"),
    "s": (Family.STRING, "CASE id % 6 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE"
                         " concat('ü', 'x''y`', id) END"),
    "b": (Family.BOOLEAN, "id % 3 = 0"),
    "day": (Family.DATE, "date_add(DATE'0001-01-01', CAST(id % 7 AS INT) * 1000000 - 900000)"),
    "at": (Family.TIMESTAMP, "timestamp_micros(id % 11 * 1000001 - 5)"),
    "wall": (Family.TIMESTAMP_NTZ, "TIMESTAMP_NTZ'2026-03-29 02:30:00.000001' +"
                                   " make_dt_interval(0, 0, 0, id % 5)"),
}  # fmt: skip
MOMENTS = ("f", "d", "day", "at", "wall")
"""Not i: beyond 2^53 doubles are two apart, and so is any variance."""

EDGES = tuple(1e9 + 10.0 * i for i in range(99))


@pytest.mark.parametrize(
    ("type_", "family"),
    [
        ("tinyint", Family.INTEGER),
        ("decimal(38,2)", Family.DECIMAL),
        ("float", Family.FLOAT),
        ("varchar(3)", Family.STRING),
        ("timestamp_ntz", Family.TIMESTAMP_NTZ),
        ("binary", Family.BINARY),
        ("array<int>", Family.OTHER),
        ("map<string,int>", Family.OTHER),
        ("variant", Family.OTHER),
        ("string collate UTF8_LCASE", Family.OTHER),
    ],
)
def test_families(type_: str, family: Family) -> None:
    assert family_of(parse(type_)) is family


def measures() -> list[Any]:
    found: list[Any] = [Bins(("f",), Family.FLOAT, EDGES), Strings(("s",), "ü", "üx'y`4")]
    for name, (family, _) in COLUMNS.items():
        column = (name,)
        found += [Counts(column, family), Extremes(column, family), Distinct(column, family)]
        found.append(Values(column, family))
        if name in MOMENTS:
            found += [Moments(column, family), Quantiles(column, family)]
    return found


def scanned(frame: Any, by: tuple[str, ...] = ("k",)) -> Profile:
    needs = [Need(Table("t"), measure) for measure in measures()]
    found = Profile()
    for scan in lay_out(needs, {"t": by}):
        outcome = run_scan(scan, OneFrame(frame))
        assert not outcome.failures
        found = found.merge(outcome.profile)
    return found


@pytest.fixture(scope="module")
def frame(spark: Any) -> Any:
    cells = [f"{text} AS {name}" for name, (_, text) in COLUMNS.items()]
    return spark.range(0, ROWS, 1, 7).selectExpr("id % 3 AS k", *cells)


@pytest.fixture(scope="module")
def rows(frame: Any) -> list[Any]:
    names = ["f", "d", "i", "s", "b", "unix_date(day) AS day", "unix_micros(at) AS at"]
    return frame.selectExpr(*names).collect()  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def whole(frame: Any) -> Any:
    profile = scanned(frame)
    return lambda measure: profile.at(WHOLE, Need(Table("t"), measure))


def present(rows: list[Any], name: str) -> list[Any]:
    return [row[name] for row in rows if row[name] is not None]


@pytest.mark.parametrize("name", ["f", "d", "i", "s", "b", "day", "at"])
def test_counts_and_values_agree_with_python(whole: Any, rows: list[Any], name: str) -> None:
    column, family = (name,), COLUMNS[name][0]
    values = present(rows, name)
    special = [v for v in values if isinstance(v, float) and not math.isfinite(v)]
    nan = sum(map(math.isnan, special))
    counts = whole(Counts(column, family))
    empty = sum(v == "" for v in values)
    assert counts == CountsState(ROWS, ROWS - len(values), nan, len(special) - nan, empty)
    found = whole(Values(column, family))
    assert found.rows == ROWS
    kept = Counter("NaN" if v != v else v for v in values)
    assert sorted(n for text, n in found.counts.items() if text is not None) == sorted(
        kept.values()
    )
    ordered = [v for v in values if v == v]
    extremes = whole(Extremes(column, family))
    assert (extremes.least, extremes.greatest) == (min(ordered), max(ordered))
    assert Values(column, family).extremes(found) == extremes


@pytest.mark.parametrize("name", ["f", "d", "i", "s", "b", "day", "at"])
def test_distinct_is_within_its_bounds(whole: Any, rows: list[Any], name: str) -> None:
    exact = len({"NaN" if v != v else v for v in present(rows, name)})
    low, high = whole(Distinct((name,), COLUMNS[name][0])).bounds
    assert low <= exact + 1e-6
    assert exact <= high


@pytest.mark.parametrize("name", MOMENTS)
def test_numbers_of_sketches_agree_with_those_of_counted_values(whole: Any, name: str) -> None:
    column, family = (name,), COLUMNS[name][0]
    exact = Values(column, family).metrics(whole(Values(column, family)))
    moments = Moments(column, family)
    assert moments.metrics(whole(moments)) == pytest.approx(
        {key: exact[key] for key in ("finite", "mean", "stddev")}, rel=1e-9, abs=1e-6
    )
    extremes = Extremes(column, family)
    assert extremes.metrics(whole(extremes)) == {key: exact[key] for key in ("min", "max")}


def test_quantiles_have_the_stated_error(whole: Any, rows: list[Any]) -> None:
    ordered = sorted(v for v in present(rows, "f") if math.isfinite(v))
    state = whole(Quantiles(("f",), Family.FLOAT))
    if state.unknown:  # Spark before 4.1: percentiles of slices do not merge
        return
    for rank in RANKS:
        below = sum(v < state.at(rank) for v in ordered) / len(ordered)
        up_to = sum(v <= state.at(rank) for v in ordered) / len(ordered)
        assert below - 0.005 <= rank <= up_to + 0.005


def test_bins_agree_with_python(whole: Any, rows: list[Any]) -> None:
    found = whole(Bins(("f",), Family.FLOAT, EDGES))
    values = [v for v in present(rows, "f") if math.isfinite(v)]
    ends = (-math.inf, *EDGES, math.inf)
    fine = [sum(a < v <= b for v in values) for a, b in zip(ends, ends[1:])]  # noqa: B905, RUF007
    assert list(found.fine) == fine
    assert found.rows == ROWS
    assert (found.nan, found.positive_infinity, found.negative_infinity, found.null) == (
        80, 80, 80, 80,
    )  # fmt: skip


def test_strings_agree_with_python(whole: Any, rows: list[Any]) -> None:
    found = whole(Strings(("s",), "ü", "üx'y`4"))
    texts = present(rows, "s")
    assert found.lengths == Counter(map(len, texts))
    assert (found.minimum, found.maximum) == (min(texts), max(texts))
    assert found.null == ROWS - len(texts)


@pytest.mark.parametrize("shared", [0, 63, 64, 100, 255, 256, 300])
def test_the_extremes_of_texts_are_known_however_long_their_common_beginning(
    spark: Any, shared: int
) -> None:
    frame = spark.range(500).selectExpr(f"concat(repeat('u', {shared}), id + 1000) AS s")

    def state_of(measure: Any) -> Any:
        (scan,) = lay_out([Need(Table("t"), measure)], {"t": ()})
        return run_scan(scan, OneFrame(frame)).profile.at(WHOLE, Need(Table("t"), measure))

    looked = state_of(Sample(("s",), Family.STRING, 100))
    found = state_of(Strings(("s",), looked.low, looked.high))
    start = "u" * shared
    assert (found.minimum, found.maximum) == (f"{start}1000"[:256], f"{start}1499"[:256])


@pytest.mark.parametrize("partitions", [1, 7, 200])
def test_the_same_states_however_the_rows_are_partitioned(
    frame: Any, whole: Any, partitions: int
) -> None:
    profile = scanned(frame.repartition(partitions), by=())
    for measure in measures():
        other, known = profile.at(WHOLE, Need(Table("t"), measure)), whole(measure)
        if isinstance(measure, Moments):
            assert (other.n, other.mean, other.m2) == pytest.approx(
                (known.n, known.mean, known.m2), rel=1e-6
            )
        elif isinstance(measure, Distinct):
            assert other.estimate == pytest.approx(known.estimate, rel=1e-9)
        elif not isinstance(measure, Quantiles):
            assert other == known


def test_long_numbers_are_exact(whole: Any) -> None:
    found = whole(Extremes(("d",), Family.DECIMAL))
    assert found.greatest == Decimal("1234567.125") + ROWS - 1
    assert whole(Extremes(("i",), Family.INTEGER)).greatest == 9_007_199_254_741_001
