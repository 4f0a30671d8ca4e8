"""Why keys are orphans, where they began, and what changed since the last run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.datatypes import DataType, is_integer, is_string
from sparkguard.measures.causes import Cause, Causes, CausesState
from sparkguard.measures.key_list import KeyList, KeyListState
from sparkguard.measures.totals import Totals, TotalsState
from sparkguard.profile import Need, Profile
from sparkguard.references.terms import SUBSETS, bins, volume
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.keys import ROWS
from sparkguard.relations.lossy_keys import CAUSE, DOUBLE, KEYS, Change, LossyKeys
from sparkguard.relations.top_keys import FIRST, HASH, TEXT, TopKeys
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Evidence

MOST_KEYS = 1_000
"""Orphan keys that a run remembers; with more, the comparison with the last run is incomplete."""

_TEXT_CHANGES = (
    Change("trim", ("trim",)),
    Change("fold_case", ("fold_case",)),
    Change("strip_zeros", ("strip_zeros",)),
    Change("number", ("number",)),
    Change("unicode", ("unicode",)),
    Change("all", ("trim", "fold_case", "strip_zeros", "unicode")),
)
_SAID = {
    "trim": "trimming white space",
    "fold_case": "folding case",
    "strip_zeros": "dropping leading zeros",
    "number": "reading text as numbers",
    "unicode": "Unicode normalisation",
    "all": "all changes of text together",
    DOUBLE: "passing whole numbers through a double",
}


@dataclass(frozen=True)
class Explanation:
    """The needs that explain the orphans of a reference."""

    orphans: Need[KeyListState]
    volume: Need[TotalsState]
    causes: Need[CausesState] | None

    @property
    def needs(self) -> tuple[Need[Any], ...]:
        causes = () if self.causes is None else (self.causes,)
        return (self.orphans, self.volume, *causes)


def explanation(
    reference: ChildWithParent, types: tuple[DataType, ...], shown: bool
) -> Explanation:
    """What to look at once a reference is known to have orphans."""
    reads = frozenset(column[0] for column in reference.columns)
    listed = KeyList(*(sql.name(name) for name in (HASH, TEXT, ROWS, FIRST)))
    changes = tuple(_changes(reference, types))
    causes = None
    if changes:
        names = tuple(change.name for change in changes)
        text = sql.name(TEXT) if shown else sql.template("CAST(NULL AS STRING)")
        measure = Causes(names, sql.name(CAUSE), text, sql.name(ROWS), sql.name(KEYS))
        causes = Need(LossyKeys(reference, changes), measure)
    return Explanation(
        Need(
            TopKeys(
                reference,
                len(reference.columns),
                reference.orphan,
                reference.rows,
                MOST_KEYS,
                shown,
            ),
            listed,
        ),
        Need(reference, Totals(volume(reference), reads)),
        causes,
    )


def _changes(reference: ChildWithParent, types: tuple[DataType, ...]) -> Iterator[Change]:
    if any(is_string(type_) for type_ in types):
        for change in _TEXT_CHANGES:
            if not set(change.rules) <= set(reference.normalise):
                yield change
    elif types and all(is_integer(type_) for type_ in types):
        yield Change(DOUBLE)


def causes_of(state: CausesState | None) -> tuple[Cause, ...]:
    """The causes that explain anything, the strongest first; of equal ones the simplest."""
    found = [] if state is None else [cause for cause in state.causes if cause.rows]
    return tuple(sorted(found, key=lambda cause: -cause.rows))


def said(cause: Cause, orphan_rows: int) -> str:
    """A clause for a verdict's reason: what share of the orphans the cause explains."""
    how = f"match after {_SAID[cause.name]}"
    if cause.name == DOUBLE:
        how = f"equal a parent after {_SAID[DOUBLE]}"
    if cause.rows == orphan_rows:
        return f"all of them {how}"
    return f"{cause.rows:,} of them {how}"


@dataclass(frozen=True)
class Changes:
    """Orphan keys against the last run; `complete` is False where either list was cut."""

    new: frozenset[str]
    known: frozenset[str]
    healed: int
    complete: bool


def compare(
    now: KeyListState, now_keys: int, before: KeyListState | None, before_keys: int
) -> Changes:
    """New, known and healed orphan keys, from the lists and the numbers of keys of two runs."""
    mine = {key.hash for key in now.keys}
    theirs = {key.hash for key in before.keys} if before is not None else set()
    return Changes(
        frozenset(mine - theirs),
        frozenset(mine & theirs),
        len(theirs - mine),
        now_keys <= len(mine) and before_keys <= len(theirs),
    )


def evidence(
    seen: Profile, found: Explanation, orphan_rows: int, top: int, changes: Changes | None
) -> Iterator[Evidence]:
    """The rows from which a report draws orphans, causes, curves and changes."""
    listed = seen.at(WHOLE, found.orphans) or KeyListState()
    for i, key in enumerate(listed.keys[:top]):
        notes = [f"first in {key.first}"] if key.first else []
        if changes is not None and changes.complete:
            notes.append("new" if key.hash in changes.new else "known")
        label = key.text if key.text is not None else key.hash[:12]
        text = "; ".join(notes) or None
        yield Evidence("examples", "top orphans", i, label=label, count=key.rows, text=text)
    if changes is not None:
        complete = "complete" if changes.complete else f"among the {MOST_KEYS:,} largest only"
        numbers = {
            "new": len(changes.new), "known": len(changes.known), "healed": changes.healed
        }  # fmt: skip
        for i, (label, count) in enumerate(numbers.items()):
            yield Evidence(
                "counts", "since the last run", i, label=label, count=count, text=complete
            )
    causes = None if found.causes is None else seen.at(WHOLE, found.causes)
    for i, cause in enumerate(causes_of(causes)):
        yield Evidence(
            "hypotheses",
            "causes",
            i,
            label=_SAID[cause.name],
            number=cause.rows / orphan_rows,
            count=cause.rows,
            text=cause.example,
        )
    totals = seen.at(WHOLE, found.volume)
    if totals is not None:
        yield from _curves(totals)


def _curves(totals: TotalsState) -> Iterator[Evidence]:
    for i, nth in enumerate(reversed(SUBSETS)):
        rows, orphans = totals.count(f"rows_of_1_in_{nth}"), totals.count(f"orphans_of_1_in_{nth}")
        if rows:
            label = "all keys" if nth == 1 else f"1 in {nth:,} keys"
            share = orphans / rows
            yield Evidence(
                "series", "orphans by volume", i, label, x=float(rows), number=share, count=orphans
            )
    for i, (low, high) in enumerate(bins()):
        keys, orphans = totals.count(f"keys_from_{low}"), totals.count(f"orphan_keys_from_{low}")
        if keys:
            label = f"{low:,}" if high == low + 1 else f"{low:,} and more"
            if high is not None and high > low + 1:
                label = f"{low:,} to {high - 1:,}"
            yield Evidence(
                "bins",
                "orphan keys by rows per key",
                i,
                f"{label} rows",
                number=orphans / keys,
                count=orphans,
                low=float(low),
                high=None if high is None else float(high),
            )
