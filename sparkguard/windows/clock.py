"""Window edges in whole microseconds since 1970 UTC, both edges included."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

from sparkguard.windows.durations import DAY, Duration
from sparkguard.windows.spec import Window

FOREVER = 2**61
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ONE = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC of a moment with a zone."""
    return (moment - _EPOCH) // _ONE


def moment(at: int) -> datetime:
    """The inverse of `micros`, in UTC."""
    return _EPOCH + timedelta(microseconds=at)


@cache
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def offset(at: int, zone_name: str) -> int:
    """How far local time is ahead of UTC at an instant, in microseconds."""
    ahead = moment(at).astimezone(zone(zone_name)).utcoffset()
    return (ahead or timedelta()) // _ONE


def wall(at: int, zone_name: str) -> int:
    """Local time, written as if it were UTC."""
    return at + offset(at, zone_name)


def instant(local: int, zone_name: str) -> int:
    """The instant of a local time. Of two it is the earlier; in a gap it moves on by the gap."""
    naive = moment(local).replace(tzinfo=None)
    return micros(naive.replace(tzinfo=zone(zone_name), fold=0))


def edges(window: Window, at: int, zone_name: str) -> tuple[int, int]:
    """First and last microsecond of the window of a feature row at `at`.

    Row windows and sessions begin where their events say; for them only the end counts.
    """
    if window.kind in ("rows", "session", "unbounded"):
        return -FOREVER, at - (window.bounds == ")")
    if window.kind == "range":
        begin, end = back(at, window.size, window, zone_name), at
    else:
        begin, end = _on_grid(at, window, zone_name)
    return begin + (window.bounds[0] == "("), end - (window.bounds[1] == ")")


def back(at: int, length: Duration, window: Window, zone_name: str) -> int:
    """`at` less the length, by elapsed time or by the calendar of the zone."""
    if not window.by_calendar:
        return at - length.elapsed
    local = wall(at, zone_name)
    days, rest = divmod(local, DAY)
    if length.months:
        days = _less_months(days, length.months)
    return instant((days - length.days) * DAY + rest, zone_name)


def _less_months(days: int, months: int) -> int:
    """The day `months` earlier, or the last of that month where it is shorter."""
    then = date(1970, 1, 1) + timedelta(days=days)
    year, month = divmod(then.year * 12 + then.month - 1 - months, 12)
    day = min(then.day, monthrange(year, month + 1)[1])
    return (date(year, month + 1, day) - date(1970, 1, 1)).days


def _on_grid(at: int, window: Window, zone_name: str) -> tuple[int, int]:
    """Where the window of a grid begins and ends. By the calendar both are local times, and each
    is converted by itself: where clocks change at midnight, a day does not begin at 0:00."""
    if window.sees_future and window.bounds == "(]":
        at -= 1
    local = wall(at, zone_name) if window.by_calendar else at
    edge = local - local % window.step.elapsed
    size = window.size.elapsed
    begin, end = (edge, edge + size) if window.sees_future else (edge - size, edge)
    if not window.by_calendar:
        return begin, end
    return instant(begin, zone_name), instant(end, zone_name)


def changes(zone_name: str, begin: int, end: int) -> tuple[int, ...]:
    """Instants from `begin` to `end` at which the zone's offset changes."""
    found = []
    at = begin
    while at < end:
        then = min(at + 7 * DAY, end)
        if offset(at, zone_name) != offset(then, zone_name):
            low, high = at, then
            while high - low > 1:
                middle = (low + high) // 2
                if offset(middle, zone_name) == offset(at, zone_name):
                    low = middle
                else:
                    high = middle
            found.append(high)
        at = then
    return tuple(found)
