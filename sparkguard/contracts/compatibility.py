"""Compares versions of a contract and names who a change hurts.

History is compared with every version that still has live files, consumers with every version
that somebody pins; so nothing is lost over a chain of harmless steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sparkguard.contracts.compatibility_facts import fact_changes
from sparkguard.contracts.compatibility_schema import schema_changes
from sparkguard.contracts.grades import (
    LOOSENS,
    NONE,
    UNDETERMINED,
    Access,
    Answer,
    Change,
    Discharge,
    Grade,
    Mode,
    Party,
    Path,
)
from sparkguard.contracts.shape import ContractShape
from sparkguard.errors import ConfigurationError
from sparkguard.kinds import fingerprint

CORE = {
    Party.HISTORY: frozenset(
        {
            "added_nullable",
            "added_required",
            "dropped_required",
            "renamed",
            "integer_wider",
            "float_to_double",
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
    ),
    Party.CONSUMERS: frozenset(
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
    ),
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


@dataclass(frozen=True)
class Diff:
    """All changes from one version to another."""

    old: str
    new: str
    changes: tuple[Change, ...]

    @property
    def grade(self) -> Grade:
        return Grade.combined(change.grade for change in self.changes)

    def breaking(self, party: Party) -> tuple[Change, ...]:
        return tuple(c for c in self.changes if c.grade.toward(party) is Answer.YES)

    @property
    def undetermined(self) -> tuple[Change, ...]:
        return tuple(c for c in self.changes if c.grade.unknown)

    def blocks(self, mode: Mode) -> tuple[Change, ...]:
        """Changes that a contract of this mode may not make unseen."""
        return tuple(
            change
            for change in self.changes
            if any(change.grade.toward(party) is not Answer.NO for party in mode.protects)
        )


def compare(
    old: ContractShape,
    new: ContractShape,
    *,
    renames: Mapping[tuple[str, Path], str] | None = None,
    column_mapping: bool = False,
) -> Diff:
    """What changed from `old` to `new`, graded by the rules for every kind of change.

    `renames` maps (table, new path) to an old name, for renames that versions in between
    declared; with `column_mapping` a declared rename keeps stored files readable.
    """
    changes: list[Change] = []
    for table in new.tables:
        before = old.table(table.name)
        if before is None:
            changes.append(Change("table_added", table.name, (), "", "", NONE, "nobody reads it"))
            continue
        known = {path: name for (of, path), name in (renames or {}).items() if of == table.name}
        changes += schema_changes(before, table, known, column_mapping)
        changes += fact_changes(before, table, known)
    for table in old.tables:
        if new.table(table.name) is None:
            changes.append(
                Change(
                    "table_dropped",
                    table.name,
                    (),
                    "",
                    "",
                    LOOSENS,
                    "existing jobs read it",
                    "keep the table until its readers have moved",
                )
            )
    changes += _contract_changes(old, new)
    return Diff(old.version, new.version, tuple(changes))


def compare_all(
    olds: Sequence[ContractShape], new: ContractShape, *, column_mapping: bool = False
) -> tuple[Diff, ...]:
    """`new` against each of `olds`, oldest first, following renames that each step declared."""
    chain = [*olds, new]
    return tuple(
        compare(old, new, renames=_followed(chain[i + 1 :]), column_mapping=column_mapping)
        for i, old in enumerate(olds)
    )


def _followed(steps: Iterable[ContractShape]) -> Mapping[tuple[str, Path], str]:
    """Where today's columns were before `steps`: their declared renames composed."""
    names: dict[tuple[str, Path], str] = {}
    for step in steps:
        for table in step.tables:
            declared = {p: f.renamed_from for p, f in table.facts.items() if f.renamed_from}
            for path, source in declared.items():
                before = (table.name, (*path[:-1], source))
                names[table.name, path] = names.pop(before, source)
    return names


def _contract_changes(old: ContractShape, new: ContractShape) -> list[Change]:
    changes: list[Change] = []
    if old.mode is not new.mode:
        weaker = bool(old.mode.protects - new.mode.protects)
        changes.append(
            Change(
                "compatibility_mode",
                "",
                (),
                old.mode.value,
                new.mode.value,
                UNDETERMINED if weaker else NONE,
                "somebody who was protected no longer is" if weaker else "more are protected",
                "acknowledge the change",
            )
        )
    for name in sorted(old.other.keys() | new.other.keys()):
        if old.other.get(name) != new.other.get(name):
            changes.append(
                Change(
                    "unrecognised",
                    "",
                    (name,),
                    old.other.get(name, "")[:80],
                    new.other.get(name, "")[:80],
                    UNDETERMINED,
                    "no rule speaks of this part of a contract",
                    "acknowledge the change",
                )
            )
    for name in sorted(old.notes.keys() | new.notes.keys()):
        if old.notes.get(name) != new.notes.get(name):
            changes.append(Change(f"note_{name}", "", (), "", "", NONE, "no effect on data"))
    return changes


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


def hurt(diff: Diff, access: Access) -> tuple[Change, ...]:
    """The changes that break, or may break, a consumer that reads like this."""
    return tuple(change for change in diff.changes if change.hurts(access) is not Answer.NO)
