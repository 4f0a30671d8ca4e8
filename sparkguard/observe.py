"""Asks the planned checks what they need to see and scans for it, step by step."""

from __future__ import annotations

from functools import partial

from sparkguard.judging import Sight
from sparkguard.layout import Chunk, Scan, lay_out
from sparkguard.plan import Needs, Plan, new_needs
from sparkguard.profile import Scanned
from sparkguard.progress import Progress, Step, quiet
from sparkguard.relations.base import Tables
from sparkguard.scan import run_scan

MOST_STEPS = 12
"""A check that still asks for more is broken; the flagship's longest chain takes five."""


def observe(plan: Plan, tables: Tables, progress: Progress = quiet) -> Sight:
    """Scans for every active check until none needs more; equal needs are measured once."""
    scanned = Scanned()
    asked: dict[str, Needs] = {}
    crashed: dict[str, str] = {}
    for _ in range(MOST_STEPS):
        wanted, failing = new_needs(plan, scanned, asked)
        crashed.update(failing)
        if not wanted:
            return Sight(scanned, asked, crashed)
        known = {need for needs in asked.values() for need in needs}
        new = (need for needs in wanted.values() for need in needs if need not in known)
        scans = lay_out(new, plan.by)
        count = _Count(progress, sum(len(scan.chunks) for scan in scans))
        for scan in scans:
            scanned = scanned.merge(run_scan(scan, tables, partial(count, scan)))
        for entry_id, needs in wanted.items():
            asked[entry_id] = (*asked.get(entry_id, ()), *needs)
    crashed.update(dict.fromkeys(wanted, "the check asks for ever more scans"))
    return Sight(scanned, asked, crashed)


class _Count:
    """Says after each chunk how many of the step's are done."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self, scan: Scan, chunk: Chunk) -> None:
        self._done += 1
        stage = f"scanning {scan.relation.subject} ({scan.relation.kind})"
        self._progress(Step(stage, self._done, self._total))
