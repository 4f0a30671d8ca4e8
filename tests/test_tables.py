from __future__ import annotations

import pytest

from sparkguard.tables import TableRef


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("orders", ("orders",)),
        ("main.sales.orders", ("main", "sales", "orders")),
        ("sales.`odd.name`", ("sales", "odd.name")),
        ("`tick``ed`.t", ("tick`ed", "t")),
    ],
)
def test_a_name_is_split_into_its_parts(name: str, parts: tuple[str, ...]) -> None:
    assert TableRef(name=name).parts == parts


@pytest.mark.parametrize("name", ["a.", ".a", "a..b", "`a", "a.b.c.d", "", "a`b"])
def test_a_malformed_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a table's"):
        TableRef(name=name)


def test_path_and_name_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="by path or by name"):
        TableRef()
    with pytest.raises(ValueError, match="by path or by name"):
        TableRef(path="/a", name="a")


def test_a_path_is_quoted_in_sql() -> None:
    assert TableRef(path="/lake/a`b").sql.text == "`delta`.`/lake/a``b`"
