"""Why keys are orphans, where they began, and what changed since the last run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sparkguard import sql
from sparkguard.datatypes import DataType, Decimal, is_integer, is_string
from sparkguard.measures.causes import Cause, Causes, CausesState
from sparkguard.measures.key_list import KeyList, KeyListState
from sparkguard.measures.orphan_volume import OrphanVolumes, OrphanVolumeState
from sparkguard.profile import Need, Profile
from sparkguard.references import volume
from sparkguard.references.orphans import MOST_KEYS, Comparison, Orphan, State, Why
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.keys import ROWS
from sparkguard.relations.lossy_keys import CAUSE, DOUBLE, KEYS, PARENT_TEXT, Change, LossyKeys
from sparkguard.relations.orphan_volume import OrphanVolume
from sparkguard.relations.top_keys import FIRST, HASH, TEXT, TopKeys
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Evidence

_TEXT_CHANGES = (
    Change("trim", ("trim",)),
    Change("fold_case", ("fold_case",)),
    Change("strip_zeros", ("strip_zeros",)),
    Change("number", ("number",)),
    Change("unicode", ("unicode",)),
    Change("all", ("trim", "fold_case", "strip_zeros", "number", "unicode")),
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
_CHANGED = {
    Why.PARENT_DELETED: "lost their parent",
    Why.CHILD_ADDED: "came with new values",
    Why.PARENT_ARRIVED: "got their parent",
    Why.CHILD_DELETED: "lost their rows",
    Why.UNKNOWN: "of unknown cause",
}


@dataclass(frozen=True)
class Explanation:
    """The needs that explain the orphans of a reference."""

    orphans: Need[KeyListState]
    volume: Need[OrphanVolumeState]
    causes: Need[CausesState] | None

    @property
    def needs(self) -> tuple[Need[Any], ...]:
        causes = () if self.causes is None else (self.causes,)
        return (self.orphans, self.volume, *causes)


def explanation(
    reference: ChildWithParent, types: tuple[DataType, ...], shown: bool
) -> Explanation:
    """What to look at once a reference is known to have orphans."""
    parts = len(reference.columns)
    top = TopKeys(reference, parts, reference.orphan, reference.rows, MOST_KEYS, shown)
    listed = KeyList(*(sql.name(name) for name in (HASH, TEXT, ROWS, FIRST)))
    by_volume = OrphanVolume(reference)
    return Explanation(
        Need(top, listed),
        Need(by_volume, OrphanVolumes(by_volume.cells)),
        _causes(reference, tuple(_changes(reference, types)), shown),
    )


def _causes(
    reference: ChildWithParent, changes: tuple[Change, ...], shown: bool
) -> Need[CausesState] | None:
    if not changes:
        return None
    text = sql.template("CAST(NULL AS STRING)")
    if shown:
        texts = (sql.name(TEXT), sql.name(PARENT_TEXT))
        text = sql.template("concat('[', {}, '] for the parent [', {}, ']')", *texts)
    names = tuple(change.name for change in changes)
    measure = Causes(names, sql.name(CAUSE), text, sql.name(ROWS), sql.name(KEYS))
    return Need(LossyKeys(reference, changes), measure)


def _changes(reference: ChildWithParent, types: tuple[DataType, ...]) -> Iterator[Change]:
    if any(is_string(type_) for type_ in types):
        for change in _TEXT_CHANGES:
            if not set(change.rules) <= set(reference.normalise):
                yield change
    if any(_is_whole(type_) or is_string(type_) for type_ in types):
        yield Change(DOUBLE)


def _is_whole(type_: DataType) -> bool:
    return is_integer(type_) or (isinstance(type_, Decimal) and type_.scale == 0)


def causes_of(state: CausesState | None) -> tuple[Cause, ...]:
    """The causes that explain anything, the strongest first; of equal ones the simplest."""
    found = [] if state is None else [cause for cause in state.causes if cause.rows]
    return tuple(sorted(found, key=lambda cause: -cause.rows))


def said(seen: Profile, found: Explanation, orphan_rows: int) -> Iterator[str]:
    """Clauses for a verdict's reason: which cause explains most, and where orphans begin."""
    causes = causes_of(None if found.causes is None else seen.at(WHOLE, found.causes))
    if causes:
        how = f"match after {_SAID[causes[0].name]}"
        if causes[0].name == DOUBLE:
            how = f"equal a parent after {_SAID[DOUBLE]}"
        all_ = causes[0].rows == orphan_rows
        yield f"all of them {how}" if all_ else f"{causes[0].rows:,} of them {how}"
    if step := volume.step_of(seen.at(WHOLE, found.volume)):
        yield volume.said(step)


def evidence(
    seen: Profile, found: Explanation, orphan_rows: int, top: int, compared: Comparison
) -> Iterator[Evidence]:
    """The rows from which a report draws orphans, causes and curves."""
    present = [orphan for orphan in compared.orphans if orphan.state != State.HEALED]
    for i, orphan in enumerate(present[:top]):
        label = orphan.key if orphan.key is not None else orphan.key_hash[:12]
        text = "; ".join(_notes(orphan, compared)) or None
        yield Evidence("examples", "top orphans", i, label=label, count=orphan.rows, text=text)
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
    by_volume = seen.at(WHOLE, found.volume)
    if by_volume is not None:
        yield from volume.evidence(by_volume)


def _notes(orphan: Orphan, compared: Comparison) -> Iterator[str]:
    if orphan.first_slice:
        yield f"first in {orphan.first_slice}"
    if orphan.state == State.KNOWN:
        yield f"known since {orphan.first_seen:%Y-%m-%d}"
    elif compared.before is not None and orphan.state == State.NEW:
        yield "new"


def said_of_new(compared: Comparison) -> str:
    """How many keys surely are new, and why."""
    at_least = "" if compared.complete else "at least "
    text = f"{at_least}{compared.surely_new:,} orphan keys were none in the last run"
    why = _why(compared, State.NEW)
    return f"{text}: {why}" if why else text


def changes(compared: Comparison) -> Iterator[Evidence]:
    """The numbers of new, known and healed keys, and why; none for the first run."""
    if compared.before is None:
        return
    text = "complete" if compared.complete else f"among the {MOST_KEYS:,} largest only"
    states = [State.NEW, State.KNOWN, State.HEALED]
    if compared.number(State.UNSURE):
        states.append(State.UNSURE)
    for i, state in enumerate(states):
        count, why = compared.number(state), _why(compared, state)
        told = f"{text}; {why}" if why else text
        yield Evidence("counts", "since the last run", i, state.value, count=count, text=told)


def _why(compared: Comparison, state: State) -> str:
    """The causes with their numbers; empty where there are none."""
    numbers = ((why, compared.number(state, why)) for why in Why)
    said = ", ".join(f"{count:,} {_CHANGED[why]}" for why, count in numbers if count)
    untold = compared.untold.get(state)
    return f"{said} ({untold})" if untold else said
