from __future__ import annotations

import pytest

from sparkguard.datatypes import parse
from sparkguard.references.comparable import incomparable


@pytest.mark.parametrize(
    ("one", "other", "rules"),
    [
        ("int", "bigint", ()),
        ("string", "varchar(5)", ()),
        ("char(3)", "string", ()),
        ("decimal(10,2)", "decimal(38,2)", ()),
        ("date", "date", ()),
        ("binary", "binary", ()),
        ("string", "bigint", ("number",)),
        ("string", "string", ("trim",)),
    ],
)
def test_types_that_agree(one: str, other: str, rules: tuple[str, ...]) -> None:
    assert incomparable(parse(one), parse(other), rules) == ""
    assert incomparable(parse(other), parse(one), rules) == ""


@pytest.mark.parametrize(
    ("one", "other", "rules", "reason"),
    [
        ("string", "int", (), "'007'"),
        ("bigint", "double", (), "2\\^53"),
        ("double", "double", (), "no key"),
        ("decimal(10,2)", "decimal(10,3)", (), "decides silently"),
        ("bigint", "decimal(20,0)", (), "decides silently"),
        ("timestamp", "date", (), "decides silently"),
        ("timestamp", "timestamp_ntz", (), "decides silently"),
        ("map<string,int>", "string", (), "no key"),
        ("string", "int", ("trim",), "needs the rule number"),
        ("date", "string", ("trim",), "text and whole numbers"),
        ("string", "string collate UNICODE", (), "decides silently"),
    ],
)
def test_types_that_do_not(one: str, other: str, rules: tuple[str, ...], reason: str) -> None:
    import re

    for pair in ((one, other), (other, one)):
        assert re.search(reason, incomparable(parse(pair[0]), parse(pair[1]), rules))
