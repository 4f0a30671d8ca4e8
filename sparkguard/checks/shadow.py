"""A shadow table holds the same multiset of rows as the live one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from sparkguard.checks.base import (
    OF_THE_TABLE,
    Check,
    Context,
    Judgement,
    not_evaluable,
    passed,
    violated,
)
from sparkguard.measures.breakdown import BreakdownBins
from sparkguard.measures.differences import DifferenceCounts
from sparkguard.measures.fingerprints import Fingerprints, FingerprintsState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.live_with_shadow import LiveWithShadow
from sparkguard.relations.shadow_breakdown import ShadowBreakdown
from sparkguard.relations.shadow_buckets import ShadowBuckets
from sparkguard.relations.shadow_sides import Sides
from sparkguard.shadow_rules.causes import causes
from sparkguard.shadow_rules.columns import align
from sparkguard.shadow_rules.differences import Differences, Rows
from sparkguard.shadow_rules.tolerance import Tolerance
from sparkguard.shadow_rules.verdict import (
    Comparison,
    PartitionOutcome,
    PartitionVerdict,
    Rules,
    judge,
)
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Evidence

JOIN_EVERYTHING = 0.5
"""Share of rows in unequal buckets above which all rows are matched: a filter would not pay."""

MOST_NAMED_SLICES = 500
"""Unequal slices beyond which a second look reads all slices instead of naming them."""

SAMPLED_BUCKETS = 0.0625
"""Share of the buckets that a breakdown reads beside the unequal ones, for their equal rows."""


@dataclass(frozen=True)
class Comparing:
    """The steps of one comparison: fingerprints, then differences, then what they share.

    `strict` reads every row in the second step even where fingerprints are equal, to prove that
    no key is held twice; without a key, no row.
    """

    sides: Sides
    strict: bool = False
    examples: int = 0
    explain: bool = True
    populations: tuple[tuple[str, ...], ...] = ()
    texts: bool = True

    @property
    def fingerprints(self) -> Need[FingerprintsState]:
        strict = bool(self.sides.columns.tolerant)
        return Need(ShadowBuckets(self.sides), Fingerprints(strict))

    def needs(self, seen: Profile, by: tuple[str, ...]) -> tuple[Need[Any], ...]:
        """What to measure next; the same need again, or none, when everything was seen."""
        first = self.fingerprints
        if seen.whole(first) is None and not seen.states:
            return (first,)
        matched = self._matched(seen)
        if matched is None:
            return ()
        counts = self._counts(matched)
        found = seen.whole(counts)
        if found is None:
            return (counts,)
        if self.explain and found.rows.wrong:
            return (self._breakdown(seen, by),)
        return ()

    def comparison(
        self, seen: Profile, where: Slice, by: tuple[str, ...], name: Slice | None = None
    ) -> Comparison:
        """All that was seen of one slice; the result calls it `name`, by default `where`."""
        prints = seen.at(where, self.fingerprints) or FingerprintsState()
        matched = self._matched(seen)
        counts = None if matched is None else seen.at(where, self._counts(matched))
        read = (counts or Differences()).rows
        unread = prints.control.rows - read.control
        differences = (counts or Differences()).plus_identical(max(unread, 0))
        if unread < 0 or unread != prints.shadow.rows - read.shadow:
            # Unread buckets are equal, so the second look saw other rows than the first.
            changed = Rows(control=prints.control.rows, shadow=prints.shadow.rows)
            differences = Differences(differences.rows.merge(changed), differences.columns)
        found = None
        if differences.rows.wrong and self.explain:
            found = seen.at(where, self._breakdown(seen, by))
        named = tuple(map(str, causes(found))) if found else ()
        at = where if name is None else name
        columns = self.sides.columns
        return Comparison(at, columns, prints.control, prints.shadow, differences, named)

    def _matched(self, seen: Profile) -> LiveWithShadow | None:
        """The rows to match; None when every bucket is equal."""
        slices: list[Slice] = []
        buckets: set[int] = set()
        everything = self.strict
        # One row can have NULL in its key; without a key it takes two to be copies.
        least = 0 if self.sides.columns.key else 1
        repeatable = False
        whole = seen.whole(self.fingerprints) or FingerprintsState()
        prints: FingerprintsState
        for (need, where), prints in seen.states.items():
            if need != self.fingerprints:
                continue
            repeatable = repeatable or prints.control.rows > least
            if prints.equal:
                continue
            slices.append(where)
            if prints.unequal is None:
                everything = True
            else:
                buckets |= prints.unequal
        if not slices and not (self.strict and repeatable):
            return None
        everything = everything or whole.unequal_share > JOIN_EVERYTHING
        all_slices = self.strict or slices == [WHOLE] or len(slices) > MOST_NAMED_SLICES
        only = None if all_slices else tuple(sorted(slices, key=lambda s: s.key))
        numbers = None if everything else tuple(sorted(buckets))
        return LiveWithShadow(self.sides, only, numbers, self.examples)

    def _counts(self, matched: LiveWithShadow) -> Need[Differences]:
        names = tuple(column.name for column in self.sides.columns.values)
        return Need(matched, DifferenceCounts(names, self.examples > 0))

    def _breakdown(self, seen: Profile, by: tuple[str, ...]) -> Need[Any]:
        matched = self._matched(seen)
        assert matched is not None
        if matched.buckets is not None:
            sample = range(int(self.sides.buckets * SAMPLED_BUCKETS))
            more = tuple(sorted({*matched.buckets, *sample}))
            matched = LiveWithShadow(self.sides, None, more)
        else:
            matched = LiveWithShadow(self.sides)
        relation = ShadowBreakdown(matched, self.populations)
        attributes = relation.attributes(by)
        numeric = frozenset(a.name for a in attributes if a.numeric)
        names = tuple(a.name for a in attributes)
        return Need(relation, BreakdownBins(names, numeric, self.texts))


@dataclass(frozen=True)
class Shadow(Check, kind="shadow"):
    """Dataset `shadow` holds the same rows as this one, slice by slice.

    Rows are matched by `key`, by default the primary key of the contract; with neither, whole
    rows are counted. `columns` gives tolerances. Duplicate keys are compared as multisets, or
    (`strict`) refused. `empty: clean` lets a slice be empty on both sides. `populations` are
    sets of key columns whose row counts may explain a difference; `name_values` allows values
    of columns in the explanation.
    """

    beyond_a_write: ClassVar[str] = OF_THE_TABLE

    shadow: str
    key: tuple[str, ...] = ()
    columns: Mapping[str, Tolerance] = field(default_factory=dict, hash=False)
    duplicates: Literal["multiset", "strict"] = "multiset"
    empty: Literal["void", "clean"] = "void"
    populations: tuple[tuple[str, ...], ...] = ()
    explain: bool = True
    name_values: bool = False

    evaluates_empty = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset(
            (table, (column,))
            for table in (context.table.name, self.shadow)
            for column in (*self._key(context), *context.by)
        )

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return self._comparing(context).needs(context.seen, context.by)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        comparing = self._comparing(context)
        found = comparing.comparison(context.seen, context.where, context.by)
        verdict = judge(found, Rules(self.duplicates, self.empty))
        rows = found.differences.rows
        details: dict[str, Any] = {
            "observed": rows.wrong,
            "expected": f"the rows of {self.shadow}, as a multiset",
            "unit": "rows",
            "rows": rows.control,
            "violations": rows.wrong,
            "evidence": tuple(evidence(verdict)),
        }
        if verdict.outcome is PartitionOutcome.VOID:
            return not_evaluable(verdict.reason, rows=rows.control)
        if verdict.outcome is PartitionOutcome.CLEAN:
            return passed(reason=verdict.reason, **details)
        causes_ = "".join(f"; {cause}" for cause in found.causes)
        return violated(f"{verdict.reason}{causes_}", **details)

    def _key(self, context: Context) -> tuple[str, ...]:
        return self.key or context.table.primary_key

    def _comparing(self, context: Context) -> Comparing:
        one, other = context.table.schema, context.tables[self.shadow].schema
        aligned = align(one, other, self._key(context), self.columns)
        sides = Sides(context.table.name, self.shadow, aligned)
        strict = self.duplicates == "strict"
        texts = self.name_values
        return Comparing(sides, strict, 0, self.explain, self.populations, texts)


def evidence(verdict: PartitionVerdict) -> Iterator[Evidence]:
    """Counters of rows and columns, and the conditions that wrong rows share."""
    found = verdict.comparison
    if found is None:
        return
    rows = found.differences.rows
    counts = {
        "matched": rows.matched,
        "within tolerance": rows.within,
        "different": rows.different,
        "missing in shadow": rows.only_in_control,
        "in shadow only": rows.only_in_shadow,
        "repeated keys without a partner": rows.repeated_in_control + rows.repeated_in_shadow,
    }
    for i, (label, count) in enumerate(counts.items()):
        yield Evidence("counts", "rows", i, label=label, count=count)
    cells = [
        (f"{name}: {what}", getattr(counters, what))
        for name, counters in found.differences.columns.items()
        for what in ("null", "value", "tolerated")
        if getattr(counters, what)
    ]
    for i, (label, count) in enumerate(cells):
        yield Evidence("counts", "columns", i, label=label, count=count)
    for i, cause in enumerate(found.causes):
        yield Evidence("work", "what wrong rows have in common", i, label=cause)
