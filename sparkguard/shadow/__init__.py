"""Runs a new pipeline beside production, compares, and decides when it may take over."""

from sparkguard.shadow.comparison import Settings, Verdicts, compare
from sparkguard.shadow.configuration import load_shadow
from sparkguard.shadow.promotion import Promotion, ShadowStatus
from sparkguard.shadow.run import Job, ShadowResult, ShadowRun

__all__ = [
    "Job",
    "Promotion",
    "Settings",
    "ShadowResult",
    "ShadowRun",
    "ShadowStatus",
    "Verdicts",
    "compare",
    "load_shadow",
]
