"""What a run takes from outside: time and fresh identifiers, injected so that tests fix both."""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def sleep(self, seconds: float, /) -> None: ...


class Ids(Protocol):
    def new(self) -> str:
        """An identifier that nobody has used before."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds)


class RandomIds:
    """Random UUIDs (RFC 9562, version 4)."""

    def new(self) -> str:
        return str(uuid.uuid4())
