from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from sparkguard.contracts.audit import load_audit
from sparkguard.pipeline.recording import RunFacts, _run_record
from sparkguard.plan import Plan
from tests.shops import write_audit


def test_a_run_names_the_contracts_of_its_datasets_alone(tmp_path: Path) -> None:
    columns = {"properties": [{"name": "id", "physicalType": "int"}]}
    file = write_audit(tmp_path, {"orders": columns}, {"orders": {"version": "1.0.0"}})
    folder = tmp_path / "contracts"
    text = (folder / "shop.odcs.yaml").read_text()
    (folder / "shop2.odcs.yaml").write_text(text.replace("1.0.0", "2.0.0"))
    (folder / "alone.odcs.yaml").write_text(text.replace("id: shop", "id: alone"))
    settings, now = load_audit(file), datetime(2026, 1, 1, tzinfo=timezone.utc)
    run = RunFacts("run", now, {}, fail_on_warn=False, spark_version="4.2.0")
    found = _run_record(settings, run, Plan((), {}, {}, now), (), now)
    assert found.contract_versions == {"shop": "1.0.0"}
    of_orders = settings.datasets[0].contract.source_hash
    assert found.contract_fingerprints == {"shop": of_orders}
