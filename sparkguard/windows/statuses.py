"""How one feature row compares with the oracle; the numbers are stored, so they never change."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    MATCHING = 0
    WRONG = 1
    NULL_FOR_VALUE = 2  # NULL is stored where there is a value, 0 included
    VALUE_FOR_NULL = 3  # a value, 0 included, is stored where there is none
    MISSING = 4  # the row should exist
    EXTRA = 5  # the row should not exist
    DUPLICATE = 6  # several rows share entity and time
    TRUNCATED = 7  # differs, but the window reaches before the first retained event
    INEXACT = 8  # the oracle could not compute the value exactly
    NULL_KEY_DROPPED = 9  # the row of an entity that is NULL, or partly so, is missing

    UNDECIDED = 10  # versions or rows of one rank would give different values

    @property
    def is_mismatch(self) -> bool:
        return Status.WRONG <= self <= Status.DUPLICATE or self is Status.NULL_KEY_DROPPED

    @property
    def is_missing(self) -> bool:
        return self in (Status.MISSING, Status.NULL_KEY_DROPPED)

    @property
    def is_excluded(self) -> bool:
        return self in (Status.TRUNCATED, Status.INEXACT, Status.UNDECIDED)

    @property
    def has_wrong_value(self) -> bool:
        return Status.WRONG <= self <= Status.VALUE_FOR_NULL

    def spoken(self, n: int) -> str:
        one, many = _WORDS[self]
        return f"{n:,} {one if n == 1 else many}"


_WORDS = {
    Status.MATCHING: ("matching value", "matching values"),
    Status.WRONG: ("wrong value", "wrong values"),
    Status.NULL_FOR_VALUE: ("NULL where there is a value", "NULLs where there is a value"),
    Status.VALUE_FOR_NULL: ("value where there is none", "values where there is none"),
    Status.MISSING: ("missing row", "missing rows"),
    Status.EXTRA: ("extra row", "extra rows"),
    Status.DUPLICATE: ("duplicate row", "duplicate rows"),
    Status.TRUNCATED: ("truncated window that differs", "truncated windows that differ"),
    Status.NULL_KEY_DROPPED: (
        "missing row of a NULL entity (NULL keys are dropped)",
        "missing rows of a NULL entity (NULL keys are dropped)",
    ),
    Status.UNDECIDED: (
        "window whose value is undecided: versions or rows that differ tie for its place",
        "windows whose values are undecided: versions or rows that differ tie for a place",
    ),
    Status.INEXACT: ("window beyond exact arithmetic", "windows beyond exact arithmetic"),
}
