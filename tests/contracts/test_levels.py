from __future__ import annotations

import pytest

from tests.contracts.written import contract, problems, table


def test_service_levels_become_freshness_or_are_listed() -> None:
    found = contract(
        table("- {name: at, physicalName: at_utc, logicalType: timestamp}") + "slaProperties:\n"
        "  - {property: latency, value: 2, unit: h, element: orders.at}\n"
        "  - {property: freshness, value: 0.5, unit: d, element: at}\n"
        "  - {property: retention, value: 3, unit: y}\n"
    )
    fresh = [rule for rule in found.rules if rule.kind == "freshness"]
    assert [dict(rule.options) for rule in fresh] == [
        {"element": "at_utc", "seconds": 7_200},
        {"element": "at_utc", "seconds": 43_200},
    ]
    assert [rule.id for rule in fresh] == ["orders.freshness.at_utc", "orders.freshness.at_utc.2"]
    assert [rule.skip for rule in found.listed] == [
        "service level 'retention' can't be read off a table"
    ]


@pytest.mark.parametrize(
    ("level", "message"),
    [
        ("{property: latency, value: 2, unit: m, element: orders.at}", "unit: found text 'm'"),
        ("{property: latency, value: soon, unit: h, element: orders.at}", "above 0"),
        ("{property: latency, value: 1, unit: h}", "needs element"),
        ("{property: latency, value: 1, unit: h, element: orders.att}", "Did you mean 'at'?"),
        ("{property: latency, value: 1, unit: h, element: order.at}", "Did you mean 'orders'?"),
        (
            "{property: latency, value: 1, unit: h, element: orders.n}",
            "expected a date or timestamp",
        ),
    ],
)
def test_wrong_service_levels_are_refused(level: str, message: str) -> None:
    body = table("- {name: at, logicalType: timestamp}\n- {name: n, logicalType: integer}")
    found = problems(f"{body}slaProperties:\n  - {level}\n")
    assert any(message in problem for problem in found), found
