"""What a check concludes, and the typed rows that prove it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sparkguard.slices import Slice


class Outcome(StrEnum):
    """Every planned check ends in exactly one of these."""

    PASS = "pass"  # judged on its whole scope; holds
    WARN = "warn"  # violated, severity warn
    FAIL = "fail"  # violated, severity error
    ERROR = "error"  # the scan or the judgement raised
    SKIPPED = "skipped"  # switched off by policy, with the reason
    NOT_EVALUABLE = "not_evaluable"  # ran, but the data can't support a verdict


class Severity(StrEnum):
    """What a violation means: `error` fails the run, `warn` and `info` do not."""

    ERROR = "error"
    WARN = "warn"
    INFO = "info"

    @property
    def violated(self) -> Outcome:
        return Outcome.FAIL if self is Severity.ERROR else Outcome.WARN


class Coverage(StrEnum):
    """Whether the rows a verdict rests on were proven to be all rows of the snapshot."""

    PROVEN = "proven"
    SAMPLED = "sampled"
    UNPROVEN = "unproven"


@dataclass(frozen=True)
class Evidence:
    """One typed row behind a verdict; every picture and table in a report is drawn from these.

    `kind` says how to draw it: `series` (x, number, low, high), `bins` (label, low, high, count,
    number), `counts` (label, count), `hypotheses` (label, number = share explained, count, text),
    `examples` (label, count), `work` (label, number: a formula's worked numbers).
    `name` groups rows into one picture and `ordinal` orders them.
    """

    kind: str
    name: str
    ordinal: int
    label: str | None = None
    x: float | None = None
    number: float | None = None
    count: int | None = None
    low: float | None = None
    high: float | None = None
    text: str | None = None


WORST_FIRST = (
    *(Outcome.ERROR, Outcome.FAIL, Outcome.WARN),
    *(Outcome.NOT_EVALUABLE, Outcome.SKIPPED, Outcome.PASS),
)
"""Outcomes as they are shown: those that need attention first."""

LEFT_OUT = "left out: this run was asked for other checks"


@dataclass(frozen=True)
class Verdict:
    """One outcome of one check on one slice.

    `observed` is the number that was judged, in `unit` (rows, keys, share, seconds ...);
    `expected` is the rule as text. `rows` were in scope, `violations` of them broke the rule;
    either is None where the check does not count rows.
    """

    check: str
    slice: Slice
    outcome: Outcome
    severity: Severity
    observed: float | int | None = None
    expected: str = ""
    reason: str = ""
    unit: str = ""
    rows: int | None = None
    violations: int | None = None
    coverage: Coverage | None = None  # None where no rows are counted
    condition: str | None = None  # Spark's error class, for outcome error
    counts_as: Outcome | None = None  # how a not_evaluable weighs, where policy does not decide
    owner: str = ""  # who an alert is for

    @property
    def is_left_out(self) -> bool:
        """True where the run was asked for other checks, so that an earlier verdict stands."""
        return self.outcome is Outcome.SKIPPED and self.reason == LEFT_OUT

    def weight(self, not_evaluable: Outcome) -> Outcome:
        """What the outcome counts as: one that is not evaluable says how, or the audit's policy."""
        if self.outcome is Outcome.NOT_EVALUABLE:
            return self.counts_as or not_evaluable
        return self.outcome


@dataclass(frozen=True)
class Finding:
    """A verdict, the rows that prove it, and those for the table that the check `keeps`."""

    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    kept: tuple[Mapping[str, Any], ...] = ()


def code_of(weight: Outcome, *, fail_on_warn: bool) -> int:
    """What a verdict of this weight makes of the exit code; a skipped one has no say, so 0."""
    match weight:
        case Outcome.FAIL:
            return 1
        case Outcome.WARN:
            return 1 if fail_on_warn else 0
        case Outcome.ERROR | Outcome.NOT_EVALUABLE:
            return 3
    return 0


def exit_code(
    verdicts: Iterable[Verdict],
    *,
    fail_on_warn: bool = False,
    not_evaluable: Outcome = Outcome.ERROR,
) -> int:
    """0 passed, 1 data failed, 3 could not evaluate; a run that evaluated nothing is 3.

    `not_evaluable` is the audit's policy for checks that the data can't support: ERROR (3),
    FAIL (1) or WARN (0); a verdict's own `counts_as` goes before it. Inability outranks failure
    because what failed is then not all known.
    """
    judged = [v for v in verdicts if v.outcome is not Outcome.SKIPPED]
    codes = (code_of(v.weight(not_evaluable), fail_on_warn=fail_on_warn) for v in judged)
    nothing_evaluated = all(v.outcome is Outcome.NOT_EVALUABLE for v in judged)
    return 3 if nothing_evaluated else max(codes)
