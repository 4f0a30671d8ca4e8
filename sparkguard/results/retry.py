"""Which failed writes are tried again, and when.

A write that raised may still have been stored, so it is tried again with the same transaction
identifiers: Delta drops what it already holds. Only failures that no repetition can mend are
final at once. Conditions are matched in the text too, because an exception without a Python
class of its own arrives as a bare Py4JJavaError.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sparkguard.conditions import condition_of
from sparkguard.errors import SparkGuardError, StoreError
from sparkguard.ports import Clock, SystemClock

T = TypeVar("T")

_CONCURRENT = re.compile(
    r"DELTA_CONCURRENT_|DELTA_METADATA_CHANGED|DELTA_PROTOCOL_CHANGED"
    r"|Concurrent(?:Append|DeleteRead|DeleteDelete|Transaction|Write|Modification)\w*Exception"
    r"|MetadataChangedException|ProtocolChangedException"
)
_FINAL = re.compile(
    r"METADATA_MISMATCH|FAILED_TO_MERGE|schema mismatch|INCOMPATIBLE|CANNOT_UP_CAST"
    r"|UNRESOLVED|DATATYPE_MISMATCH|PARSE_SYNTAX|TABLE_OR_VIEW_NOT_FOUND|SCHEMA_NOT_FOUND"
    r"|PATH_NOT_FOUND|DELTA_TABLE_NOT_FOUND|CANNOT_CREATE_LOG_PATH|FIELD_ALREADY_EXISTS"
    r"|UNSUPPORTED|INVALID_SCHEMA|INSUFFICIENT_PERMISSIONS|ermission denied|AccessControlException"
    r"|AccessDenied|Read-only file system|No space left",
)


def is_concurrent(error: BaseException) -> bool:
    """True when somebody else's commit got in between."""
    return _CONCURRENT.search(_text(error)) is not None


def is_final(error: BaseException) -> bool:
    """True when the same write can only fail again."""
    if isinstance(error, SparkGuardError | TypeError | ValueError):
        return True
    return not is_concurrent(error) and _FINAL.search(_text(error)) is not None


@dataclass(frozen=True)
class Retry:
    """At most `attempts`, with random pauses up to `first` seconds, doubled up to `longest`."""

    attempts: int = 7
    first: float = 0.5
    longest: float = 15.0
    clock: Clock = field(default_factory=SystemClock)
    uniform: Callable[[], float] = random.random  # in [0, 1)

    def run(self, action: Callable[[], T], what: str) -> T:
        """The value of `action`.

        Raises StoreError naming `what` and the condition, once it failed for good.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                return action()
            except SparkGuardError:
                raise
            except Exception as error:
                if attempt == self.attempts or is_final(error):
                    tries = "" if attempt == 1 else f" after {attempt} attempts"
                    raise StoreError(f"{what} failed{tries}: {condition_of(error)}") from error
            self.clock.sleep(self.pause(attempt))
        raise AssertionError("attempts is at least 1")

    def pause(self, attempt: int) -> float:
        """Seconds to wait after the failed `attempt`, counted from 1."""
        ceiling: float = min(self.longest, self.first * 2 ** (attempt - 1))
        return ceiling * self.uniform()


def _text(error: BaseException) -> str:
    return f"{type(error).__name__} {condition_of(error)} {str(error)[:20_000]}"
