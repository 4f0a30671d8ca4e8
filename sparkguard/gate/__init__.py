"""The gate: says what a write would do, and lets only rows inside the contract through.

from sparkguard import gate
gate.write(frame, "conf/contracts/flights.odcs.yaml", "/lake/flights")
"""

from sparkguard.gate.api import audit_table, check, rows_of, write
from sparkguard.gate.outcome import REASONS, GateOptions, GateResult, Refused

__all__ = [
    "REASONS",
    "GateOptions",
    "GateResult",
    "Refused",
    "audit_table",
    "check",
    "rows_of",
    "write",
]
