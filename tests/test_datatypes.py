from __future__ import annotations

import pytest

from sparkguard.datatypes import (
    ELEMENT,
    VALUE,
    Array,
    Atomic,
    Decimal,
    Field,
    Map,
    Struct,
    Text,
    from_json,
    parse,
)

INT, STRING = Atomic("int"), Atomic("string")


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("BIGINT", Atomic("bigint")),
        ("long", Atomic("bigint")),
        ("decimal(12,2)", Decimal(12, 2)),
        ("decimal", Decimal(10, 0)),
        ("varchar(20)", Text("varchar", 20)),
        ("timestamp_ltz", Atomic("timestamp")),
        ("interval day to second", Atomic("interval day to second")),
        ("array<int>", Array(INT)),
        ("array<int not null>", Array(INT, contains_null=False)),
        ("map<string, int>", Map(STRING, INT)),
        (
            "struct<a: int NOT NULL, `b c`: struct<d: string>>",
            Struct((Field("a", INT, False), Field("b c", Struct((Field("d", STRING),))))),
        ),
    ],
)
def test_parse(text: str, type_: object) -> None:
    assert parse(text) == type_


@pytest.mark.parametrize(
    "text",
    ["", "foo", "array<int", "array<int>>", "decimal(39,2)", "decimal(5,6)", "struct<a>", "char"]
    + ["array<" * 100 + "int" + ">" * 100, "int; drop table x"],
)
def test_what_is_not_a_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


@pytest.mark.parametrize("text", ["struct<a:int,b:array<map<string,decimal(5,2)>>>", "char(3)"])
def test_text_reads_back(text: str) -> None:
    assert str(parse(text)) == text
    assert parse(str(parse(text))) == parse(text)


def test_sparks_schema() -> None:
    found = from_json(
        {
            "type": "struct",
            "fields": [
                {"name": "a", "type": "long", "nullable": False, "metadata": {}},
                {
                    "name": "s",
                    "type": "string",
                    "nullable": True,
                    "metadata": {"__CHAR_VARCHAR_TYPE_STRING": "char(3)", "comment": "code"},
                },
                {
                    "name": "l",
                    "type": {"type": "array", "elementType": "date", "containsNull": False},
                    "nullable": True,
                    "metadata": {},
                },
            ],
        }
    )
    assert found == Struct(
        (
            Field("a", Atomic("bigint"), False),
            Field("s", Text("char", 3), True, "code"),
            Field("l", Array(Atomic("date"), False)),
        )
    )


def test_a_path_leads_through_structs_arrays_and_maps() -> None:
    schema = parse("struct<a:array<struct<b:int>>,m:map<string,date>,`x.y`:int>")
    assert isinstance(schema, Struct)
    assert schema.at(("a", ELEMENT, "b")) == Field("b", INT)
    assert schema.at(("m", VALUE)) == Field(VALUE, Atomic("date"))
    assert schema.at(("x.y",)) == Field("x.y", INT)
    assert schema.at(("x", "y")) is None
    assert schema.at(("a", "b")) is None
    assert schema.at(()) is None
