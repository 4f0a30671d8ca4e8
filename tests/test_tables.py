from __future__ import annotations

from pathlib import Path

import pytest

from sparkguard.errors import ConfigurationError
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


@pytest.mark.parametrize("text", ["/lake/${env:HOME}", "s3a://lake/${x}", "sales.`${x}`"])
def test_what_spark_would_replace_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="it replaces"):
        TableRef.of(text)


def test_path_and_name_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="by path or by name"):
        TableRef()
    with pytest.raises(ValueError, match="by path or by name"):
        TableRef(path="/a", name="a")


def test_a_path_is_quoted_in_sql() -> None:
    assert TableRef(path="/lake/a`b").sql.text == "`delta`.`/lake/a``b`"


def test_a_text_is_a_folder_or_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    assert TableRef.of("main.sales.orders") == TableRef(name="main.sales.orders")
    assert TableRef.of("/lake/orders/") == TableRef(path="/lake/orders")
    assert TableRef.of("lake/orders") == TableRef(path=str(tmp_path / "lake" / "orders"))
    assert TableRef.of("here") == TableRef(path=str(tmp_path / "here"))
    assert TableRef.of("s3a://lake/orders") == TableRef(path="s3a://lake/orders")
    assert TableRef.of(TableRef(name="t")) == TableRef(name="t")
    with pytest.raises(ConfigurationError, match="parts between dots"):
        TableRef.of("a..b")


def test_a_table_is_called_by_its_last_part() -> None:
    assert TableRef(name="main.sales.orders").own_name == "orders"
    assert TableRef(path="s3a://lake/orders/").own_name == "orders"
