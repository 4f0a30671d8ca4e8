"""SparkGuard validates data on Spark at full scale; results are Delta tables.

The public names below are loaded when they are first used, so that `import sparkguard` needs
neither Spark nor the libraries that read contracts.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkguard.baselining import create_baseline
    from sparkguard.contracts.audit import load_audit
    from sparkguard.contracts.audit_config import AuditConfig
    from sparkguard.contracts.odcs import load_contract
    from sparkguard.errors import (
        ConfigurationError,
        EvaluationError,
        MissingDependency,
        SnapshotError,
        SparkGuardError,
        StoreError,
    )
    from sparkguard.profiling import TableProfile, profile_table
    from sparkguard.replay import false_alarms
    from sparkguard.results import RunRecord, Store
    from sparkguard.results.baselines import Baselines
    from sparkguard.results.registry import Registry
    from sparkguard.results.run_result import RunResult
    from sparkguard.run import Request, audit, initialise, plan_audit
    from sparkguard.session import open_session
    from sparkguard.slices import Slice
    from sparkguard.tables import TableRef
    from sparkguard.verdicts import Outcome, Severity, Verdict

__version__ = "0.1.0"

_HOMES = {
    "baselining": ("create_baseline",),
    "contracts.audit": ("load_audit",),
    "contracts.audit_config": ("AuditConfig",),
    "contracts.odcs": ("load_contract",),
    "errors": (
        "ConfigurationError",
        "EvaluationError",
        "MissingDependency",
        "SnapshotError",
        "SparkGuardError",
        "StoreError",
    ),
    "profiling": ("TableProfile", "profile_table"),
    "replay": ("false_alarms",),
    "results": ("RunRecord", "Store"),
    "results.baselines": ("Baselines",),
    "results.registry": ("Registry",),
    "results.run_result": ("RunResult",),
    "run": ("Request", "audit", "initialise", "plan_audit"),
    "session": ("open_session",),
    "slices": ("Slice",),
    "tables": ("TableRef",),
    "verdicts": ("Outcome", "Severity", "Verdict"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AuditConfig",
    "Baselines",
    "ConfigurationError",
    "EvaluationError",
    "MissingDependency",
    "Outcome",
    "Registry",
    "Request",
    "RunRecord",
    "RunResult",
    "Severity",
    "Slice",
    "SnapshotError",
    "SparkGuardError",
    "Store",
    "StoreError",
    "TableProfile",
    "TableRef",
    "Verdict",
    "audit",
    "create_baseline",
    "false_alarms",
    "initialise",
    "load_audit",
    "load_contract",
    "open_session",
    "plan_audit",
    "profile_table",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'sparkguard' has no attribute {name!r}")
    return getattr(importlib.import_module(f"sparkguard.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
