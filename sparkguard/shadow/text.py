"""Verdicts and status of a shadow as plain data, for tables and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkguard.pseudonyms import mask
from sparkguard.shadow.promotion import ShadowStatus
from sparkguard.shadow_rules.config import Examples
from sparkguard.shadow_rules.differences import Example
from sparkguard.shadow_rules.verdict import PartitionOutcome, PartitionVerdict
from sparkguard.slices import Slice

_EXIT = {
    PartitionOutcome.CLEAN: 0,
    PartitionOutcome.WAIVED: 0,
    PartitionOutcome.DIRTY: 1,
    PartitionOutcome.VOID: 3,
    PartitionOutcome.NOT_RUN: 3,
    PartitionOutcome.ERROR: 3,
}


def exit_code(verdicts: Mapping[Slice, PartitionVerdict]) -> int:
    """0 when every partition is clean or waived, 1 for differences, 3 where nothing was decided."""
    return max((_EXIT[v.outcome] for v in verdicts.values()), default=3)


def verdict_data(verdict: PartitionVerdict, examples: Examples) -> dict[str, Any]:
    """A verdict as plain data; examples as the configuration allows."""
    found = verdict.comparison
    data: dict[str, Any] = {
        "partition": verdict.partition.key,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "breaches": [vars(b) | {"counter": b.counter.value} for b in verdict.breaches],
    }
    if found is None:
        return data
    rows = found.differences.rows
    return data | {
        "rows": vars(rows) | {"matched": rows.matched, "wrong": rows.wrong},
        "columns": {name: vars(cells) for name, cells in found.differences.columns.items()},
        "causes": list(found.causes),
        "excluded": dict(found.columns.ignored),
        "examples": [shown(e, examples) for e in found.differences.examples],
    }


def shown(example: Example, examples: Examples) -> dict[str, Any]:
    """An example as far as it may be shown: keys only, masked values, or all."""
    raw = {"column": example.column, "difference": example.kind, "key": list(example.key)}
    if examples.mode == "keys":
        return raw
    values = {"control": example.control, "shadow": example.shadow, "apart": example.apart}
    if examples.mode == "mask":
        raw["key"] = [_masked(part) for part in example.key]
        values = {"control": _masked(example.control), "shadow": _masked(example.shadow)}
    return raw | values


def _masked(text: str | None) -> str | None:
    return None if text is None else mask(text)


def status_data(status: ShadowStatus) -> dict[str, Any]:
    """The status as plain data."""
    table, version = status.serving
    return {
        "shadow": status.name,
        "state": status.state.value if status.state else None,
        "clean": len(status.progress.streak),
        "needed": status.progress.needed,
        "waived": status.progress.waived,
        "eligible": status.progress.eligible,
        "obstacles": list(status.progress.obstacles),
        "partitions": {p.key: o.value for p, o in status.progress.outcomes.items()},
        "waivers": [
            {
                "name": w.name,
                "owner": w.owner,
                "partition": w.partition.key,
                "column": w.column,
                "counter": w.counter.value,
                "bound": w.bound,
                "expires": w.expires.isoformat(),
                "expired": status.on > w.expires,
            }
            for w in status.waivers
        ],
        "diverged_writes": status.diverged,
        "serving": {"table": str(table), "version": version},
        "changes": [str(c) for c in status.changes],
    }
