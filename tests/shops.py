"""A small audit of one or two tables, written to a folder, for tests of whole runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sparkguard.results.run_result import RunResult
from sparkguard.run import Request, audit
from tests.stores import create_store

Properties = list[dict[str, Any]]


def write_audit(
    folder: Path,
    tables: dict[str, dict[str, Any]],
    datasets: dict[str, dict[str, Any]] | None = None,
    **more: Any,
) -> Path:
    """An audit file in `folder` whose contract promises `tables`, each as ODCS schema keys.

    Every table lies in `folder/lake/NAME` and results in `folder/lake/sparkguard`.
    """
    contract = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "shop",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": name, **keys} for name, keys in tables.items()],
    }
    (folder / "contracts").mkdir(exist_ok=True)
    (folder / "audits").mkdir(exist_ok=True)
    (folder / "contracts" / "shop.odcs.yaml").write_text(_yaml(contract))
    config = {
        "audit": "shop",
        "contracts": "../contracts",
        "results": {"path": str(folder / "lake" / "sparkguard")},
        "datasets": {
            name: {
                "contract": "shop",
                "table": {"path": str(folder / "lake" / name)},
                **(datasets or {}).get(name, {}),
            }
            for name in tables
        },
        **more,
    }
    file = folder / "audits" / "shop.yaml"
    file.write_text(_yaml(config))
    return file


def run_audit(config: Path, spark: Any, request: Request | None = None) -> RunResult:
    """Creates the result tables and runs the audit."""
    create_store(spark, config.parents[1] / "lake" / "sparkguard")
    return audit(config, request, spark=spark)


def save(frame: Any, folder: Path, name: str, *partitioned_by: str) -> None:
    """Writes `frame` as the audit's table `name`."""
    writer = frame.write.format("delta").mode("overwrite").partitionBy(*partitioned_by)
    writer.save(str(folder / "lake" / name))


def outcomes(result: RunResult, slice: str = "") -> dict[str, str]:
    """Outcome by check id, of one slice."""
    return {row.check_id: row.outcome for row in result.where(slice=slice)}


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(content: Any) -> str:
    return yaml.dump(content, Dumper=_NoAliases, sort_keys=False, allow_unicode=True)
