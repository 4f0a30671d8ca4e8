"""The columns of a dataset at a glance, from the evidence of its profile."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sparkguard.rendering.markup import Child, Markup, element
from sparkguard.report.figures.frame import Scale, line, rect
from sparkguard.report.model import CheckPart
from sparkguard.report.tables import more, table
from sparkguard.report.words import number

KIND = "profile"
MOST_COLUMNS = 200

_NUMBERS = ("distinct", "min", "q50", "max", "mean")
_BOX = ("q05", "q25", "q50", "q75", "q95")


@dataclass(frozen=True)
class ColumnNumbers:
    """The statistics of one column over the whole table, by name."""

    name: str
    numbers: Mapping[str, float]

    @property
    def null_share(self) -> float | None:
        rows, nulls = self.numbers.get("rows"), self.numbers.get("null")
        return None if not rows or nulls is None else nulls / rows


def profiled(part: CheckPart) -> ColumnNumbers | None:
    """What a check of kind profile measured; None for others, and where nothing is known."""
    if part.kind != KIND or part.is_troubled or part.whole is None:
        return None
    numbers = {
        row.label: row.number
        for picture in part.whole.pictures
        if picture.name in ("statistics", "quantiles")
        for row in picture.rows
        if row.label is not None and row.number is not None
    }
    _, _, name = part.id.partition(f".{KIND}.")
    return ColumnNumbers(name or part.id, numbers) if numbers else None


def overview(columns: Sequence[ColumnNumbers]) -> list[Child]:
    """A row per column: NULLs, different values, range, and where the middle of its values lies."""
    if not columns:
        return []
    rows = [
        (
            column.name,
            _percent(column.null_share),
            *(number(column.numbers.get(name)) for name in _NUMBERS),
            _box(column.numbers),
        )
        for column in columns[:MOST_COLUMNS]
    ]
    headings = ("column", "NULL", "distinct", "least", "median", "greatest", "mean")
    spread = element("span", "5 to 95 %")
    shown = table("Columns", (*headings, spread), rows, {1, 2, 3, 4, 5, 6})
    return [shown, more(len(columns) - len(rows), "column")]


def _percent(share: float | None) -> str:
    if share is None:
        return ""
    return "0" if share == 0 else f"{share * 100:.2g} %"


def _box(numbers: Mapping[str, float]) -> Markup | None:
    """A box from the lower to the upper quartile, with whiskers to 5 and 95 %."""
    ends = [numbers[name] for name in _BOX if name in numbers]
    if len(ends) < len(_BOX) or not all(map(math.isfinite, ends)) or ends[0] == ends[-1]:
        return None
    scale = Scale(ends[0], ends[-1])
    low, first, middle, third, high = (4 + scale.at(value) * 112 for value in ends)
    said = f"Half of the values from {number(ends[1])} to {number(ends[3])}"
    return element(
        "svg",
        element("title", said),
        line((low, 8), (high, 8), "range"),
        rect(first, 3, max(1.0, third - first), 10, "filled"),
        line((middle, 1), (middle, 15), "middle"),
        class_="box",
        role="img",
        viewBox="0 0 120 16",
    )
