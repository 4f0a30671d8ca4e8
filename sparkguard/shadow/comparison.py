"""Compares two tables, part by part: fingerprints, then differences, then their cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sparkguard.checks.shadow import Comparing
from sparkguard.datatypes import Struct
from sparkguard.errors import EvaluationError
from sparkguard.layout import lay_out
from sparkguard.profile import Need, Profile
from sparkguard.relations.base import Tables
from sparkguard.relations.shadow_sides import Sides
from sparkguard.scan import run_scan
from sparkguard.shadow_rules.columns import align
from sparkguard.shadow_rules.tolerance import Tolerance
from sparkguard.shadow_rules.verdict import PartitionVerdict, Rules, Waiver, errored, judge
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONTROL, SHADOW = "control", "shadow"
Verdicts = Mapping[Slice, PartitionVerdict]


@dataclass(frozen=True)
class Settings:
    """How two tables are compared; `within` restricts both to the rows of one slice."""

    key: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    within: Slice = WHOLE
    columns: Mapping[str, Tolerance] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    populations: tuple[tuple[str, ...], ...] = ()
    examples: int = 0
    explain: bool = True
    texts: bool = True
    second_hash: bool = False


def compare(
    spark: SparkSession,
    control: TableRef,
    shadow: TableRef,
    settings: Settings = Settings(),
    *,
    waivers: Iterable[Waiver] = (),
    on: date = date.min,
) -> Verdicts:
    """The verdict on every part of two Delta tables, each pinned to its present version.

    Parts are the values of `settings.by` that either table has; the whole table is the one part
    when there are none. Raises ConfigurationError for a key or rule that fits no column, and
    SnapshotError for a table that can't be read.
    """
    snapshot = Snapshot.pin(spark, {CONTROL: control, SHADOW: shadow})
    schemas = snapshot[CONTROL].schema, snapshot[SHADOW].schema
    return compare_frames(snapshot, *schemas, settings, waivers=waivers, on=on)


def compare_frames(
    tables: Tables,
    control: Struct,
    shadow: Struct,
    settings: Settings,
    *,
    waivers: Iterable[Waiver] = (),
    on: date = date.min,
    expected: Iterable[Slice] = (),
) -> Verdicts:
    """The same for tables `control` and `shadow` of `tables`, with these schemas.

    Parts of `expected` that neither table has are judged as empty. A part that could not be
    computed has the outcome ERROR and Spark's error class.
    """
    parts = (*settings.by, *(column for column, _ in settings.within.values))
    aligned = align(control, shadow, settings.key, settings.columns, parts)
    sides = Sides(CONTROL, SHADOW, aligned, settings.within)
    if not aligned.compared:
        reason = "the tables have no column in common that can be compared"
        return {settings.within: errored(settings.within, reason)}
    comparing = Comparing(
        sides,
        settings.rules.duplicates == "strict",
        settings.examples,
        settings.explain,
        settings.populations,
        settings.texts,
    )
    wanted = tuple(expected)
    try:
        seen = _observe(comparing, tables, settings.by)
        if settings.second_hash:
            seen = _proven(comparing, sides, tables, settings.by, seen)
    except EvaluationError as error:
        return {p: errored(p, str(error)) for p in wanted or (settings.within,)}
    met = {settings.within}
    if settings.by:
        slices = (s for need, s in seen.states if need == comparing.fingerprints)
        met = {Slice.of(dict((*settings.within.values, *s.values))) for s in slices}
    found = {}
    for part in sorted({*met, *wanted}, key=lambda p: p.key):
        at = Slice.of({c: v for c, v in part.values if c in settings.by})
        comparison = comparing.comparison(seen, at, settings.by, part)
        found[part] = judge(comparison, settings.rules, waivers, on)
    return found


def _observe(comparing: Comparing, tables: Tables, by: tuple[str, ...]) -> Profile:
    seen, asked = Profile(), set[Need[Any]]()
    while new := [need for need in comparing.needs(seen, by) if need not in asked]:
        asked.update(new)
        seen = seen.merge(_scanned(new, tables, by))
    return seen


def _scanned(needs: list[Need[Any]], tables: Tables, by: tuple[str, ...]) -> Profile:
    found = Profile()
    for scan in lay_out(needs, {CONTROL: by}):
        scanned = run_scan(scan, tables)
        for failure in scanned.failures.values():
            raise EvaluationError(failure.message, failure.condition)
        found = found.merge(scanned.profile)
    return found


def _proven(
    comparing: Comparing, sides: Sides, tables: Tables, by: tuple[str, ...], seen: Profile
) -> Profile:
    """`seen`, after buckets that were equal have been proven so by an independent hash."""
    second = Sides(CONTROL, SHADOW, sides.columns, sides.within, sides.buckets, seed=1)
    need = Comparing(second).fingerprints
    for where, state in _scanned([need], tables, by).states.items():
        known = seen.states.get((comparing.fingerprints, where[1]))
        if where[0] == need and known is not None and known.equal and not state.equal:
            raise EvaluationError("two hashes disagree on whether rows are equal")
    return seen
