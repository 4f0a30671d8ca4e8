"""Asks the planned checks what they need to see and scans for it, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any, Protocol

from sparkguard.layout import Chunk, Scan, lay_out
from sparkguard.pipeline.judging import Sight
from sparkguard.plan import Needs, Plan, new_needs
from sparkguard.profile import Need, Profile, Scanned
from sparkguard.progress import Progress, Step, quiet
from sparkguard.relations.base import Tables
from sparkguard.scan import THREADS, bundled, run_bundle

MOST_STEPS = 12
"""A check that still asks for more is broken; the flagship's longest chain takes five."""


class Recall(Protocol):
    """Knows states of earlier runs that still hold."""

    def scan(
        self, needs: Iterable[Need[Any]], tables: Tables, /
    ) -> Iterator[tuple[Scan, Tables, Profile]]:
        """The scans that `needs` take, the tables of each, and what need not be read again."""


class Nothing:
    """Every run reads everything."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def scan(
        self, needs: Iterable[Need[Any]], tables: Tables, /
    ) -> Iterator[tuple[Scan, Tables, Profile]]:
        for scan in lay_out(needs, self._plan.by):
            yield scan, tables, Profile()


def observe(
    plan: Plan, tables: Tables, progress: Progress = quiet, memory: Recall | None = None
) -> Sight:
    """Scans for every active check until none needs more; equal needs are measured once.

    `memory` brings what earlier runs measured and has not changed since.
    """
    memory = memory or Nothing(plan)
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
        scans = tuple(memory.scan(new, tables))
        groups = bundled(scans, lambda found: found[:2])
        run = partial(_run, progress=_Count(progress, sum(len(s.chunks) for s, _, _ in scans)))
        with ThreadPoolExecutor(THREADS) as pool:
            for group, brought in zip(groups, pool.map(run, groups), strict=True):
                for (_, _, recalled), found in zip(group, brought, strict=True):
                    profile = found.profile.merge(recalled)
                    scanned = scanned.merge(Scanned(profile, found.failures))
        for entry_id, needs in wanted.items():
            asked[entry_id] = (*asked.get(entry_id, ()), *needs)
    crashed.update(dict.fromkeys(wanted, "the check asks for ever more scans"))
    return Sight(scanned, asked, crashed)


def _run(
    group: Sequence[tuple[Scan, Tables, Profile]], progress: Callable[[Scan, Chunk], None]
) -> list[Scanned]:
    return run_bundle([scan for scan, _, _ in group], group[0][1], progress)


class _Count:
    """Says after each chunk how many of the step's are done, one at a time."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0
        self._lock = Lock()

    def __call__(self, scan: Scan, chunk: Chunk) -> None:
        with self._lock:
            self._done += 1
            stage = f"scanning {scan.relation.subject} ({scan.relation.kind})"
            self._progress(Step(stage, self._done, self._total))
