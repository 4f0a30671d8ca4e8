"""A rule of a contract, before it is bound to the check that judges it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sparkguard.errors import Location
from sparkguard.verdicts import Severity


@dataclass(frozen=True)
class CheckSpec:
    """One rule: which kind of check, with which options, and where the contract says so.

    `id` is unique in the contract and stays the same while the rule does. `options` are read-only
    and become the check's fields. A rule that can't be evaluated has the reason in `skip`.
    """

    id: str
    kind: str
    options: Mapping[str, Any] = field(hash=False)
    severity: Severity
    where: Location = field(compare=False)
    name: str = ""
    description: str = ""
    skip: str = ""
    marks: Mapping[str, Location] = field(
        default_factory=lambda: MappingProxyType({}), compare=False, repr=False
    )

    def where_of(self, option: str) -> Location:
        """The place of one option, or of the rule when the contract does not write it out."""
        return self.marks.get(option, self.where)


def named(name: str, rules: Iterable[CheckSpec]) -> tuple[CheckSpec, ...]:
    """The rules with this id or kind, else the one that expands to a check with this id."""
    every = tuple(rules)
    found = tuple(rule for rule in every if name in (rule.id, rule.kind))
    return found or tuple(rule for rule in every if name.startswith(f"{rule.id}."))
