"""Versions of a contract with one table, from the DDL of its columns."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from sparkguard.contracts.compatibility.shape import ContractShape, TableShape
from sparkguard.datatypes import Struct, parse


def shape(columns: str, version: str = "1.0.0", **rest: Any) -> ContractShape:
    schema = parse(f"struct<{columns}>")
    assert isinstance(schema, Struct)
    return ContractShape("orders", version, (TableShape("t", schema, **rest),))


leaves = st.sampled_from(
    ["tinyint", "smallint", "int", "bigint", "float", "double", "string", "date", "timestamp",
     "timestamp_ntz", "boolean", "binary", "variant", "void", "varchar(5)", "char(5)",
     "decimal(10,2)", "decimal(12,4)", "decimal(10,4)", "decimal(38,0)"]
)  # fmt: skip
types = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda t: f"array<{t}>"),
        inner.map(lambda t: f"map<string,{t}>"),
        st.tuples(inner, inner).map(lambda p: f"struct<x:{p[0]},y:{p[1]} NOT NULL>"),
    ),
    max_leaves=6,
)
