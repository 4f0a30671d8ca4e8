"""Comparisons of contract versions as plain data and as lines for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sparkguard.contracts.compatibility.comparison import Diff
from sparkguard.contracts.compatibility.grades import NONE, Access, Answer, Change, Mode, Party


def diff_data(diff: Diff, mode: Mode) -> dict[str, Any]:
    """A comparison for JSON; `allowed` is what a pull request is judged by."""
    return {
        "old": diff.old,
        "new": diff.new,
        "protects": sorted(party.value for party in mode.protects),
        "grade": diff.grade.name,
        "breaks": sorted(party.value for party in diff.grade.breaks),
        "undetermined": len(diff.undetermined),
        "allowed": not diff.blocks(mode),
        "changes": [change_data(change) for change in diff.changes],
    }


def change_data(change: Change) -> dict[str, Any]:
    """One change for JSON."""
    return {
        "rule": change.rule,
        "table": change.table,
        "path": list(change.path),
        "old": change.old,
        "new": change.new,
        "grade": change.grade.name,
        "history": effect(change, Party.HISTORY),
        "consumers": effect(change, Party.CONSUMERS),
        "positional_readers": reading(change, Access.POSITIONAL),
        "exact_readers": reading(change, Access.EXACT),
        "operational": change.operational,
        "why": change.why,
        "remedy": change.remedy,
        "discharged_by": change.discharge.value,
    }


_WORDS = {Answer.NO: "ok", Answer.UNKNOWN: "unknown", Answer.YES: "breaks"}


def effect(change: Change, party: Party) -> str:
    """ok, unknown or breaks."""
    return _WORDS[change.grade.toward(party)]


def reading(change: Change, access: Access) -> str:
    """The same for consumers that read in a certain way."""
    return _WORDS[change.hurts(access)]


def visible(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes worth a line: not those that only people read about."""
    return tuple(c for c in changes if c.grade != NONE or c.positional or c.exact or c.operational)
