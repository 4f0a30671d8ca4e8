"""Which bugs the data at hand would have shown: those that change what some window holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sparkguard.windows.bugs import UNKNOWN, Bug, Variant
from sparkguard.windows.cases import Case, is_finite
from sparkguard.windows.values import Output, rounded

_SHOWN = 3
"""So many windows that a bug changes are enough."""


def shown(bugs: Sequence[Bug], cases: Sequence[Case]) -> tuple[dict[str, int], dict[str, int]]:
    """Per part of each bug: how many windows it would change, up to three, and by how many
    microseconds times must be off at least, as far as tried."""
    windows: dict[str, int] = {}
    finest: dict[str, int] = {}
    looked_at = _looked_at(cases)
    for bug in bugs:
        parts: dict[str, list[Variant]] = {}
        for mutant in bug.mutants(cases):
            parts.setdefault(mutant.part, []).append(mutant)
        for part, mutants in parts.items():
            name = bug.name if len(parts) == 1 else f"{bug.name} ({part})"
            windows[name], grain = _shown(mutants, looked_at)
            if grain is not None:
                finest[name] = grain
    return windows, finest


def _shown(mutants: Sequence[Variant], cases: Sequence[Case]) -> tuple[int, int | None]:
    ascending = sorted(mutants, key=lambda m: m.grain or 0)
    least = ascending[0].grain
    windows, finest = 0, None
    for case in cases:
        finer = [m for m in ascending if finest is None or (m.grain or 0) < finest]
        found = next((m for m in finer if _changes(m, case)), None)
        if found is not None:
            windows, finest = windows + 1, found.grain
        elif windows < _SHOWN:
            windows += any(_changes(m, case) for m in ascending[len(finer) :])
        if windows >= _SHOWN and finest == least:
            break
    return min(windows, _SHOWN), finest


def _looked_at(cases: Sequence[Case]) -> Sequence[Case]:
    """At most 60 cases, those with the most events among them."""
    if len(cases) <= 60:
        return cases
    largest = sorted(range(len(cases)), key=lambda i: -cases[i].population)[:20]
    step = len(cases) / 40
    chosen = {*largest, *(int(i * step) for i in range(40))}
    return [cases[i] for i in sorted(chosen)]


def _changes(mutant: Variant, case: Case) -> bool:
    """True when what the mutant would store differs from what a correct pipeline stores."""
    value = mutant.value(case)
    if value is UNKNOWN:
        return False
    output = case.output if not mutant.as_stored else replace(case.output, unit=1)
    return not replace(case, observed=_stored(output, value)).holds(case.exact)


def _stored(output: Output, value: Any) -> Any:
    """`value`, counted in the units of `output`, as its column holds it."""
    if isinstance(value, Decimal):
        value = Fraction(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        return value
    if not is_finite(value):
        return value
    exact = Fraction(value) / output.unit
    if output.is_float:
        return float(exact)
    digits = rounded(exact, output.scale) * 10**output.scale
    return Decimal(f"{int(digits)}E-{output.scale}")
