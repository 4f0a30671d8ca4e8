"""What makes a break legal without being undone: scans of stored rows, and recorded decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sparkguard.contracts.compatibility.comparison import Diff
from sparkguard.contracts.compatibility.grades import Answer, Change, Discharge, Grade, Party
from sparkguard.errors import ConfigurationError
from sparkguard.kinds import fingerprint

_AGREED = frozenset(
    {
        "added_nullable",
        "added_required",
        "dropped_required",
        "renamed",
        "decimal_digits",
        "narrowing",
        "family",
        "required",
        "value_removed",
        "timestamp_zone",
        "date_to_timestamp",
        "element_required",
        "element_nullable",
        "map_key",
    }
)
CORE = {
    Party.HISTORY: _AGREED | {"integer_wider", "float_to_double"},
    Party.CONSUMERS: _AGREED,
}
"""Rules on which published standards agree; the others are defaults that may be overridden."""


@dataclass(frozen=True)
class Override:
    """A recorded decision that a default rule does not break `party`."""

    rule: str
    party: Party
    author: str
    reason: str

    def __post_init__(self) -> None:
        if self.rule in CORE[self.party]:
            raise ConfigurationError(
                f"the rule {self.rule!r} can't be overridden for {self.party.value}: "
                "every standard agrees on it"
            )
        if not self.author.strip() or not self.reason.strip():
            raise ConfigurationError("an override needs an author and a reason")


@dataclass(frozen=True)
class Proof:
    """A full scan which found that stored rows of one table version satisfy a new rule.

    `predicate` is `predicate_of(change)`; `rows` is the row count of that version.
    """

    table_id: str
    version: int
    predicate: str
    scanned: int
    rows: int
    violations: int
    rewritten: bool = False

    @property
    def holds(self) -> bool:
        return self.scanned == self.rows and self.violations == 0


def predicate_of(change: Change) -> str:
    """Identifies what a scan has to prove about stored rows to lift `change`."""
    return fingerprint((change.table, change.path, change.rule, change.new))


def discharged(change: Change, proof: Proof) -> bool:
    """True when `proof` lifts the history break of `change`; a consumer break stays.

    A retyping needs the table rewritten besides, and a sample never proves anything.
    """
    if change.discharge is Discharge.NOTHING or not proof.holds:
        return False
    if change.discharge is Discharge.REWRITE and not proof.rewritten:
        return False
    return proof.predicate == predicate_of(change)


def lifted(change: Change, party: Party) -> Change:
    """`change` with its answer toward one party set to no."""
    grade = change.grade
    if party is Party.HISTORY:
        return replace(change, grade=Grade(Answer.NO, grade.loosens))
    return replace(change, grade=Grade(grade.tightens, Answer.NO))


def overridden(diff: Diff, overrides: Iterable[Override]) -> Diff:
    """`diff` after recorded decisions about default rules."""
    decided = {(o.rule, o.party) for o in overrides}
    changes = []
    for change in diff.changes:
        for party in Party:
            if (change.rule, party) in decided:
                change = lifted(change, party)
        changes.append(change)
    return Diff(diff.old, diff.new, tuple(changes))
