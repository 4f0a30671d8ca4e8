"""Suggestions for real tables, held to the audit of the tables they came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sparkguard.demos.landing import land
from sparkguard.run import audit, initialise
from sparkguard.suggest import suggest
from sparkguard.tables import TableRef


@pytest.mark.full
def test_flights_pass_the_contract_that_was_suggested_for_them(spark: Any, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    land(spark, lake, lambda _: None)
    names = ("airlines", "airports", "planes")
    others = {name: TableRef(path=str(lake / name)) for name in names}
    found = suggest(str(lake / "flights"), others=others, spark=spark)
    (tmp_path / "flights.odcs.yaml").write_text(found.text)
    flights = found.contract.table("flights")
    assert flights is not None
    kinds = {rule.kind for rule in flights.rules}
    assert {"completeness", "range", "references", "freshness"} <= kinds
    assert 'to: "airlines.carrier"' in found.text
    assert 'to: "airports.faa"' not in found.text.partition("name: dest")[2].partition("- name")[0]
    tables = [table.name for table in found.contract.tables]
    config = tmp_path / "audits" / "flights.yaml"
    config.parent.mkdir()
    config.write_text(
        yaml.safe_dump(
            {
                "audit": "flights",
                "contracts": ["../flights.odcs.yaml"],
                "results": {"path": str(tmp_path / "results")},
                "datasets": {
                    name: {"contract": "flights", "table": {"path": str(lake / name)}}
                    for name in tables
                },
            }
        )
    )
    initialise(config, spark=spark)
    result = audit(config, spark=spark)
    assert [(r.check_id, r.reason) for r in result.results if r.outcome != "pass"] == []
