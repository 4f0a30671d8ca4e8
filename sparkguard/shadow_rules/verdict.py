"""Whether the shadow's partition is the control's, and if not, which rules it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Literal

from sparkguard.errors import listed
from sparkguard.shadow_rules.columns import Columns
from sparkguard.shadow_rules.differences import Differences, Fingerprint
from sparkguard.shadow_rules.tolerance import is_biased, standard_errors
from sparkguard.slices import Slice


class PartitionOutcome(StrEnum):
    """What the comparison of one partition came to."""

    CLEAN = "clean"  # the same multiset of rows, within the declared tolerances
    WAIVED = "waived"  # differences, each within a waiver that holds
    DIRTY = "dirty"  # differences
    VOID = "void"  # compares nothing: other inputs, an unproven write, nothing to compare
    NOT_RUN = "not_run"
    ERROR = "error"  # could not be computed

    @property
    def is_hole(self) -> bool:
        """True when the partition has to be run again before it counts."""
        return self in (PartitionOutcome.VOID, PartitionOutcome.NOT_RUN, PartitionOutcome.ERROR)


class Counter(StrEnum):
    """What a breach counts."""

    ONLY_IN_CONTROL = "only_in_control"
    ONLY_IN_SHADOW = "only_in_shadow"
    REPEATED = "repeated"
    DUPLICATES = "duplicates"
    MISSING_COLUMN = "missing_column"
    NULL = "null"
    VALUE = "value"
    TYPE = "type"
    SHARE = "share"
    TOTAL = "total"
    BIAS = "bias"
    STRATUM = "stratum"


@dataclass(frozen=True)
class Waiver:
    """A difference that somebody answers for, up to a bound and a date.

    It covers `counter` of `column` (empty for whole rows) in `partition`, up to and including
    `bound` and the day `expires`.
    """

    name: str
    owner: str
    reason: str
    partition: Slice
    counter: Counter
    bound: float
    expires: date
    column: str = ""

    def __post_init__(self) -> None:
        for option in ("name", "owner", "reason"):
            if not getattr(self, option).strip():
                raise ValueError(f"a waiver needs its {option}")
        if not 0 < self.bound < float("inf"):
            raise ValueError(f"a waiver has a bound above 0, found {self.bound}")

    def covers(self, breach: Breach, partition: Slice) -> bool:
        """True when the waiver speaks of this breach, whether or not it still holds."""
        return (self.counter, self.column, self.partition) == (
            breach.counter,
            breach.column,
            partition,
        )


@dataclass(frozen=True)
class Breach:
    """One broken rule. `found` is in rows, but for columns (1), totals and standard errors."""

    counter: Counter
    found: float
    reason: str
    column: str = ""
    waived_by: str = ""


@dataclass(frozen=True)
class Rules:
    """How a partition is judged. `strict` refuses any key, or without one row, held twice."""

    duplicates: Literal["multiset", "strict"] = "multiset"
    empty: Literal["void", "clean"] = "void"


@dataclass(frozen=True)
class Comparison:
    """All that was seen of one partition."""

    partition: Slice
    columns: Columns
    control: Fingerprint
    shadow: Fingerprint
    differences: Differences = field(default_factory=Differences)
    causes: tuple[str, ...] = ()

    @property
    def retyped_rows(self) -> Mapping[str, int]:
        """Rows whose values are equal after exact widening, by column of another type."""
        matched = self.differences.rows.matched
        return {
            c.name: matched
            - self.differences.of(c.name).wrong
            - self.differences.of(c.name).tolerated
            for c in self.columns.retyped
        }


@dataclass(frozen=True)
class PartitionVerdict:
    """The outcome of one partition, why, and every broken rule."""

    partition: Slice
    outcome: PartitionOutcome
    reason: str
    breaches: tuple[Breach, ...] = ()
    comparison: Comparison | None = None


def void_inputs(control: Mapping[str, int] | None, shadow: Mapping[str, int] | None) -> str:
    """Why versions of the inputs make a comparison void; empty when they are equal."""
    if not control or not shadow:
        sides = [n for n, v in (("control", control), ("shadow", shadow)) if not v]
        return f"the input versions of the {' and the '.join(sides)} are not recorded"
    names = sorted({*control, *shadow})
    differing = [name for name in names if control.get(name) != shadow.get(name)]
    if not differing:
        return ""
    pairs = (f"{n} (control {_at(control, n)}, shadow {_at(shadow, n)})" for n in differing)
    return f"control and shadow read different input versions: {listed(pairs)}"


def judge(
    comparison: Comparison, rules: Rules, waivers: Iterable[Waiver] = (), on: date = date.min
) -> PartitionVerdict:
    """The verdict on a partition whose inputs were the same; waivers are read as of day `on`."""
    at, rows = comparison.partition, comparison.differences.rows
    if not rows.reconciles:
        reason = "the rows seen do not add up: a table changed during the comparison"
        return PartitionVerdict(at, PartitionOutcome.ERROR, reason, comparison=comparison)
    if not comparison.columns.compared:
        reason = "the tables have no column in common that can be compared"
        return PartitionVerdict(at, PartitionOutcome.ERROR, reason, comparison=comparison)
    if rows.control == rows.shadow == 0 and rules.empty == "void":
        reason = "both sides are empty, and nothing declares that a partition may be"
        return PartitionVerdict(at, PartitionOutcome.VOID, reason, comparison=comparison)
    held = tuple(waivers)
    breaches = tuple(_waived(b, at, held, on) for b in _breaches(comparison, rules))
    open_ = [b for b in breaches if not b.waived_by]
    if open_:
        reason = "; ".join(b.reason for b in open_)
        return PartitionVerdict(at, PartitionOutcome.DIRTY, reason, breaches, comparison)
    excluded = ", ".join(f"{n} ({why})" for n, why in sorted(comparison.columns.ignored.items()))
    left_out = f"; not compared: {excluded}" if excluded else ""
    if breaches:
        names = listed(sorted({b.waived_by for b in breaches}))
        reason = f"every difference is waived by {names}{left_out}"
        return PartitionVerdict(at, PartitionOutcome.WAIVED, reason, breaches, comparison)
    within = f", {rows.within:,} of them within tolerance" if rows.within else ""
    reason = f"{rows.matched:,} rows match{within}{left_out}"
    return PartitionVerdict(at, PartitionOutcome.CLEAN, reason, (), comparison)


def _waived(breach: Breach, at: Slice, waivers: tuple[Waiver, ...], on: date) -> Breach:
    reason = breach.reason
    for waiver in waivers:
        if not waiver.covers(breach, at):
            continue
        if on > waiver.expires:
            reason = f"{reason} (waiver {waiver.name} expired on {waiver.expires})"
        elif breach.found > waiver.bound:
            reason = f"{reason} (more than the {waiver.bound:g} of waiver {waiver.name})"
        else:
            return replace(breach, waived_by=waiver.name)
    return replace(breach, reason=reason)


def _breaches(seen: Comparison, rules: Rules) -> Iterator[Breach]:
    yield from _schema(seen)
    yield from _rows(seen, rules)
    for name, cells in seen.differences.columns.items():
        if cells.null:
            sides = f"{cells.null_in_control:,} in control, {cells.null_in_shadow:,} in shadow"
            why = f"{name}: {cells.null:,} rows are NULL on one side only ({sides})"
            yield Breach(Counter.NULL, cells.null, why, name)
        if cells.value:
            far = f", the largest by {cells.largest:.6g}" if cells.largest else ""
            why = f"{name}: {cells.value:,} rows have another value{far}"
            yield Breach(Counter.VALUE, cells.value, why, name)
        yield from _budget(seen, name)


def _schema(seen: Comparison) -> Iterator[Breach]:
    for side, names in (
        ("shadow", seen.columns.only_in_control),
        ("control", seen.columns.only_in_shadow),
    ):
        for name in names:
            yield Breach(Counter.MISSING_COLUMN, 1, f"column {name} is missing in the {side}", name)
    for bad in seen.columns.incomparable:
        why = f"column {bad} has types that hold no common value"
        yield Breach(Counter.TYPE, max(1, seen.differences.rows.matched), why, bad.name)
    equal = seen.retyped_rows
    for column in seen.columns.retyped:
        why = (
            f"{column.name} is {column.control} in control and {column.shadow} in the shadow; "
            f"{equal[column.name]:,} rows have equal values"
        )
        yield Breach(Counter.TYPE, max(1, equal[column.name]), why, column.name)


def _rows(seen: Comparison, rules: Rules) -> Iterator[Breach]:
    rows = seen.differences.rows
    what = "rows" if seen.columns.key else "copies of rows"
    if rows.only_in_control:
        why = f"{rows.only_in_control:,} {what} are missing in the shadow"
        yield Breach(Counter.ONLY_IN_CONTROL, rows.only_in_control, why)
    if rows.only_in_shadow:
        why = f"{rows.only_in_shadow:,} {what} are in the shadow only"
        yield Breach(Counter.ONLY_IN_SHADOW, rows.only_in_shadow, why)
    if repeated := rows.repeated_in_control + rows.repeated_in_shadow:
        why = (
            f"{repeated:,} rows of keys that are held more than once match no row of the other "
            f"side ({rows.repeated_in_control:,} in control, {rows.repeated_in_shadow:,} in shadow)"
        )
        yield Breach(Counter.REPEATED, repeated, why)
    duplicates = rows.duplicates_in_control + rows.duplicates_in_shadow
    nulls = rows.null_keys_in_control + rows.null_keys_in_shadow
    if rules.duplicates == "strict" and duplicates + nulls:
        why = f"{duplicates:,} rows repeat a key and {nulls:,} have a NULL in it"
        if not seen.columns.key:
            why = f"{duplicates:,} rows are copies of others of their side"
        yield Breach(Counter.DUPLICATES, duplicates + nulls, why)


def _budget(seen: Comparison, name: str) -> Iterator[Breach]:
    cells, matched = seen.differences.of(name), seen.differences.rows.matched
    column = next((c for c in seen.columns.compared if c.name == name), None)
    if column is None or not cells.tolerated:
        return
    rule = column.tolerance
    if cells.tolerated > rule.share * matched:
        why = (
            f"{name}: {cells.tolerated:,} of {matched:,} rows differ within the tolerance; "
            f"the budget is {rule.share:.4g} of them"
        )
        yield Breach(Counter.SHARE, cells.tolerated, why, name)
    if rule.total is not None and cells.absolute > rule.total:
        why = f"{name}: differences add up to {cells.absolute:.6g}; the budget is {rule.total:g}"
        yield Breach(Counter.TOTAL, cells.absolute, why, name)
    if is_biased(cells.tolerated, cells.signed, cells.squares, rule.bias):
        errors = standard_errors(cells.tolerated, cells.signed, cells.squares)
        why = (
            f"{name}: {cells.tolerated:,} small differences lean to one side: their mean "
            f"{cells.signed / cells.tolerated:.6g} is {errors:.3g} standard errors from zero"
        )
        yield Breach(Counter.BIAS, errors, why, name)


def _at(versions: Mapping[str, int], name: str) -> str:
    return str(versions[name]) if name in versions else "none"


def errored(partition: Slice, reason: str) -> PartitionVerdict:
    return PartitionVerdict(partition, PartitionOutcome.ERROR, reason)


def void(partition: Slice, reason: str) -> PartitionVerdict:
    return PartitionVerdict(partition, PartitionOutcome.VOID, reason)
