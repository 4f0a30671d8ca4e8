"""Rows have equal hashes exactly when a plain Python encoding calls them equal."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sparkguard import sql
from sparkguard.datatypes import Array, Atomic, DataType, Map, Struct, from_json, parse
from sparkguard.shadow_rules.encoding import NotEncodable, Value, row_hash, value_hash

NAN, INF = math.nan, math.inf
VALUES: dict[str, list[Any]] = {
    "boolean": [True, False],
    "tinyint": [0, 1, -128],
    "int": [0, 1, -1, 2**31 - 1],
    "bigint": [0, 1, 2**53, 2**53 + 1, -(2**63), 2**63 - 1],
    "float": [0.0, -0.0, 1.0, NAN, INF, -INF, 16_777_216.0],
    "double": [0.0, -0.0, 1.0, NAN, INF, -INF, 2.0**53, 5e-324],
    "decimal(10,2)": [Decimal("0.00"), Decimal("1.20"), Decimal("12.00"), Decimal("-1.20")],
    "decimal(38,18)": [Decimal(0), Decimal("1e-18"), Decimal(10) ** 19, Decimal("1.2")],
    "string": ["", " ", "a", "a ", "A", "ab", "0", "null", "\0", "é", "é", "b\0"],
    "binary": [b"", b"\0", b"\0\0", b"a", b"\x80", b"\x81"],
    "date": [date(1970, 1, 1), date(1, 1, 1), date(2013, 3, 10)],
    "timestamp_ntz": [datetime(1970, 1, 1), datetime(2013, 3, 10, 2, 30), datetime(2013, 3, 10)],
    "array<int>": [[], [None], [None, None], [0], [1, None], [None, 1], [1, 0], [0, 1], [0, 0]],
    "array<string>": [
        [],
        [""],
        ["", ""],
        ["ab", "c"],
        ["a", "bc"],
        [None, ""],
        ["", None],
        ["abc"],
    ],
    "array<array<int>>": [[], [[]], [[], []], [None], [[None]], [[1], [2]], [[1, 2]], [[1, 2], []]],
    "array<struct<a:int,b:string>>": [[(1, "")], [(1, None)], [(None, "")], [None], [(1, "1")]],
    "map<string,int>": [{}, {"a": 1}, {"a": None}, {"b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}],
    "map<int,array<int>>": [
        {},
        {1: []},
        {1: None},
        {1: [None]},
        {1: [2], 2: [1]},
        {1: [1], 2: [2]},
    ],
    "struct<a:int,b:int>": [(1, None), (None, 1), (None, None), (1, 1), (0, 1), (0, None)],
    "struct<a:struct<b:int>>": [((1,),), ((None,),), (None,)],
    "array<map<string,double>>": [
        [],
        [{}],
        [{"a": 0.0}],
        [{"a": -0.0}],
        [{"a": NAN}],
        [{"a": None}],
    ],
}


def oracle(value: Any, type_: DataType) -> Any:
    """A value that is equal in Python exactly when the two rows are to be equal."""
    if value is None:
        return None
    match type_:
        case Array():
            return ("array", *(oracle(v, type_.element) for v in value))
        case Map():
            entries = ((oracle(k, type_.key), oracle(v, type_.value)) for k, v in value.items())
            return ("map", frozenset(entries))
        case Struct():
            return ("struct", *(oracle(v, f.type) for v, f in zip(value, type_, strict=True)))
    if isinstance(value, float):
        return "nan" if math.isnan(value) else value + 0.0
    return (type(value).__name__, bytes(value) if isinstance(value, bytearray) else value)


def hashes(spark: Any, rows: Iterable[tuple[Any, ...]], ddl: str) -> list[int]:
    frame = spark.createDataFrame(list(rows), ddl)
    schema = from_json(frame.schema.jsonValue())
    values = [Value(f.name, sql.name(f.name), f.type, f.type, f.nullable) for f in schema]
    return [row[0] for row in frame.selectExpr(row_hash(values).text).collect()]


def agree(found: list[int], expected: list[Any]) -> None:
    """The same rows are grouped together by both."""
    by_hash: dict[int, Any] = {}
    by_value: dict[Any, int] = {}
    for hash_, value in zip(found, expected, strict=True):
        assert by_hash.setdefault(hash_, value) == value, "different rows, one hash"
        assert by_value.setdefault(value, hash_) == hash_, "equal rows, two hashes"


@pytest.mark.parametrize("ddl", VALUES)
def test_values_of_each_type_have_equal_hashes_only_when_equal(spark: Any, ddl: str) -> None:
    values = [None, *VALUES[ddl]]
    pairs = list(itertools.product(values, repeat=2))
    if len(pairs) > 80:
        pairs = random.Random(3).sample(pairs, 80)
    found = hashes(spark, pairs, f"a {ddl}, b {ddl}")
    agree(found, [(oracle(a, parse(ddl)), oracle(b, parse(ddl))) for a, b in pairs])


def test_random_rows_of_all_types_together(spark: Any) -> None:
    chance = random.Random(7)
    rows = [tuple(chance.choice([None, *v]) for v in VALUES.values()) for _ in range(300)]
    rows += [tuple(r if chance.random() < 0.95 else None for r in row) for row in rows]
    ddl = ", ".join(f"c{i} {t}" for i, t in enumerate(VALUES))
    expected = [tuple(oracle(v, parse(t)) for v, t in zip(r, VALUES, strict=True)) for r in rows]
    agree(hashes(spark, rows, ddl), expected)


def test_column_and_field_order_do_not_matter_and_names_do(spark: Any) -> None:
    (one,) = hashes(spark, [(1, "x", (1, 2))], "a int, b string, s struct<p:int,q:int>")
    (other,) = hashes(spark, [((2, 1), "x", 1)], "s struct<q:int,p:int>, b string, a int")
    (renamed,) = hashes(spark, [(1, "x", (1, 2))], "a int, c string, s struct<p:int,q:int>")
    (wider,) = hashes(spark, [(1, "x", (1, 2))], "a bigint, b string, s struct<p:int,q:int>")
    assert one == other
    assert len({one, renamed, wider}) == 3


def test_a_value_is_hashed_in_the_common_type(spark: Any) -> None:
    frame = spark.sql("SELECT 5 i, 5L l, array(1, NULL) ai, array(1L, NULL) al, 1.5D d, 1.5F f")
    pairs = [("i", "l", "bigint"), ("ai", "al", "array<bigint>"), ("f", "d", "double")]
    schema = from_json(frame.schema.jsonValue())
    for one, other, common in pairs:
        cells = []
        for name in (one, other):
            field = schema.get(name)
            assert field is not None
            cells.append(row_hash([Value("x", sql.name(name), field.type, parse(common))]).text)
        a, b = frame.selectExpr(*cells).collect()[0]
        assert a == b


def test_unordered_arrays_are_multisets_and_seeds_are_independent(spark: Any) -> None:
    type_ = parse("array<int>")

    def texts(expression: str) -> list[str]:
        value = Value("x", sql.Sql(expression), type_, type_, True, True)
        return [row_hash([value]).text, row_hash([value], seed=1).text]

    row = spark.sql("SELECT array(1, 2, 2) a, array(2, 1, 2) b, array(1, 1, 2) c, array(1, 2) d")
    found = row.selectExpr(*(t for name in "abcd" for t in texts(name))).collect()[0]
    assert found[0] == found[2]
    assert len({found[0], found[4], found[6], found[1]}) == 4


def test_more_nullable_columns_than_one_word_of_flags(spark: Any) -> None:
    rows = [tuple(None if i == j else 0 for i in range(70)) for j in range(71)]
    found = hashes(spark, rows, ", ".join(f"c{i} int" for i in range(70)))
    assert len(set(found)) == 71


def test_hash_of_a_value_is_null_for_null(spark: Any) -> None:
    value = Value("x", sql.Sql("x"), parse("map<int,int>"), parse("map<int,int>"))
    frame = spark.sql("SELECT CAST(NULL AS MAP<INT, INT>) x UNION ALL SELECT map(1, 1)")
    found = [row[0] for row in frame.selectExpr(value_hash(value).text).collect()]
    assert sorted(v is None for v in found) == [False, True]


def test_collated_text_is_compared_by_its_bytes(spark: Any) -> None:
    type_ = Atomic("string collate UTF8_LCASE")
    value = Value("x", sql.Sql("x COLLATE UTF8_LCASE"), type_, type_)
    frame = spark.sql("SELECT 'a' x UNION ALL SELECT 'A'")
    assert len({row[0] for row in frame.selectExpr(row_hash([value]).text).collect()}) == 2


def test_a_type_without_an_encoding_names_the_column() -> None:
    variant = parse("array<variant>")
    with pytest.raises(NotEncodable, match="column 'payload': values of type variant"):
        row_hash([Value("payload", sql.name("payload"), variant, variant)])
