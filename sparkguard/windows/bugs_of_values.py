"""Bugs of arithmetic and of NULLs: the right rows, the wrong value."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sparkguard.windows.bugs import UNKNOWN, Bug, Variant
from sparkguard.windows.cases import Case, is_finite
from sparkguard.windows.oracle import aggregated, deviation
from sparkguard.windows.spec import Aggregate, WindowSpec


class Overflow(Bug):
    name = "overflow"
    title = "whole numbers run over"
    needs = "a value beyond the range of the type"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return aggregate.function in ("sum", "count", "mean")

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        for bits in (32, 64):
            yield Variant(
                self.name,
                f"the value wrapped around at {bits} bits",
                _total(_wrapped(bits)),
                f"a {bits}-bit integer overflows",
                parameter=bits,
            )
            yield Variant(
                self.name,
                f"the value held at the largest {bits}-bit integer",
                _total(_held(bits)),
                f"a {bits}-bit integer saturates",
                parameter=bits,
            )


def _wrapped(bits: int) -> Callable[[int], int]:
    half = 1 << bits - 1
    return lambda total: (total + half) % (2 * half) - half


def _held(bits: int) -> Callable[[int], int]:
    half = 1 << bits - 1
    return lambda total: max(-half, min(total, half - 1))


def _total(changed: Callable[[int], int]) -> Callable[[Case], Any]:
    """The aggregate with its whole-number total changed."""

    def value(case: Case) -> Any:
        exact = case.exact
        if exact is None:
            return UNKNOWN
        if case.aggregate.function != "mean":
            return changed(int(exact))
        values = _kept(case)
        return Fraction(changed(sum(values)), len(values)) if values else exact

    return value


def _kept(case: Case) -> list[Any]:
    """The values of the window that are aggregated, in order."""
    begin, end = case.inside
    values = case.timeline.values[begin:end]
    if case.spec.nulls == "zero":
        return [v or 0 for v in values]
    return [v for v in values if v is not None]


class Float32(Bug):
    name = "float32"
    title = "values are added up in 32-bit floats"
    needs = "a total beyond 24 bits"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return aggregate.function in ("sum", "mean")

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        says = "the value added up in 32-bit floats"
        yield Variant(self.name, says, _accumulated, self.title, fits=_is_accumulated,
                      as_stored=True)  # fmt: skip
        yield Variant(self.name, "the value rounded to a 32-bit float", _as_single, self.title,
                      fits=_is_single, as_stored=True)  # fmt: skip


def single(value: float) -> float:
    """`value` as a 32-bit float holds it."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _accumulated(case: Case) -> Any:
    values, unit = _kept(case), case.output.unit
    if not values:
        return case.exact
    total = 0.0
    for v in values:
        total = single(total + single(float(v) / unit))
    return single(total / len(values)) if case.aggregate.function == "mean" else total


def _as_single(case: Case) -> Any:
    if case.exact is None:
        return None
    return single(float(Fraction(case.exact) / case.output.unit))


def _is(value: Callable[[Case], Any]) -> Callable[[Case], bool]:
    def fits(case: Case) -> bool:
        found = value(case)
        if found is None or case.observed is None or not _kept(case):
            return case.is_right
        return bool(float(case.observed) == found)

    return fits


_is_accumulated = _is(_accumulated)
_is_single = _is(_as_single)


class Nulls(Bug):
    name = "nulls"
    title = "NULL values are treated in another way than declared"
    needs = "a NULL value in a window"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return aggregate.column is not None

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        says = {
            "zero": "the value with NULL counted as 0",
            "ignore": "the value with NULL left out",
            "propagate": "the value with NULL where the window holds a NULL",
        }
        for policy, sentence in says.items():
            if policy != cases[0].spec.nulls:
                yield Variant(self.name, sentence, _with_nulls(policy), self.title)


def _with_nulls(policy: str) -> Callable[[Case], Any]:
    def value(case: Case) -> Any:
        begin, end = case.inside
        return aggregated(case.aggregate, policy, case.timeline.values[begin:end])

    return value


class NullKeys(Bug):
    name = "null_keys"
    title = "a NULL entity is joined by equality, which NULL never has"
    needs = "events and rows of a NULL entity"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return spec.null_entity == "keep"

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        def value(case: Case) -> Any:
            return case.aggregate.empty if case.key is None else case.exact

        says = "the value of a window without events where the entity is NULL"
        yield Variant(self.name, says, value, self.title)


class Empty(Bug):
    name = "empty"
    title = "a window without values has another value than declared"
    needs = "a window without values"

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        other = 0 if cases[0].aggregate.empty is None else None
        aggregate = replace(cases[0].aggregate, empty=other)
        word = "0" if other == 0 else "NULL"

        def value(case: Case) -> Any:
            begin, end = case.inside
            return aggregated(aggregate, case.spec.nulls, case.timeline.values[begin:end])

        says = f"the value with {word} for windows without values"
        yield Variant(self.name, says, value, self.title)


class Degrees(Bug):
    name = "ddof"
    title = "the standard deviation of a sample is taken for that of a population, or the reverse"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return aggregate.function == "stddev"

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        ddof = 1 - (cases[0].aggregate.ddof or 0)

        def value(case: Case) -> Any:
            values = _kept(case)
            if not values:
                return case.exact
            return deviation(len(values), sum(values), sum(v * v for v in values), ddof)

        yield Variant(self.name, f"the deviation with ddof {ddof}", value, self.title)


class FloatOrder(Bug):
    name = "float_order"
    title = "floats were added up in another order; declare a tolerance"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return aggregate.function in ("sum", "mean", "stddev")

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        if cases[0].output.is_float:
            says = "the value up to the rounding of doubles"
            yield Variant(self.name, says, lambda c: c.exact, self.title, near=True,
                          fits=_by_rounding)  # fmt: skip

    def mutants(self, cases: Sequence[Case]) -> Iterator[Variant]:
        return iter(())


def _by_rounding(case: Case) -> bool:
    if case.exact is None or case.observed is None:
        return case.is_right
    values = _kept(case)
    size = sum(abs(v) for v in values) / case.output.unit
    if case.aggregate.function == "mean" and values:
        size /= len(values)
    exact = float(Fraction(case.exact) / case.output.unit)
    return bool(abs(float(case.observed) - exact) <= 2 * (len(values) + 2) * 2**-53 * size)


class Approximation(Bug):
    name = "approximation"
    title = "the value comes from a sketch; declare its error bound as tolerance"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return aggregate.function in ("count_distinct", "quantile", "count")

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        off = [_off(case) for case in cases if not case.is_right]
        known = sorted(abs(x) for x in off if x is not None)
        both = any(x is not None and x > 0 for x in off) and any(
            x is not None and x < 0 for x in off
        )
        if known and both and known[-1] <= 0.1:
            says = f"the value within {known[-1]:.1%}"
            yield Variant(self.name, says, lambda c: c.exact, self.title, near=True,
                          fits=lambda c: _within(c, known[-1]))  # fmt: skip

    def mutants(self, cases: Sequence[Case]) -> Iterator[Variant]:
        return iter(())


def _off(case: Case) -> float | None:
    """How far the stored value is from the exact one, as a share of it."""
    if not case.exact or case.observed is None:
        return None
    if not (is_finite(case.observed) and is_finite(case.exact)):
        return None
    exact = float(Fraction(case.exact) / case.output.unit)
    return float(case.observed) / exact - 1


def _within(case: Case, bound: float) -> bool:
    off = _off(case)
    return case.is_right if off is None else abs(off) <= bound
