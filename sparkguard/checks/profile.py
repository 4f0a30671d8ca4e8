"""Measures every column; what is found is stored, and nothing is judged by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

from sparkguard.checks.base import OF_THE_TABLE, Check, Context, Judgement, not_evaluable, passed
from sparkguard.datatypes import Field, Struct
from sparkguard.measures.base import Measure
from sparkguard.measures.counts import Counts
from sparkguard.measures.distinct import Distinct
from sparkguard.measures.extremes import Extremes
from sparkguard.measures.families import Family, family_of
from sparkguard.measures.frequent import LEAST_SHARE, Frequent, HashRanks
from sparkguard.measures.moments import Moments
from sparkguard.measures.quantiles import RANKS, Quantiles, QuantilesState, label
from sparkguard.measures.sample import Sample, SampleState
from sparkguard.measures.strings import Strings
from sparkguard.measures.values import Values
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.verdicts import Evidence, Outcome

SAMPLE_ROWS = 8_192
SAMPLE_CELLS = 2**18
"""At most so many cells are looked at before it is decided how to measure each column."""

FEW_VALUES = 4_096
MOST_GROUPS = 50_000
NEW_SHARE = 0.4
"""A column has few values where the second half of the sample adds fewer new ones than this
share of the first half's: about 4,500 values when rows are in random order."""

TOP = 10
Shown = Literal["hidden", "shown"]


