"""The edges of each feature row's window, as columns of microseconds since 1970 UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparkguard.relations.window_events import from_wall, to_wall
from sparkguard.windows.clock import FOREVER
from sparkguard.windows.durations import DAY
from sparkguard.windows.spec import Window

if TYPE_CHECKING:
    from pyspark.sql import Column


def edges(window: Window, at: Column, zone: str) -> tuple[Column, Column]:
    """First and last microsecond of the window of a feature row at `at`, both included."""
    from pyspark.sql import functions as F  # noqa: N812

    if window.kind in ("rows", "session", "unbounded"):
        first = F.when(at.isNotNull(), F.lit(-FOREVER))
        return first, at - 1 if window.bounds == ")" else at
    if window.kind == "range":
        begin, end = _back(at, window, zone), at
    elif window.sees_future:
        begin = _floor(at - 1 if window.bounds == "(]" else at, window, zone)
        end = _back(begin, window, zone, -1)
    else:
        end = _floor(at, window, zone)
        begin = _back(end, window, zone)
    return (
        begin + 1 if window.bounds[0] == "(" else begin,
        end - 1 if window.bounds[1] == ")" else end,
    )


def _back(at: Column, window: Window, zone: str, times: int = 1) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    size = window.size
    if not window.by_calendar:
        return at - times * size.elapsed
    local = to_wall(at, zone)
    rest = F.pmod(local, F.lit(DAY))
    days = ((local - rest) / DAY).cast("bigint")
    if size.months:
        then = F.add_months(F.date_from_unix_date(days.cast("int")), -times * size.months)
        days = F.unix_date(then).cast("bigint")
    return from_wall((days - times * size.days) * DAY + rest, zone)


def _floor(at: Column, window: Window, zone: str) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    step = F.lit(window.step.elapsed)
    if not window.by_calendar:
        return at - F.pmod(at, step)
    local = to_wall(at, zone)
    return from_wall(local - F.pmod(local, step), zone)
