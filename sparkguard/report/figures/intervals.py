"""Numbers with their intervals: a dot on a line for each metric of an evaluation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from sparkguard.rendering.markup import Child, element
from sparkguard.report.figures.frame import Figure, Scale, clipped, line, svg, text
from sparkguard.report.model import Picture
from sparkguard.report.words import number
from sparkguard.verdicts import Evidence

_ROW, _LEFT, _WIDTH, _RIGHT = 30, 130, 440, 70


def figures(pictures: Mapping[tuple[str, str], Picture]) -> Iterator[Figure]:
    """One picture of all metrics whose value lies in an interval."""
    found = [
        row
        for (kind, name), picture in pictures.items()
        if kind == "work"
        for row in picture.rows
        if row.label == name and _has_interval(row)
    ]
    if found:
        yield _figure(found)


def _has_interval(row: Evidence) -> bool:
    ends = (row.low, row.number, row.high)
    known = [v for v in ends if v is not None and math.isfinite(v)]
    return len(known) == len(ends) and known == sorted(known)


def _figure(rows: list[Evidence]) -> Figure:
    marks: list[Child] = []
    for i, row in enumerate(rows):
        assert row.low is not None
        assert row.number is not None
        assert row.high is not None
        # Metrics have units of their own, so each row has a scale of its own.
        room = (row.high - row.low) or abs(row.number) or 1.0
        scale = Scale(row.low - room / 2, row.high + room / 2)
        y = 16.0 + i * _ROW
        low, at, high = (_x(scale, v) for v in (row.low, row.number, row.high))
        told = f"{row.label}: {number(row.number)} ({number(row.low)} to {number(row.high)})"
        marks += [
            text((_LEFT - 10, y + 4), clipped(row.label or "", 18), "end", "name"),
            line((_LEFT, y), (_WIDTH - _RIGHT, y), "grid"),
            line((low, y), (high, y), "range"),
            line((low, y - 4), (low, y + 4), "range"),
            line((high, y - 4), (high, y + 4), "range"),
            element("circle", element("title", told), class_="dot", cx=at, cy=y, r=4),
            text((low, y + 16), number(row.low), "middle"),
            text((high, y + 16), number(row.high), "middle"),
            text((_WIDTH - _RIGHT + 10, y + 4), number(row.number), class_="name"),
        ]
    caption = "Metrics and their intervals" if len(rows) > 1 else f"{rows[0].label}, its interval"
    says = "; ".join(
        f"{row.label} {number(row.number)}, from {number(row.low)} to {number(row.high)}"
        for row in rows
    )
    height = 16 + len(rows) * _ROW
    axis = element("g", marks, class_="axis")
    return Figure(caption, svg(caption, f"{says}.", _WIDTH, height, axis))


def _x(scale: Scale, value: float) -> float:
    return _LEFT + scale.at(value) * (_WIDTH - _LEFT - _RIGHT)