@dataclass(frozen=True)
class ProfileColumns(Check, kind="profile"):
    """Measures `columns`, all of them by default, and the fields nested in structs.

    Each column is an entry of its own. `values: shown` puts texts of the columns (extremes and
    frequent values) into the evidence; otherwise it holds numbers and times only.
    """

    beyond_a_write: ClassVar[str] = OF_THE_TABLE

    columns: tuple[ColumnPath, ...] = ()
    values: Shown = "hidden"

    def expand(self, context: Context) -> Mapping[str, Check]:
        leaves = dict(_leaves(context.table.schema))
        wanted: dict[ColumnPath, Family] = {}
        for column in self.columns or [(name,) for name in context.table.schema.names]:
            inside = {p: f for p, f in leaves.items() if p[: len(column)] == column}
            wanted.update({p: family_of(f.type) for p, f in inside.items()})
            if not inside:
                wanted[column] = Family.OTHER
        rows = max(256, min(SAMPLE_ROWS, SAMPLE_CELLS // max(1, len(wanted))))
        return {
            path_text(path): ColumnProfile(path, family, self.values, rows)
            for path, family in wanted.items()
        }

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset((context.table.name, column) for column in self.columns)

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return ()

    def judge(self, seen: Profile, context: Context) -> Judgement:
        return not_evaluable("the table has no columns", counts_as=Outcome.WARN)


@dataclass(frozen=True)
class ColumnProfile(Check):
    """The measures of one column.

    A first look at some rows decides only how: few values are counted, exactly; of many, the
    moments and extremes are exact, distinct values and quantiles are sketches. Values that the
    sketches show to be frequent are then counted exactly.
    """

    kind: ClassVar[str] = ProfileColumns.kind
    column: ColumnPath
    family: Family
    values: Shown = "hidden"
    sample_rows: int = field(default=SAMPLE_ROWS, compare=False)

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset({(context.table.name, self.column)})

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        def need(measure: Measure[Any]) -> Need[Any]:
            return Need(Table(context.table.name), measure)

        if self.family is Family.BOOLEAN:
            return (need(Values(self.column, self.family, expected=3)),)
        if self.family in (Family.BINARY, Family.OTHER):
            return tuple(map(need, self._many()))
        sample = Sample(self.column, self.family, self.sample_rows)
        looked = context.seen.whole(need(sample))
        if looked is None:
            return (need(sample),)
        values = Values(self.column, self.family, expected=looked.distinct + 1)
        counted = context.seen.whole(need(values))
        if _has_few(looked) and (counted is None or not counted.overflow):
            return (need(values),)
        ranks = need(self._ranks)
        needs = dict.fromkeys((*map(need, self._many(looked)), ranks))
        found = context.seen.whole(ranks)
        if found is not None and (places := found.repeated(LEAST_SHARE)):
            needs[need(Frequent(self.column, self.family, places))] = None
        return tuple(needs)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        numbers = self.numbers(seen, context)
        rows = numbers.get("rows")
        if rows is None:
            return not_evaluable("no rows were seen")
        details: dict[str, Any] = {"observed": rows, "unit": "rows", "rows": rows}
        details["expected"] = "measured"
        if context.where.is_whole:
            details["evidence"] = tuple(self._evidence(seen, context))
        if self.family is Family.OTHER:
            type_ = context.table.schema.at(self.column)
            reason = f"of type {type_.type if type_ else 'unknown'} only NULLs are counted"
            return not_evaluable(reason, counts_as=Outcome.WARN, **details)
        return passed(**details)

    def numbers(self, seen: Profile, context: Context) -> Mapping[str, float | int | None]:
        """All metrics of the column by name, from the states in `seen`; empty without rows."""
        found: dict[str, float | int | None] = {}
        for measure, state in self._states(seen, context):
            found.update(measure.metrics(state))
        return found

    def extremes(self, seen: Profile, context: Context) -> tuple[str | None, str | None]:
        """Least and greatest value as text; None where unknown or without a value."""
        for measure, state in self._states(seen, context):
            if isinstance(measure, (Extremes, Values)):
                return measure.texts(state)
            if isinstance(measure, Strings):
                return state.minimum, state.maximum
        return None, None

    def top(self, seen: Profile, context: Context, most: int = TOP) -> tuple[tuple[str, int], ...]:
        """The most frequent values with their rows; of many values those that fill 1 % and more."""
        for measure, state in self._states(seen, context):
            if isinstance(measure, (Values, Frequent)):
                found: tuple[tuple[str, int], ...] = state.top(most)
                return found
        return ()

    def _many(self, looked: SampleState | None = None) -> tuple[Measure[Any], ...]:
        column, family = self.column, self.family
        if family is Family.OTHER:
            return (Counts(column, family),)
        if family is Family.BINARY:
            return Counts(column, family), Distinct(column, family)
        if family is Family.STRING:
            bounds = (looked.low, looked.high) if looked else ("", "")
            return Strings(column, *bounds), Distinct(column, family)
        return (
            Counts(column, family),
            Extremes(column, family),
            Moments(column, family),
            Distinct(column, family),
            Quantiles(column, family),
        )

    @cached_property
    def _ranks(self) -> Measure[QuantilesState]:
        """What shows which values fill many ranks."""
        if self.family is Family.STRING:
            return HashRanks(self.column, self.family)
        return Quantiles(self.column, self.family)

    @cached_property
    def _possible(self) -> tuple[Measure[Any], ...]:
        frequent = Frequent(self.column, self.family)
        return Values(self.column, self.family), *self._many(), frequent

    def _states(self, seen: Profile, context: Context) -> Iterator[tuple[Measure[Any], Any]]:
        for measure in self._possible:
            state = seen.whole(Need(Table(context.table.name), measure))
            if state is not None and not getattr(state, "overflow", False):
                yield measure, state

    def _evidence(self, seen: Profile, context: Context) -> Iterator[Evidence]:
        numbers = self.numbers(seen, context)
        ranks = {label(rank): rank for rank in RANKS}
        for i, (name, number) in enumerate(numbers.items()):
            if number is not None and name not in ranks:
                yield Evidence("work", "statistics", i, label=name, number=float(number))
        for i, (name, rank) in enumerate(ranks.items()):
            if (value := numbers.get(name)) is not None:
                yield Evidence("series", "quantiles", i, label=name, x=rank, number=float(value))
        if self.family is Family.STRING and self.values == "hidden":
            return
        for i, (end, text) in enumerate(
            zip(("min", "max"), self.extremes(seen, context), strict=True)
        ):
            yield Evidence("work", "extremes", i, label=end, text=text)
        for i, (text, rows) in enumerate(self.top(seen, context)):
            yield Evidence("counts", "values", i, label=text, count=rows)


def path_text(path: ColumnPath) -> str:
    """`a.b` for the field b of the struct a; a name with a dot in it stands in backticks."""
    return ".".join(
        "`" + part.replace("`", "``") + "`" if "." in part or "`" in part else part for part in path
    )


def _has_few(looked: SampleState) -> bool:
    grown = looked.distinct - looked.half
    return (
        looked.distinct <= FEW_VALUES
        and looked.distinct * max(1, looked.slices) <= MOST_GROUPS
        and (looked.distinct <= 64 or grown <= NEW_SHARE * looked.half)
    )


def _leaves(schema: Struct, above: ColumnPath = ()) -> Iterator[tuple[ColumnPath, Field]]:
    """Columns and struct fields that hold values, outermost first."""
    for each in schema:
        path = (*above, each.name)
        if isinstance(each.type, Struct):
            yield from _leaves(each.type, path)
        else:
            yield path, each
