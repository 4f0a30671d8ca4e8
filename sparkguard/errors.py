"""Every error SparkGuard raises on purpose.

    SparkGuardError
    ├── ConfigurationError     the request is wrong; nothing was read        exit 2
    │   └── MissingDependency  an extra or Java is not installed             exit 2
    ├── gate.Refused           a contract forbids a write                    exit 1
    ├── EvaluationError        data or engine could not give an answer       exit 3
    │   └── SnapshotError      a pinned table version can't be read          exit 3
    └── StoreError             results could not be stored                   exit 4

Messages say where, what was found and what is allowed; they never hold cell values.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST_MESSAGE = 2_000


@dataclass(frozen=True, order=True)
class Location:
    """A place in a file the user wrote; line and column count from 1, 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend in a configuration, and where it stands."""

    where: Location
    message: str

    def __str__(self) -> str:
        return bounded(f"{self.where}: {self.message}")


class SparkGuardError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line returns."""

    exit_code: int = 3


class ConfigurationError(SparkGuardError):
    """A contract, an audit configuration or a command that can't be carried out as written.

    `problems` holds every problem found, not only the first.
    """

    exit_code = 2

    def __init__(self, problems: Iterable[Problem] | str) -> None:
        if isinstance(problems, str):
            self.problems: tuple[Problem, ...] = ()
            super().__init__(bounded(problems))
        else:
            self.problems = tuple(sorted(set(problems)))
            super().__init__("\n".join(str(problem) for problem in self.problems))


class MissingDependency(ConfigurationError):
    """An optional package, Java or a Delta jar is needed and absent; the message says the fix."""


class EvaluationError(SparkGuardError):
    """The engine or the data could not give an answer. `condition` is Spark's error class."""

    exit_code = 3

    def __init__(self, message: str, condition: str | None = None) -> None:
        super().__init__(bounded(message))
        self.condition = condition


class SnapshotError(EvaluationError):
    """A table, or the version of it that a run pinned, can't be read."""


class StoreError(SparkGuardError):
    """Results could not be stored, or what is stored disagrees with what was to be stored."""

    exit_code = 4

    def __init__(self, message: str) -> None:
        super().__init__(bounded(message))


def bounded(text: str, longest: int = _LONGEST_MESSAGE) -> str:
    """`text`, cut to `longest` characters, with the number of characters left out."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text) - longest} more characters)"


def nearest(found: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that is most like the one found, None when none is near."""
    by_folded = {name.casefold(): name for name in allowed}
    near = difflib.get_close_matches(found.casefold(), by_folded, n=1)
    return by_folded[near[0]] if near else None


def did_you_mean(found: str, allowed: Iterable[str]) -> str:
    """A closing sentence " Did you mean 'x'?", or the empty string when nothing is near."""
    near = nearest(found, allowed)
    return f" Did you mean {near!r}?" if near else ""


def listed(names: Iterable[str], most: int = 12) -> str:
    """`a, b, c` for a message; beyond `most` names only the number of the others."""
    every = list(names)
    shown = ", ".join(every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"


def as_found(value: Any) -> str:
    """What stands in a file, for messages: `text 'ten'`, `number 3`, `a list`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f"text {value[:60]!r}"
        case int() | float():
            return f"number {value}"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a mapping"
    return type(value).__name__
