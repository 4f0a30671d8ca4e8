"""Versions of a contract on orders, of the columns that a test names."""

from __future__ import annotations

HEAD = """apiVersion: v3.1.0
kind: DataContract
id: {id}
version: {version}
status: active
schema:
  - name: orders
    properties:
"""
A = "      - {name: a, logicalType: integer, physicalType: int}\n"
B = "      - {name: b, logicalType: string, physicalType: string}\n"
C = "      - {name: c, logicalType: date, physicalType: date}\n"


def document(version: str, *columns: str, contract: str = "orders") -> str:
    return HEAD.format(id=contract, version=version) + "".join(columns)
