"""What a contract promises of one table, reduced to what compatibility compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from sparkguard.contracts.compatibility.grades import Mode, Path
from sparkguard.datatypes import Struct


@dataclass(frozen=True)
class Facts:
    """What a column promises beside its type and nullability.

    `values` is a closed set; `meaning` holds what changes the sense of the same type (unit,
    default, classification ...) and `notes` what changes nothing (description, tags).
    """

    values: frozenset[str] | None = None
    meaning: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    renamed_from: str | None = None
    has_default: bool = False


@dataclass(frozen=True)
class Bound:
    """An end of what a rule accepts, as the number that was written; a `strict` one is outside."""

    at: Fraction
    strict: bool = False


def lower_end(bound: Bound | None) -> tuple[bool, Fraction, bool]:
    """Orders lower ends: the greater accepts fewer, and None accepts all."""
    return (False, Fraction(0), False) if bound is None else (True, bound.at, bound.strict)


def upper_end(bound: Bound | None) -> tuple[bool, Fraction, bool]:
    """Orders upper ends: the smaller accepts fewer, and None accepts all."""
    return (True, Fraction(0), False) if bound is None else (False, bound.at, not bound.strict)


@dataclass(frozen=True)
class Rule:
    """A rule over rows: a key, a reference, a range, a quality check.

    `low` and `high` bound what it accepts; `rest` is everything else it says, so that two rules
    with equal `rest` are ordered by their bounds alone. A rule that is not `enforced` only warns.
    """

    what: str
    low: Bound | None = None
    high: Bound | None = None
    rest: str = ""
    enforced: bool = True


@dataclass(frozen=True)
class TableShape:
    """One table of a contract. `rules` go by an identity that survives a change of bounds."""

    name: str
    schema: Struct
    facts: Mapping[Path, Facts] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    grain: tuple[str, ...] = ()
    partitioning: tuple[str, ...] = ()
    rules: Mapping[str, Rule] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    other: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ContractShape:
    """All tables of a contract version, with whom the author promises to protect."""

    id: str
    version: str
    tables: tuple[TableShape, ...]
    mode: Mode = Mode.BOTH
    other: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def table(self, name: str) -> TableShape | None:
        return next((t for t in self.tables if t.name == name), None)
