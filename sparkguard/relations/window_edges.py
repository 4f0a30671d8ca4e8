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
    else:
        begin, end = _on_grid(at, window, zone)
    return (
        begin + 1 if window.bounds[0] == "(" else begin,
        end - 1 if window.bounds[1] == ")" else end,
    )


def _back(at: Column, window: Window, zone: str) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    size = window.size
    if not window.by_calendar:
        return at - size.elapsed
    local = to_wall(at, zone)
    rest = F.pmod(local, F.lit(DAY))
    days = ((local - rest) / DAY).cast("bigint")
    if size.months:
        then = F.add_months(F.date_from_unix_date(days.cast("int")), -size.months)
        days = F.unix_date(then).cast("bigint")
    return from_wall((days - size.days) * DAY + rest, zone)


def _on_grid(at: Column, window: Window, zone: str) -> tuple[Column, Column]:
    """Where the window of a grid begins and ends. By the calendar both are local times, and each
    is converted by itself: where clocks change at midnight, a day does not begin at 0:00."""
    from pyspark.sql import functions as F  # noqa: N812

    if window.sees_future and window.bounds == "(]":
        at = at - 1
    local = to_wall(at, zone) if window.by_calendar else at
    edge = local - F.pmod(local, F.lit(window.step.elapsed))
    size = window.size.elapsed
    begin, end = (edge, edge + size) if window.sees_future else (edge - size, edge)
    if not window.by_calendar:
        return begin, end
    return from_wall(begin, zone), from_wall(end, zone)
