"""Columns whose meaning changed while their schema did not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Literal

from sparkguard.checks.base import (
    OVER_TIME,
    Check,
    Context,
    Judgement,
    not_evaluable,
    passed,
    violated,
)
from sparkguard.errors import listed
from sparkguard.measures.families import Family, family_of
from sparkguard.measures.moments import Moments
from sparkguard.measures.traits import Traits
from sparkguard.measures.value_bits import ValueBits
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.silent_drift.evidence import hypotheses, null_shares
from sparkguard.silent_drift.points import Column, Drift, Point
from sparkguard.silent_drift.search import search
from sparkguard.slices import WHOLE, Slice, partition_order
from sparkguard.verdicts import Outcome

MOST_POINTS = 1_000


@dataclass(frozen=True)
class SilentDrift(Check, kind="silent_drift"):
    """No column starts returning NULL, takes over from another, or changes unit, sign, notation or
    kind of type.

    Sliced by partition, each partition is compared with those before it; unsliced, each table
    version with the profiles of earlier runs. All are compared with the approved baseline as
    well, where there is one; `baseline: previous` or `approved` restricts it to one of the two.
    A change counts once it lasted for `partitions` of them, or to the end; of versions, only one
    that the latest still shows fails, and ended ones are told. `column` or `columns` restrict it;
    all columns by default. Those in `ignore` are left out.
    """

    beyond_a_write: ClassVar[str] = OVER_TIME

    column: ColumnPath | None = None
    columns: tuple[ColumnPath, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: Literal["both", "approved", "previous"] = "both"
    partitions: int = 1

    wants_history: ClassVar[int] = MOST_POINTS
    wants_history_of_slices: ClassVar[bool] = False
    wants_unread_slices: ClassVar[bool] = True
    wants_baseline: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.partitions < 1:
            raise ValueError("partitions is at least 1")
        if self.column is not None and self.columns:
            raise ValueError("give column or columns, not both")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset((context.table.name, path) for path in self._named)

    @property
    def _named(self) -> tuple[ColumnPath, ...]:
        return (self.column,) if self.column is not None else self.columns

    def _watched(self, context: Context) -> Mapping[ColumnPath, Family]:
        """The columns to watch; slice columns name the partitions and are constant in each."""
        schema = context.table.schema
        paths = self._named or tuple(
            (name,) for name in schema.names if name not in (*context.by, *self.ignore)
        )
        found = {path: schema.at(path) for path in paths}
        return {path: family_of(field.type) for path, field in found.items() if field is not None}

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return tuple(
            Need(Table(context.table.name), measure)
            for path, family in self._watched(context).items()
            for measure in _measures(path, family)
        )

    def recalls(self, context: Context) -> tuple[Need[Any], ...]:
        """Columns as they were of another type: their states have a name of their own."""
        return tuple(
            Need(Table(context.table.name), Traits(path, family))
            for path, now in self._watched(context).items()
            for family in Family
            if family is not now
        )

    def judge(self, seen: Profile, context: Context) -> Judgement:
        watched = self._watched(context)
        expected = "columns keep their meaning"
        if not watched:
            return not_evaluable("there is no column to watch", expected=expected)
        everything, own = _stretch(context, watched)
        stretch = _until(everything, own)
        if context.where != WHOLE and not own:
            return not_evaluable(f"EMPTY: no partition is in {context.where}", expected=expected)
        approved = self._approved(context, watched)
        retyped = self._retyped(context, watched, stretch)
        if self.baseline == "approved" and not approved and not retyped:
            reason = "there is no approved baseline"
            return not_evaluable(reason, expected=expected, counts_as=Outcome.WARN)
        if len(stretch) < 2 and not approved and not retyped:
            reason = "there is no earlier partition or version to compare with"
            return not_evaluable(reason, expected=expected, counts_as=Outcome.WARN)
        columns = _columns(context, watched, stretch)
        every = retyped + self._search(columns, approved)
        found = [drift for drift in every if drift.lasts or context.by]
        if context.where != WHOLE:
            found = every = [drift for drift in found if own.intersection(drift.labels)]
        if found and stretch != everything and self.partitions > 1:
            # How long it lasts shows in the partitions after those judged only.
            counting = self._search(_columns(context, watched, everything), approved)
            known = {(drift.column, drift.since) for drift in (*retyped, *counting)}
            found = every = [drift for drift in found if (drift.column, drift.since) in known]
        evidence = (*hypotheses(every), *null_shares(every, columns))
        details: dict[str, Any] = {
            "observed": len({drift.column for drift in found}),
            "expected": expected,
            "unit": "columns",
            "evidence": evidence,
        }
        if not found:
            lacked = self._lacked(watched, stretch, approved, retyped)
            if lacked:
                reason = f"the approved baseline lacks {listed(lacked)}"
                return not_evaluable(reason, counts_as=Outcome.WARN, **details)
            return passed(**details)
        told = "; ".join(str(drift) for drift in found[:5])
        more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
        return violated(told + more, **details)

    def _search(self, columns: Sequence[Column], approved: Mapping[str, Point]) -> list[Drift]:
        """Drifts against what went before, and those that only the approved baseline shows."""
        found: list[Drift] = []
        if self.baseline != "approved":
            found += search(columns, None, self.partitions)
        known = {(drift.column, drift.kind, drift.since) for drift in found}
        if approved:
            found += (
                drift
                for drift in search(columns, approved, self.partitions)
                if (drift.column, drift.kind, drift.since) not in known
            )
        return found

    def _retyped(
        self, context: Context, watched: Mapping[ColumnPath, Family], stretch: Stretch
    ) -> list[Drift]:
        """Columns that nothing before can be compared with, since they were of another type."""
        table, found = context.table.name, []
        baseline = context.baseline if self.baseline != "previous" else None
        for path, family in watched.items():
            here = Need(Table(table), Traits(path, family))
            labels: list[str] = []
            before: Family | None = None
            for name, look_up in stretch:
                if look_up(here) is not None:
                    labels.append(name)
                elif was := _other_family(look_up, table, path, family):
                    labels, before = [], was
            if before is not None and labels and self.baseline != "approved":
                found.append(_type_change(path, before, family, labels))
            elif labels and baseline is not None and baseline.whole(here) is None:
                was = _other_family(baseline.whole, table, path, family)
                if was is not None:
                    change = _type_change(path, was, family, labels)
                    found.append(replace(change, approved=True))
        return found

    def _approved(self, context: Context, watched: Mapping[ColumnPath, Family]) -> dict[str, Point]:
        if self.baseline == "previous" or context.baseline is None:
            return {}
        look_up = context.baseline.whole
        found = {
            ".".join(path): _point("baseline", context.table.name, path, family, look_up)
            for path, family in watched.items()
        }
        return {name: point for name, point in found.items() if point is not None}

    def _lacked(
        self,
        watched: Mapping[ColumnPath, Family],
        stretch: Stretch,
        approved: Mapping[str, Point],
        retyped: Sequence[Drift],
    ) -> list[str]:
        """Columns that nothing was compared with, since the baseline alone could be."""
        if self.baseline != "approved" and len(stretch) > 1:
            return []
        known = {*approved, *(drift.column for drift in retyped)}
        return [name for name in map(".".join, watched) if name not in known]


LookUp = Callable[[Need[Any]], Any]
"""The state of a need in one partition or version, None where it was not measured."""

Stretch = Sequence[tuple[str, LookUp]]


def _measures(path: ColumnPath, family: Family) -> tuple[Any, ...]:
    measures: list[Any] = [Traits(path, family)]
    if family is not Family.OTHER:
        measures.append(ValueBits(path, family))
    if family.is_number:
        measures.append(Moments(path, family))
    return tuple(measures)


def _stretch(
    context: Context, watched: Mapping[ColumnPath, Family]
) -> tuple[Stretch, frozenset[str]]:
    """Partitions in order of their values, or versions, each with its name.

    The names of the judged ones come second: a slice by some of the slice columns holds several.
    Partitions that this run did not read come from the newest run that did.
    """
    if not context.by:
        past = {p.version: p.profile for p in context.history if p.slice.is_whole}
        past[context.table.version] = context.seen
        names = {version: f"version {version}" for version in sorted(past)}
        stretch = [(name, past[version].whole) for version, name in names.items()]
        return stretch, frozenset(names.values())
    path, family = next(iter(watched.items()))
    always = Need(Table(context.table.name), Traits(path, family))
    found: dict[Slice, LookUp] = {p.slice: p.profile.whole for p in context.history}
    found.update(
        {s: partial(context.seen.at, s) for _, s in context.seen.restricted([always]).states}
    )
    wanted = set(context.by)
    slices = (s for s in found if {name for name, _ in s.values} == wanted)
    ordered = sorted(slices, key=lambda s: partition_order(s, context.by))
    own = frozenset(str(where) for where in ordered if context.where.contains(where))
    return [(str(where), found[where]) for where in ordered], own


def _until(stretch: Stretch, own: frozenset[str]) -> Stretch:
    """What a verdict on its `own` partitions rests on: none after the last of them."""
    last = max((at for at, (name, _) in enumerate(stretch) if name in own), default=-1)
    return stretch[: last + 1]


def _columns(
    context: Context, watched: Mapping[ColumnPath, Family], stretch: Stretch
) -> list[Column]:
    return [
        Column(".".join(path), family, _points(context.table.name, path, family, stretch))
        for path, family in watched.items()
    ]


def _points(table: str, path: ColumnPath, family: Family, stretch: Stretch) -> tuple[Point, ...]:
    found = (_point(label, table, path, family, look_up) for label, look_up in stretch)
    return tuple(point for point in found if point is not None)


def _point(
    label: str, table: str, path: ColumnPath, family: Family, look_up: LookUp
) -> Point | None:
    relation = Table(table)
    traits = look_up(Need(relation, Traits(path, family)))
    if traits is None:
        return None
    point = Point(label, traits)
    bits = look_up(Need(relation, ValueBits(path, family)))
    moments = look_up(Need(relation, Moments(path, family)))
    return Point(label, traits, bits or point.bits, moments or point.moments)


def _other_family(look_up: LookUp, table: str, path: ColumnPath, family: Family) -> Family | None:
    """Another family of types in which a column was measured, where it was."""
    others = (other for other in Family if other is not family)
    needs = ((other, Need(Table(table), Traits(path, other))) for other in others)
    return next((other for other, need in needs if look_up(need) is not None), None)


def _type_change(path: ColumnPath, was: Family, family: Family, labels: Sequence[str]) -> Drift:
    return Drift("type", ".".join(path), tuple(labels), f"{was} became {family}")
