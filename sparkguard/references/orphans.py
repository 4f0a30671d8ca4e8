"""Orphan keys from run to run: new, known and healed ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from sparkguard.measures.key_list import KeyListState, ListedKey
from sparkguard.pseudonyms import pseudonym

TABLE = "orphans"
MOST_KEYS = 10_000
"""Orphan keys of a reference that a run keeps, those of most rows first."""


class State(StrEnum):
    """What a key is in comparison with the run before."""

    NEW = "new"
    KNOWN = "known"
    HEALED = "healed"
    UNSURE = "unsure"  # not in the last run's list, which was cut


class Why(StrEnum):
    """Why a key is new, or healed."""

    PARENT_DELETED = "parent_deleted"
    CHILD_ADDED = "child_added"
    PARENT_ARRIVED = "parent_arrived"
    CHILD_DELETED = "child_deleted"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Orphan:
    """A key without a parent, as one row of `orphans`; the table says what the fields mean."""

    parent: str
    key_hash: str
    key: str | None
    rows: int
    first_slice: str | None
    state: str
    first_run: str
    first_seen: datetime
    orphan_keys: int
    complete: bool
    cause: str | None = None


def hidden(listed: KeyListState, secret: str) -> KeyListState:
    """The list with pseudonyms, of 32 hexadecimal digits, in place of the hashes of its keys."""
    return KeyListState(
        tuple(replace(key, hash=pseudonym(key.hash, secret)[:32]) for key in listed.keys)
    )


@dataclass(frozen=True)
class Run:
    """The orphans that a run found: their number, and their list, which is cut at `MOST_KEYS`."""

    id: str
    as_of: datetime
    keys: int
    listed: KeyListState

    @property
    def complete(self) -> bool:
        return self.keys <= len(self.listed.keys)


@dataclass(frozen=True)
class Before:
    """The run before: the number of its orphan keys, and those that it kept."""

    keys: int
    kept: Mapping[str, Orphan]

    @property
    def complete(self) -> bool:
        return self.keys <= len(self.kept)


def before(keys: int, rows: Iterable[Mapping[str, Any]], shown: bool = True) -> Before:
    """The run before, from its rows of `orphans`; without the keys' texts unless `shown`."""
    hidden = {} if shown else {"key": None}
    names = [column.name for column in fields(Orphan)]
    found = (Orphan(**{**{name: row[name] for name in names}, **hidden}) for row in rows)
    return Before(keys, {one.key_hash: one for one in found if one.state != State.HEALED})


@dataclass(frozen=True)
class Comparison:
    """The orphans of a run against those of the run before, which is None for the first.

    `causes` tells by hash why a key is new or healed, `untold` by state why some are unknown.
    """

    parent: str
    now: Run
    before: Before | None = None
    causes: Mapping[str, Why] = field(default_factory=dict)
    untold: Mapping[State, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """True when both runs list all their keys."""
        return self.now.complete and (self.before is None or self.before.complete)

    @property
    def tells_new(self) -> bool:
        """True when every new key is known to be new."""
        return self.before is None or (self.now.complete and not self.number(State.UNSURE))

    @property
    def surely_new(self) -> int:
        """At least so many keys were no orphans in the run before; 0 without such a run."""
        if self.before is None:
            return 0
        return max(self.number(State.NEW), self.now.keys - self.before.keys)

    def number(self, state: State, cause: Why | None = None) -> int:
        """Keys of a state, of one cause if it is given."""
        return self._numbers[state, cause]

    @cached_property
    def _numbers(self) -> Counter[tuple[str, str | None]]:
        every = Counter[tuple[str, str | None]]((o.state, None) for o in self.orphans)
        return every + Counter((o.state, o.cause) for o in self.orphans if o.cause is not None)

    @cached_property
    def orphans(self) -> tuple[Orphan, ...]:
        """The keys of this run, those of most rows first, then those that healed."""
        return (*self._present(), *self._healed())

    def _present(self) -> Iterator[Orphan]:
        for key in self.now.listed.keys:
            last = None if self.before is None else self.before.kept.get(key.hash)
            if last is not None:
                yield self._orphan(key, State.KNOWN, last)
            elif self.before is None or self.before.complete:
                yield self._orphan(key, State.NEW)
            else:
                yield self._orphan(key, State.UNSURE)

    def _healed(self) -> Iterator[Orphan]:
        if self.before is None or not self.now.complete:
            return  # a key that a cut list lacks may be an orphan still
        present = {key.hash for key in self.now.listed.keys}
        for hash_, last in sorted(self.before.kept.items()):
            if hash_ not in present:
                yield self._orphan(ListedKey(hash_, last.key, 0, None), State.HEALED, last)

    def _orphan(self, key: ListedKey, state: State, last: Orphan | None = None) -> Orphan:
        first = (self.now.id, self.now.as_of)
        if last is not None:
            first = (last.first_run, last.first_seen)
        return Orphan(
            self.parent, key.hash, key.text, key.rows, key.first, state.value, *first,
            self.now.keys, self.complete, self.causes.get(key.hash),
        )  # fmt: skip
