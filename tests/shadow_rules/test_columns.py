from __future__ import annotations

import pytest

from sparkguard.datatypes import Array, Atomic, DataType, Field, Map, Struct, parse
from sparkguard.errors import ConfigurationError
from sparkguard.shadow_rules.columns import align, widened
from sparkguard.shadow_rules.encoding import NotEncodable
from sparkguard.shadow_rules.tolerance import Tolerance


def struct(text: str) -> Struct:
    found = parse(f"struct<{text}>")
    assert isinstance(found, Struct)
    return found


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("int", "bigint", "bigint"),
        ("float", "double", "double"),
        ("int", "decimal(10,2)", "decimal(12,2)"),
        ("decimal(10,2)", "decimal(12,4)", "decimal(12,4)"),
        ("decimal(38,0)", "decimal(38,10)", None),
        ("int", "double", None),
        ("timestamp", "timestamp_ntz", None),
        ("string", "binary", None),
        ("varchar(5)", "string", "string"),
        ("varchar(5)", "varchar(5)", "varchar(5)"),
        ("char(5)", "varchar(5)", "string"),
        ("array<int>", "array<bigint>", "array<bigint>"),
        ("map<string,int>", "map<string,bigint>", "map<string,bigint>"),
        ("struct<a:int,b:string>", "struct<b:string,a:bigint>", "struct<a:bigint,b:string>"),
        ("struct<a:int>", "struct<b:int>", None),
        ("array<int>", "int", None),
    ],
)
def test_two_types_have_the_common_type_that_holds_both(
    one: str, other: str, common: str | None
) -> None:
    found = widened(parse(one), parse(other))
    assert (found and str(found)) == common


def test_columns_match_by_name_and_the_rest_is_listed() -> None:
    found = align(
        struct("id bigint, a int, b string, gone date, when timestamp, x double"),
        struct("x double, b string, a bigint, id bigint, new date, when timestamp_ntz"),
        ("id",),
        {"b": Tolerance(ignored="free text"), "x": Tolerance(rel=1e-9)},
    )
    assert [c.name for c in found.compared] == ["a", "id", "x"]
    assert [c.name for c in found.keys] == ["id"]
    assert [c.name for c in found.values] == ["a", "x"]
    assert [c.name for c in found.tolerant] == ["x"]
    assert [c.name for c in found.retyped] == ["a"]
    assert (found.only_in_control, found.only_in_shadow) == (("gone",), ("new",))
    assert [str(c) for c in found.incomparable] == ["when (timestamp against timestamp_ntz)"]
    assert dict(found.ignored) == {"b": "free text"}
    assert found.total == 7


INT, TEXT = Atomic("int"), Atomic("string")


@pytest.mark.parametrize(
    ("one", "other", "retyped"),
    [
        (parse("struct<a:int,b:string>"), parse("struct<b:string,a:int>"), False),
        (Array(INT, True), Array(INT, False), False),
        (Map(TEXT, INT, True), Map(TEXT, INT, False), False),
        (Struct((Field("a", INT, False, "old"),)), Struct((Field("a", INT),)), False),
        (Array(parse("struct<a:int,b:int>")), Array(parse("struct<b:int,a:int>")), False),
        (INT, Atomic("bigint"), True),
        (parse("varchar(5)"), TEXT, True),
        (parse("struct<a:int,b:string>"), parse("struct<b:string,a:bigint>"), True),
        (parse("map<string,array<int>>"), parse("map<string,array<bigint>>"), True),
    ],
)
def test_a_column_is_of_another_type_where_its_values_are(
    one: DataType, other: DataType, retyped: bool
) -> None:
    schemas = (Struct((Field("id", INT), Field("x", type_))) for type_ in (one, other))
    assert [c.name for c in align(*schemas, ("id",)).retyped] == ["x"] * retyped


@pytest.mark.parametrize(
    ("key", "rules", "says"),
    [
        (("idd",), {}, "key column 'idd' is missing in the control.*Did you mean 'id'"),
        (("id", "id"), {}, "the key names a column twice"),
        (("id",), {"id": Tolerance(ignored="x")}, "key column 'id' is compared exactly"),
        (("id",), {"xx": Tolerance(abs=1.0)}, "a rule names 'xx'.*Did you mean 'x'"),
        (("id",), {"id2": Tolerance(abs=1.0)}, "column 'id2': abs, rel and ulp are for float"),
        ((), {"x": Tolerance(abs=1.0)}, "column 'x': a tolerance needs a key"),
    ],
)
def test_rules_that_fit_no_column_are_refused(
    key: tuple[str, ...], rules: dict[str, Tolerance], says: str
) -> None:
    schema = struct("id bigint, id2 bigint, x double")
    with pytest.raises(ConfigurationError, match=says):
        align(schema, schema, key, rules)


def test_a_type_without_an_encoding_is_refused_by_name() -> None:
    schema = struct("id bigint, v variant")
    with pytest.raises(NotEncodable, match="column 'v': values of type variant"):
        align(schema, schema)
    assert [c.name for c in align(schema, schema, (), {"v": Tolerance(ignored="x")}).compared] == [
        "id"
    ]
