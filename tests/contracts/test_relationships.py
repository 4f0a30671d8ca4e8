from __future__ import annotations

import pytest

from tests.contracts.written import contract, problems

RELATED = """\
schema:
  - name: orders
    id: o1
    properties:
      - {name: customer, logicalType: integer, relationships: [{to: %s}]}
      - {name: shop, logicalType: string}
    relationships: %s
  - name: customers
    id: c1
    properties:
      - {name: id, id: key, physicalName: cust_id, logicalType: integer}
      - {name: shop, logicalType: string}
"""


@pytest.mark.parametrize(
    "to", ["customers.id", "/schema/c1/properties/key", "schema/customers/properties/id"]
)
def test_relationships_resolve_names_and_ids(to: str) -> None:
    both = "[{from: [orders.customer, orders.shop], to: [customers.id, customers.shop]}]"
    found = {
        r.id: dict(r.options)
        for r in contract(RELATED % (to, both)).rules
        if r.kind == "references"
    }
    assert found == {
        "orders.references.customer": {
            "columns": ("customer",),
            "to_table": "customers",
            "to_columns": ("cust_id",),
        },
        "orders.references.customer+shop": {
            "columns": ("customer", "shop"),
            "to_table": "customers",
            "to_columns": ("cust_id", "shop"),
        },
    }


@pytest.mark.parametrize(
    ("to", "schema_level", "message"),
    [
        ("customer.id", "[]", "Did you mean 'customers'?"),
        ("customers.idd", "[]", "Did you mean 'id'?"),
        ("customers.shop", "[]", "customer holds numbers and shop text"),
        (
            "customers.id",
            "[{from: [orders.customer], to: [customers.id, customers.shop]}]",
            "1 columns refer to 2",
        ),
        (
            "customers.id",
            "[{from: customers.id, to: orders.customer}]",
            "expected columns of orders",
        ),
        (
            "customers.id",
            "[{from: [orders.shop, orders.shop], to: [customers.shop, orders.shop]}]",
            "in one table",
        ),
    ],
)
def test_wrong_relationships_are_refused(to: str, schema_level: str, message: str) -> None:
    found = problems(RELATED % (to, schema_level))
    assert any(message in problem for problem in found), found
