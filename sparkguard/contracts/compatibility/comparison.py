"""Compares versions of a contract and names who a change hurts.

History is compared with every version that still has live files, consumers with every version
that somebody pins; so nothing is lost over a chain of harmless steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sparkguard.contracts.compatibility.facts import fact_changes
from sparkguard.contracts.compatibility.grades import (
    LOOSENS,
    NONE,
    UNDETERMINED,
    Answer,
    Change,
    Grade,
    Mode,
    Party,
    Path,
)
from sparkguard.contracts.compatibility.schema import schema_changes
from sparkguard.contracts.compatibility.shape import ContractShape
from sparkguard.kinds import fingerprint


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
                    content=fingerprint(new.other.get(name)),
                )
            )
    for name in sorted(old.notes.keys() | new.notes.keys()):
        if old.notes.get(name) != new.notes.get(name):
            changes.append(Change(f"note_{name}", "", (), "", "", NONE, "no effect on data"))
    return changes
