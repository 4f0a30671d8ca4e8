"""A distribution against another, cell by cell: the other as outlines, the present one filled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sparkguard.rendering.markup import Child, Markup, element
from sparkguard.report.figures.frame import (
    Figure,
    Plot,
    Scale,
    clipped,
    line,
    rect,
    short,
    svg,
    text,
)
from sparkguard.report.model import Picture
from sparkguard.report.words import number
from sparkguard.verdicts import Evidence

_BEFORE, _NOW, _TERMS = ": baseline", ": current", ": terms"
_MOST_ROWS = 14
_LEGEND = (("hollow", "before"), ("filled", "now"))


@dataclass(frozen=True)
class Cell:
    """One bin or value: its shares before and now, and what it adds to the distance."""

    label: str
    before: float
    now: float
    low: float | None
    high: float | None
    term: float

    @property
    def says(self) -> str:
        return f"{self.label}: {_percent(self.before)} before, {_percent(self.now)} now"


def figures(pictures: Mapping[tuple[str, str], Picture]) -> Iterator[Figure]:
    """A comparison for every pair of `bins`; a plain histogram for bins that stand alone."""
    for (kind, name), picture in pictures.items():
        if kind != "bins" or name.endswith((_BEFORE, _TERMS)):
            continue
        if not name.endswith(_NOW):
            if len(picture.rows) > 1:
                yield _histogram(name, picture.rows)
            continue
        stem = name.removesuffix(_NOW)
        cells = _cells(pictures, stem)
        if cells:
            draw = _columns if sum(c.low is not None for c in cells) > 2 else _rows
            yield draw(f"Distribution, compared {stem}", cells)


def _cells(pictures: Mapping[tuple[str, str], Picture], stem: str) -> list[Cell]:
    sides = [
        {row.ordinal: row for row in pictures[key].rows} if key in pictures else {}
        for key in (("bins", stem + end) for end in (_BEFORE, _NOW, _TERMS))
    ]
    before, now, terms = sides
    cells = []
    for at in sorted(before.keys() | now.keys()):
        named = now.get(at) or before[at]
        cells.append(
            Cell(
                named.label or "",
                _number(before.get(at)),
                _number(now.get(at)),
                named.low,
                named.high,
                _number(terms.get(at)),
            )
        )
    return cells


def _number(row: Evidence | None) -> float:
    return row.number if row is not None and row.number is not None else 0.0


def _columns(caption: str, cells: Sequence[Cell]) -> Figure:
    """Bins as columns of equal width, in their order; their edges stand below."""
    top = max(max(c.before, c.now) for c in cells)
    plot = Plot(Scale(0.0, float(len(cells))), Scale.around([0.0, top], zero=True), share=True)
    marks: list[Child] = []
    for i, cell in enumerate(cells):
        left, right = plot.px(i), plot.px(i + 1)
        room = (right - left) * 0.08
        marks.append(_bar(plot, left + room * 3, right - room * 3, cell.now, "filled", cell.says))
        marks.append(_bar(plot, left + room, right - room, cell.before, "hollow", ""))
    return Figure(caption, plot.svg(caption, _told(cells), _edges(cells), *marks), _LEGEND)


def _bar(plot: Plot, left: float, right: float, value: float, class_: str, says: str) -> Markup:
    top = plot.py(value)
    return rect(left, top, right - left, plot.floor - top, class_, says)


def _edges(cells: Sequence[Cell]) -> list[tuple[float, str]]:
    """Labels of about six edges, and of the cells that are no interval."""
    bins = [i for i, cell in enumerate(cells) if cell.low is not None or cell.high is not None]
    step = max(1, len(bins) // 5)
    ticks = []
    for i in bins[::step]:
        low = cells[i].low
        if low is not None:
            ticks.append((float(i), short(low)))
    ticks += [
        (i + 0.5, clipped(cell.label, 6))
        for i, cell in enumerate(cells)
        if i not in bins and max(cell.before, cell.now) > 0
    ][:2]
    return ticks


def _rows(caption: str, cells: Sequence[Cell]) -> Figure:
    """Values as rows, those that moved most first, two bars each."""
    ordered = sorted(cells, key=lambda c: (-abs(c.term), -max(c.before, c.now)))
    shown, left_out = ordered[:_MOST_ROWS], len(cells) - _MOST_ROWS
    top = max((max(c.before, c.now) for c in shown), default=0.0) or 1.0
    height, name_room, width = 26, 116, 440
    scale = (width - name_room - 62) / top
    marks: list[Child] = []
    for i, cell in enumerate(shown):
        y = 6.0 + i * height
        marks += [
            text((name_room - 8, y + 14), clipped(cell.label, 16), "end", "name"),
            rect(name_room, y + 1, cell.now * scale, 17, "filled", cell.says),
            rect(name_room, y + 4.5, cell.before * scale, 10, "hollow"),
            text((name_room + max(cell.now, cell.before) * scale + 6, y + 14), _percent(cell.now)),
        ]
    bottom = 8.0 + len(shown) * height
    marks.append(line((name_room, 2), (name_room, bottom - 2), "base"))
    says = _told(shown) + (f" {left_out} more values moved less." if left_out > 0 else "")
    if left_out > 0:
        marks.append(text((name_room, bottom + 12), f"and {left_out} more", "start", "name"))
        bottom += 18
    picture = svg(caption, says, width, bottom, element("g", marks, class_="axis"))
    return Figure(caption, picture, _LEGEND)


def _histogram(name: str, rows: Sequence[Evidence]) -> Figure:
    caption = name[:1].upper() + name[1:]
    values = [_number(row) if row.number is not None else float(row.count or 0) for row in rows]
    shares = all(row.number is not None for row in rows) and max(values) <= 1
    scale = Scale.around([0.0, *values], zero=True)
    plot = Plot(Scale(0.0, float(len(rows))), scale, share=shares)
    marks = []
    for i, (row, value) in enumerate(zip(rows, values, strict=True)):
        left, right = plot.px(i + 0.12), plot.px(i + 0.88)
        told = f"{row.label}: {_percent(value) if shares else number(value)}"
        told += f" ({row.count:,})" if row.count is not None and shares else ""
        marks.append(_bar(plot, left, right, value, "filled", told))
    ticks = [(i + 0.5, clipped(_first_word(row), 8)) for i, row in enumerate(rows)]
    step = max(1, -(-len(ticks) // 8))
    greatest = max(range(len(rows)), key=values.__getitem__)
    told = f"{len(rows)} bins; greatest {number(values[greatest])} at {rows[greatest].label}."
    return Figure(caption, plot.svg(caption, told, ticks[::step], *marks))


def _first_word(row: Evidence) -> str:
    return short(row.low) if row.low is not None else (row.label or "")


def _percent(share: float) -> str:
    return f"{share * 100:.3g}%"


def _told(cells: Sequence[Cell]) -> str:
    moved = max(cells, key=lambda c: abs(c.now - c.before))
    return f"{len(cells)} cells; the share that moved most is that of {moved.says}."
