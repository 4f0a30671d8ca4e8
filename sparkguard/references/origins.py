"""Why keys became orphans since the last run, and why others are none any more.

A key that is an orphan and was none: the parent table that the last run read held it, or no row
of the child did, as it would have been an orphan then. A key that was one and is none has a parent
now, or no row. So the parent alone tells, and the child is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sparkguard import sql
from sparkguard.measures.key_list import KeyList, KeyListState
from sparkguard.profile import Need, Scanned
from sparkguard.references.orphans import Comparison, State, Why
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.held_keys import HeldKeys
from sparkguard.relations.top_keys import HASH
from sparkguard.slices import WHOLE

_CAUSES = {
    State.NEW: (Why.PARENT_DELETED, Why.CHILD_ADDED),
    State.HEALED: (Why.PARENT_ARRIVED, Why.CHILD_DELETED),
}
"""Why keys of a state changed: where the parent held, or holds, them; and where not."""


@dataclass(frozen=True)
class Change:
    """Keys of one state, by the hash that the parent's keys have, with their `key_hash`.

    `held` looks them up in the parent; without it the parent holds none of them, or nothing can
    tell, and `untold` says why.
    """

    state: State
    keys: Mapping[str, str]
    held: HeldKeys | None = None
    untold: str = ""

    @property
    def need(self) -> Need[KeyListState] | None:
        if self.held is None:
            return None
        nothing = sql.template("CAST(NULL AS STRING)")
        return Need(self.held, KeyList(sql.name(HASH), nothing, sql.literal(1), nothing))

    def causes(self, looked: Scanned) -> Iterator[tuple[str, Why]]:
        held, lacking = _CAUSES[self.state]
        found = self._found(looked)
        for plain, hash_ in self.keys.items():
            yield hash_, Why.UNKNOWN if found is None else held if plain in found else lacking

    def why(self, looked: Scanned) -> str:
        """Why the cause is unknown; empty where it is not."""
        if self.held is None or self._found(looked) is not None:
            return self.untold
        failure = looked.failures.get(self.need) if self.need else None
        condition = f" ({failure.condition})" if failure else ""
        return (
            f"{self.held.reference.parent} can't be read at version {self.held.version}{condition}"
        )

    def _found(self, looked: Scanned) -> frozenset[str] | None:
        """Which of the keys the parent holds; None where nothing tells."""
        if self.need is None:
            return None if self.untold else frozenset()
        state = looked.profile.at(WHOLE, self.need)
        return None if state is None else frozenset(key.hash for key in state.keys)


@dataclass(frozen=True)
class Parent:
    """The parent table at two runs: `then` is None where the last run read another table."""

    reference: ChildWithParent
    then: int | None
    now: int


def changes(
    compared: Comparison, parent: Parent, plain: Mapping[str, str], hidden: bool
) -> tuple[Change, ...]:
    """The keys whose cause is to be told, none for the first run.

    `plain` has a key's hash by its pseudonym of this run, where there are any; `hidden` keys
    of the last run are known by their pseudonyms alone.
    """
    if compared.before is None:
        return ()
    found: dict[State, dict[str, str]] = {State.NEW: {}, State.HEALED: {}}
    for orphan in compared.orphans:
        if orphan.state in found:
            hash_ = orphan.key_hash
            found[State(orphan.state)][plain.get(hash_, hash_)] = hash_
    return tuple(_change(state, keys, parent, hidden) for state, keys in found.items() if keys)


def _change(state: State, keys: Mapping[str, str], parent: Parent, hidden: bool) -> Change:
    version = parent.then if state == State.NEW else parent.now
    if "unicode" in parent.reference.normalise:
        return Change(state, keys, untold="keys that are equal in Unicode differ in their hashes")
    if parent.then == parent.now:
        return Change(state, keys)
    if state == State.HEALED and hidden:
        return Change(state, keys, untold="pseudonyms don't tell which keys they stood for")
    if version is None:
        table = parent.reference.parent
        return Change(state, keys, untold=f"the last run read another table as {table}")
    return Change(state, keys, HeldKeys(parent.reference, version, frozenset(keys)))


def told(compared: Comparison, changes: tuple[Change, ...], looked: Scanned) -> Comparison:
    """The comparison with the cause of each change, from what `looked` says of their needs."""
    causes = {hash_: cause for change in changes for hash_, cause in change.causes(looked)}
    untold = {change.state: why for change in changes if (why := change.why(looked))}
    return replace(compared, causes=causes, untold=untold)


def needs(changes: tuple[Change, ...]) -> tuple[Need[Any], ...]:
    return tuple(change.need for change in changes if change.need is not None)
