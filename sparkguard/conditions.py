"""What Spark says went wrong, without the cell values that its messages carry."""

from __future__ import annotations

import re

_LONGEST = 20_000  # characters that are searched
_IN_TEXT = re.compile(r"\[([A-Z][A-Z0-9_]*(?:\.[A-Z][A-Z0-9_]*)*)\]")
_JAVA_CLASS = re.compile(r"\b(?:[a-z][a-z0-9]*\.){2,}([A-Z]\w*(?:Exception|Error))\b")
_CAUSE = re.compile(rf"\bCaused by: [\w.$]+: {_IN_TEXT.pattern}")
_ENVELOPES = frozenset(("TASK_WRITE_FAILED",))
"""Say that something went wrong inside, which Spark reports now this way, now directly."""


def condition_of(error: BaseException) -> str:
    """Spark's error class, such as `CAST_INVALID_INPUT`, in classic and Connect sessions.

    Where Spark gives none: the condition named in its text, else the Java class, else the
    Python class. Never any other part of the message.
    """
    found = _outermost(error)
    cause = _CAUSE.search(str(error)[:_LONGEST]) if found in _ENVELOPES else None
    return cause.group(1) if cause else found


def _outermost(error: BaseException) -> str:
    for accessor in ("getCondition", "getErrorClass"):
        get = getattr(error, accessor, None)
        found = get() if callable(get) else None
        if found and not str(found).startswith("_LEGACY"):
            return str(found)
    text = str(error)[:_LONGEST]
    for pattern in (_IN_TEXT, _JAVA_CLASS):
        if match := pattern.search(text):
            return match.group(1)
    return type(error).__name__


_STORAGE = re.compile(
    r"FAILED_READ_FILE|CANNOT_READ_FILE|FILE_NOT_EXIST|FileNotFound|PATH_NOT_FOUND|DELTA_FILE_NOT_FOUND"
    r"|CANNOT_MERGE_SCHEMA|IOException|Parquet\w*Exception|DELTA_\w*(?:LOG|VERSION)\w*"
)


def is_storage(condition: str) -> bool:
    """True when data files could not be read, so that no other expression would fare better."""
    return _STORAGE.search(condition) is not None


_ABSENT = re.compile(
    r"PATH_NOT_FOUND|DELTA_TABLE_NOT_FOUND|DELTA_MISSING_DELTA_TABLE|TABLE_OR_VIEW_NOT_FOUND"
    r"|SCHEMA_NOT_FOUND|DELTA_PATH_DOES_NOT_EXIST"
)


def is_absent(error: BaseException) -> bool:
    """True when the error says that a table does not exist."""
    return _ABSENT.search(f"{condition_of(error)} {str(error)[:2_000]}") is not None


_CONSTRAINTS = {
    "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES": "a CHECK constraint",
    "DELTA_NOT_NULL_CONSTRAINT_VIOLATED": "NOT NULL",
    "DELTA_EXCEED_CHAR_VARCHAR_LIMIT": "the length of a char or varchar column",
}
_NAMED = re.compile(
    r"\[DELTA_\w+\] (?:CHECK constraint (\w+) \("
    r"|NOT NULL constraint violated for column: (.+?)\.\s)"
)
"""Names of the table's own; the row's values come behind them."""


def broken_constraint(error: BaseException) -> str:
    """The constraint of a Delta table that rows to be written break, as words; empty if none.

    In classic and Connect sessions alike. Never a value of the rows.
    """
    kind = _CONSTRAINTS.get(condition_of(error), "")
    match = _NAMED.search(str(error)[:_LONGEST]) if kind else None
    if match is None:
        return kind
    return f"the CHECK constraint {match[1]}" if match[1] else f"NOT NULL of {match[2]}"
