"""Numbers in a row: over partitions in time, or over an amount such as the size of a window."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sparkguard.rendering.markup import Child, Markup, element
from sparkguard.rendering.plaintext import plural
from sparkguard.report.figures.frame import (
    Figure,
    Plot,
    Scale,
    clipped,
    line,
    path,
    short,
    text,
    thinned,
)
from sparkguard.report.model import Picture
from sparkguard.report.words import number
from sparkguard.verdicts import Evidence

_LIMITED = "PSI"
"""Series of which `high` is the value that counts as moved, not the end of an interval."""

_BEGINNINGS = {
    "mismatch rate": ("step at population", "smallest population with a wrong value"),
    "orphan rate by rows per key": ("step at rows per key",),
}
"""Numbers, the first of which that is known says where in such a series errors begin."""

_SAMPLE = re.compile(r"(.+), ((?:1 in [\d,]+|[\d.]+ % of) \w+)")
"""Names of curves of a sample, which are drawn into the picture of all."""

_SHARES = ("rate", "share", "maturity", "completeness", "coverage")


def figures(pictures: Mapping[tuple[str, str], Picture]) -> Iterator[Figure]:
    """One picture per series of two points or more; of its samples the one of most points in it."""
    drawable = {
        name: [row for row in picture.rows if _is_drawable(row)]
        for (kind, name), picture in pictures.items()
        if kind == "series"
    }
    series = {name: points for name, points in drawable.items() if len(points) > 1}
    samples: dict[str, tuple[str, list[Evidence]]] = {}
    for name, points in series.items():
        found = _SAMPLE.fullmatch(name)
        if found and found[1] in series:
            _, most = samples.get(found[1], ("", []))
            if len(points) > len(most):
                samples[found[1]] = found[2], points
    for name, points in series.items():
        found = _SAMPLE.fullmatch(name)
        if not (found and found[1] in series):
            yield _figure(name, points, pictures, samples.get(name))


def _is_drawable(row: Evidence) -> bool:
    return all(v is not None and math.isfinite(v) for v in (row.x, row.number))


def _figure(
    name: str,
    points: Sequence[Evidence],
    pictures: Mapping[tuple[str, str], Picture],
    sample: tuple[str, Sequence[Evidence]] | None,
) -> Figure:
    by_label = all(point.x == i for i, point in enumerate(points))
    limited = name.startswith(_LIMITED)
    against = limited or all(p.low is None for p in points)
    values = [v for p in points for v in (p.number, p.low, p.high)]
    of_sample, sampled = sample or ("", ())
    values += [p.number for p in sampled]
    plot = Plot(
        _positions(points, by_label),
        Scale.around(values, zero=_is_low(values)),
        share=any(word in name.lower() for word in _SHARES) and _within_one(values),
    )
    marks: list[Child] = [_limit(plot, points, by_label) if against else _interval(plot, points)]
    if sampled:
        marks.append(path([_at(plot, p) for p in sampled], "sample"))
    marks.append(path([_at(plot, p) for p in points], "curve"))
    marks += [_dot(plot, p, limited and _is_over(p)) for p in points]
    begin = _begin(pictures, points, by_label, name)
    if begin is not None:
        marks.append(_marker(plot, *begin))
    ticks = thinned([p.label or "" for p in points]) if by_label else _amounts(plot)
    legend = []
    if limited:
        legend = [("dashed", "limit"), ("beyond", "beyond it")]
    elif against and any(p.high is not None for p in points):
        legend = [("dashed", "expected")]
    elif any(p.low is not None and p.high is not None for p in points):
        legend = [("band", "interval")]
    if sampled:
        legend.append(("sample", of_sample))
    caption = name[:1].upper() + name[1:]
    return Figure(caption, plot.svg(caption, _says(points, begin), ticks, *marks), tuple(legend))


def _positions(points: Sequence[Evidence], by_label: bool) -> Scale:
    if by_label:
        return Scale(-0.5, len(points) - 0.5)
    return Scale.around([p.x for p in points], may_log=True)


def _amounts(plot: Plot) -> list[tuple[float, str]]:
    return [(tick, short(tick)) for tick in plot.x.ticks(4)]


def _is_low(values: Sequence[float | None]) -> bool:
    """True where an axis from 0 on does not flatten the curve."""
    found = [v for v in values if v is not None and math.isfinite(v)]
    return min(found) >= 0 and (max(found) - min(found)) > 0.25 * max(found)


def _within_one(values: Sequence[float | None]) -> bool:
    return all(v is None or 0 <= v <= 1 for v in values)


def _at(plot: Plot, point: Evidence) -> tuple[float, float]:
    assert point.x is not None
    assert point.number is not None
    return plot.px(point.x), plot.py(point.number)


def _is_over(point: Evidence) -> bool:
    return point.high is not None and point.number is not None and point.number > point.high


def _interval(plot: Plot, points: Sequence[Evidence]) -> Markup | None:
    known = [(p, p.low, p.high) for p in points if p.low is not None and p.high is not None]
    known = [k for k in known if math.isfinite(k[1]) and math.isfinite(k[2])]
    if not known:
        return None
    upper = [(plot.px(p.x or 0.0), plot.py(high)) for p, _, high in known]
    lower = [(plot.px(p.x or 0.0), plot.py(low)) for p, low, _ in known]
    whiskers = [line(one, other, "whisker") for one, other in zip(upper, lower, strict=True)]
    area = path([*upper, *reversed(lower)], "band", closed=True) if len(known) > 1 else None
    return element("g", area, whiskers)


def _limit(plot: Plot, points: Sequence[Evidence], by_label: bool) -> Markup | None:
    known = [p for p in points if p.high is not None and math.isfinite(p.high)]
    if not known:
        return None
    steps = []
    for point in known:
        assert point.x is not None
        assert point.high is not None
        half = 0.5 if by_label else 0.0
        height = plot.py(point.high)
        steps += [(plot.px(point.x - half), height), (plot.px(point.x + half), height)]
    return path(steps, "dashed")


def _dot(plot: Plot, point: Evidence, over: bool) -> Markup:
    x, y = _at(plot, point)
    told = f"{point.label or number(point.x)}: {number(point.number)}"
    if point.low is not None and point.high is not None:
        told += f" ({number(point.low)} to {number(point.high)})"
    if point.count is not None:
        told += f", {point.count:,} rows"
    title = element("title", told)
    if over:
        return element(
            "path", title, class_="beyond", d=f"M{x:.1f} {y - 5.5:.1f}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"
        )
    return element("circle", title, class_="dot", cx=x, cy=y, r=2.5)


def _begin(
    pictures: Mapping[tuple[str, str], Picture],
    points: Sequence[Evidence],
    by_label: bool,
    name: str,
) -> tuple[float, str] | None:
    """Where something sets in: errors from a size of window on, a level that changed."""
    if by_label:
        labels = {point.label: float(i) for i, point in enumerate(points)}
        changed = pictures.get(("work", "changepoint"))
        for row in changed.rows if changed and ", " not in name else ():
            if row.label in labels:
                return labels[row.label], "level changes"
        return None
    numbers = pictures.get(("work", "numbers"))
    known = {row.label: row.number for row in numbers.rows} if numbers else {}
    asked = next((said for begin, said in _BEGINNINGS.items() if name.startswith(begin)), ())
    amounts = [amount for label in asked if (amount := known.get(label)) is not None]
    if not amounts:
        return None
    at = amounts[0]
    inside = [p.x for p in points if p.x is not None and p.x >= at]
    # The step is known by the bin it lies in; the first wrong value by its own population.
    told = max(amounts)
    return (min(inside), f"errors begin at {number(told)}") if inside else None


def _marker(plot: Plot, at: float, says: str) -> Markup:
    x = plot.px(at)
    to_left = x > plot.width * 0.6
    label = text((x - 5 if to_left else x + 5, plot.top - 8), says, "end" if to_left else "start")
    return element("g", line((x, plot.top - 16), (x, plot.floor), "marker"), label, class_="mark")


def _says(points: Sequence[Evidence], begin: tuple[float, str] | None) -> str:
    least = min(points, key=lambda p: p.number or 0.0)
    most = max(points, key=lambda p: p.number or 0.0)
    first, last = points[0], points[-1]
    told = (
        f"{plural(len(points), 'point')} from {_named(first)} to {_named(last)}; "
        f"least {number(least.number)} at {_named(least)}, "
        f"greatest {number(most.number)} at {_named(most)}"
    )
    rises = sum(a.number != b.number for a, b in pairwise(points))
    told = told if rises else f"{plural(len(points), 'point')}, all {number(first.number)}"
    return f"{told}; {begin[1]}." if begin else f"{told}."


def _named(point: Evidence) -> str:
    return clipped(point.label or number(point.x), 40)
