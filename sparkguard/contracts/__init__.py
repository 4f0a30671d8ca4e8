"""Contracts and audit configurations: YAML in, frozen data out; nothing here reads a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkguard.contracts.audit import load_audit
    from sparkguard.contracts.audit_config import AuditConfig
    from sparkguard.contracts.model import Contract, TableContract
    from sparkguard.contracts.odcs import load_contract
    from sparkguard.contracts.spec import CheckSpec

__all__ = [
    "AuditConfig",
    "CheckSpec",
    "Contract",
    "TableContract",
    "load_audit",
    "load_contract",
]

_HOMES = {
    "AuditConfig": "audit_config",
    "CheckSpec": "spec",
    "Contract": "model",
    "TableContract": "model",
    "load_audit": "audit",
    "load_contract": "odcs",
}


def __getattr__(name: str) -> Any:
    """Public names on first use, so that importing the package costs nothing."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
