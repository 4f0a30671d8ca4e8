"""Lengths of time as ISO 8601 writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_ISO = re.compile(
    r"P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=\d)(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.(\d{1,6}))?S)?)?"
)


@dataclass(frozen=True)
class Duration:
    """Calendar months and days, and microseconds beside them."""

    months: int = 0
    days: int = 0
    micros: int = 0

    @property
    def elapsed(self) -> int:
        """Microseconds, a day taken as 24 hours. Raises ValueError where months are given."""
        if self.months:
            raise ValueError("months and years have no fixed length; they need clock: calendar")
        return self.days * DAY + self.micros

    @property
    def longest(self) -> int:
        """Microseconds that the duration never exceeds, whatever the calendar says."""
        return (self.months * 31 + self.days) * DAY + self.micros + 2 * HOUR


def parse(text: str) -> Duration:
    """A duration from `P7D`, `PT24H`, `P1M`, `P1DT12H`, `PT0.5S`.

    Raises ValueError for other text and for a length of zero.
    """
    match = _ISO.fullmatch(text)
    if match is None or text in ("P", "PT"):
        raise ValueError(f"expected an ISO 8601 duration such as P7D or PT24H, found {text[:40]!r}")
    years, months, weeks, days, hours, minutes, seconds = (int(g or 0) for g in match.groups()[:7])
    fraction = int((match.group(8) or "").ljust(6, "0"))
    found = Duration(
        years * 12 + months,
        weeks * 7 + days,
        hours * HOUR + minutes * MINUTE + seconds * SECOND + fraction,
    )
    if found == Duration():
        raise ValueError(f"a window needs a length above zero, found {text[:40]!r}")
    return found


_UNITS = (
    (DAY, "day"),
    (HOUR, "hour"),
    (MINUTE, "minute"),
    (SECOND, "second"),
    (1_000, "millisecond"),
    (1, "microsecond"),
)


def spoken(micros: int) -> str:
    """`30 days`, `1 hour`, `90 minutes`: the largest unit that divides the length."""
    size = abs(micros)
    for unit, name in _UNITS:
        if size and size % unit == 0:
            return f"{size // unit:,} {name}{'' if size == unit else 's'}"
    return "0 seconds"
