"""Runs a new pipeline beside production, compares, and decides when it may take over."""

from sparkguard.shadow.compare import Verdicts, compare
from sparkguard.shadow.promotion import Promotion, ShadowStatus
from sparkguard.shadow.run import Job, ShadowResult, ShadowRun

__all__ = [
    "Job",
    "Promotion",
    "ShadowResult",
    "ShadowRun",
    "ShadowStatus",
    "Verdicts",
    "compare",
]
