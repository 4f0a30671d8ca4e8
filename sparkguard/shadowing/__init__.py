"""Runs a new pipeline beside production, compares, and decides when it may take over."""

from sparkguard.shadowing.compare import Verdicts, compare
from sparkguard.shadowing.promotion import Promotion, ShadowStatus
from sparkguard.shadowing.run import Job, ShadowResult, ShadowRun

__all__ = [
    "Job",
    "Promotion",
    "ShadowResult",
    "ShadowRun",
    "ShadowStatus",
    "Verdicts",
    "compare",
]
