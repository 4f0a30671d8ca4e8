"""Once the past is known, a last look at what checks want to see of earlier versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sparkguard.layout import lay_out
from sparkguard.pipeline.judging import Sight, context_of, unjudged
from sparkguard.plan import Plan
from sparkguard.profile import Need, Scanned
from sparkguard.progress import Progress, Step, quiet
from sparkguard.relations.base import Tables
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE


def look_back(plan: Plan, sight: Sight, tables: Tables, progress: Progress = quiet) -> Sight:
    """`sight` with what the checks that judge whole tables ask for, now that it has the past.

    A version may be gone, so what fails fails for itself, and no verdict with it.
    """
    looked, crashed = Scanned(), dict(sight.crashed)
    for scan in lay_out(_asked(plan, sight, crashed), plan.by):
        progress(Step("looking back"))
        looked = looked.merge(run_scan(scan, tables))
    return replace(sight, looked=looked, crashed=crashed)


def _asked(plan: Plan, sight: Sight, crashed: dict[str, str]) -> Iterator[Need[Any]]:
    for entry in plan.entries:
        if WHOLE not in entry.slices or unjudged(entry, sight) is not None:
            continue
        assert entry.check is not None
        try:
            yield from entry.check.looks_back(context_of(plan, entry, sight))
        except Exception as error:
            crashed[entry.id] = f"the check could not look back: {type(error).__name__}"
