"""Outcomes over slices and over runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from sparkguard.rendering.markup import Child, Markup, element
from sparkguard.rendering.plaintext import plural
from sparkguard.report.figures.frame import Figure, Plot, Scale, clipped, rect, svg, text, thinned
from sparkguard.report.model import Point, ShadowPart
from sparkguard.report.words import WORDS, moment, number, shape
from sparkguard.results.records import RunRecord
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.slices import Slice
from sparkguard.verdicts import Outcome

MOST_SLICES = 60
BEFORE_FIRST = 10
"""Slices drawn before the first bad one, so that its beginning is seen."""
STACKED = (Outcome.ERROR, Outcome.FAIL, Outcome.WARN, Outcome.NOT_EVALUABLE)


def by_slice(rows: Sequence[ResultRow], total: int) -> Figure | None:
    """The share of rows that break the rule, slice by slice; None where none does.

    `rows` are verdicts on slices in order, of `total` that there are.

    Of many slices those around the first one with such rows, the latest as far as they fit.
    """
    first = next((at for at, row in enumerate(rows) if row.violations), None)
    if len(rows) < 2 or first is None:
        return None
    every = [(row.violations or 0) / row.rows if row.rows else 0.0 for row in rows]
    start = max(0, min(first - BEFORE_FIRST, len(rows) - MOST_SLICES))
    shown, shares = rows[start : start + MOST_SLICES], every[start : start + MOST_SLICES]
    plot = Plot(Scale(0.0, float(len(shown))), Scale.around([0.0, *shares], zero=True), share=True)
    marks: list[Child] = []
    for i, (row, share) in enumerate(zip(shown, shares, strict=True)):
        left, right = plot.px(i + 0.15), plot.px(i + 0.85)
        told = f"{_name(row)}: {row.violations or 0:,} of {row.rows or 0:,} rows, {row.outcome}"
        top = plot.py(share)
        marks.append(rect(left, top, right - left, plot.floor - top, f"bar {row.outcome}", told))
        if len(shown) <= 32:
            size = min(11.0, right - left)
            marks.append(shape(Outcome(row.outcome), ((left + right) / 2, top - 8), size))
    names = [(at + 0.5, label) for at, label in thinned([_short_name(row, rows) for row in shown])]
    worst = max(range(len(rows)), key=every.__getitem__)
    drawn = f", {len(shown)} of them drawn" if len(shown) < total else ""
    says = (
        f"{plural(total, 'slice')}{drawn}; most in {_name(rows[worst])} with "
        f"{every[worst]:.2%} of its rows."
    )
    caption = "Rows that break the rule, by " + ", ".join(rows[0].slice_values or ("slice",))
    return Figure(caption + _more(total - len(shown)), plot.svg(caption, says, names, *marks))


def by_run(runs: Sequence[RunRecord]) -> Figure | None:
    """Verdicts in trouble, run by run; None for a single run."""
    if len(runs) < 2:
        return None
    counts = [troubles(run) for run in runs]
    top = max(map(sum, counts))
    scale = Scale.around([0.0, float(top)], zero=True)
    plot = Plot(Scale(0.0, float(max(8, len(runs)))), scale, width=900, height=190)
    marks: list[Child] = []
    for i, (run, of_run) in enumerate(zip(runs, counts, strict=True)):
        told = f"{moment(run.as_of)}, run {run.run_id}: " + _counted(of_run)
        left, right = plot.px(i + 0.14), plot.px(i + 0.86)
        tops = list(accumulate(of_run, initial=0))
        for outcome, low, high in zip(STACKED, tops, tops[1:], strict=False):
            if high > low:
                upper, lower = plot.py(high), plot.py(low)
                class_ = f"bar {outcome.value}"
                marks.append(rect(left, upper, right - left, lower - upper, class_, told))
        if not sum(of_run):
            marks.append(shape(Outcome.PASS, ((left + right) / 2, plot.floor - 9), 11))
    names = [(at + 0.5, label) for at, label in thinned([_day(run) for run in runs], 90)]
    says = f"{plural(len(runs), 'run')}; the last: {_counted(counts[-1])}; most in one: {top:,}."
    caption = f"Verdicts in trouble over the last {plural(len(runs), 'run')}"
    legend = tuple(
        (f"bar {outcome.value}", WORDS[outcome])
        for at, outcome in enumerate(STACKED)
        if any(of_run[at] for of_run in counts)
    )
    return Figure(caption, plot.svg(caption, says, names, *marks), legend)


def troubles(run: RunRecord) -> tuple[int, ...]:
    """Verdicts of a run in trouble, in the order of `STACKED`."""
    return run.errors, run.failed, run.warned, run.not_evaluable


def history(points: Sequence[Point]) -> Markup | None:
    """The outcomes of a check in the last runs, oldest first, as a line of shapes."""
    if len(points) < 2:
        return None
    shown = points[-20:]
    said = ", ".join(WORDS[point.outcome] for point in shown)
    marks = [
        element(
            "g",
            element("title", f"{moment(p.as_of)}: {_told(p)}"),
            shape(p.outcome, (8 + 16.0 * i, 8), 12),
        )
        for i, p in enumerate(shown)
    ]
    return element(
        "svg",
        element("title", f"The last {len(shown)} runs: {said}"),
        marks,
        class_="history",
        role="img",
        viewBox=f"0 0 {16 * len(shown)} 16",
        width=16 * len(shown),
        height=16,
    )


def of_partitions(shadow: ShadowPart) -> Figure | None:
    """The last verdict on every partition of a shadow, as a grid of shapes."""
    if not shadow.partitions:
        return None
    across, step = 24, 36.0
    marks: list[Child] = []
    for i, (partition, outcome, word, reason) in enumerate(shadow.partitions):
        x, y = (i % across) * step + step / 2, (i // across) * 44 + 14
        said = f"{Slice.parse(partition)}: {word}" + (f", {reason}" if reason else "")
        values = [value or "NULL" for _, value in Slice.parse(partition).values]
        label = clipped(" ".join(values) or "all", 6)
        marks.append(element("g", element("title", said), shape(outcome, (x, y), 18)))
        marks.append(text((x, y + 22), label, "middle", "name"))
    rows = -(-len(shadow.partitions) // across)
    words = [word for _, _, word, _ in shadow.partitions]
    counted = ", ".join(f"{words.count(word):,} {word}" for word in dict.fromkeys(words))
    # As wide for three partitions as for a row of them, or else their shapes would be huge.
    width = across * step
    drawn = element("g", marks, class_="axis")
    picture = svg("Partitions", f"{counted}.", width, rows * 44, drawn)
    return Figure(f"Last verdict on each partition: {counted}", picture)


def proportions(counts: dict[Outcome, int]) -> Markup | None:
    """All verdicts of a run as one bar, trouble first."""
    total = sum(counts.values())
    if not total:
        return None
    at, marks = 0.0, []
    for outcome, count in counts.items():
        if count:
            # A single failure among thousands must still be seen.
            width = max(0.6, count / total * 100)
            marks.append(
                rect(at, 0, width, 10, f"bar {outcome.value}", f"{count:,} {WORDS[outcome]}")
            )
            at += width
    told = ", ".join(f"{count:,} {WORDS[outcome]}" for outcome, count in counts.items() if count)
    return element(
        "svg",
        element("title", told),
        marks,
        class_="proportions",
        role="img",
        viewBox=f"0 0 {at:.2f} 10",
        preserveAspectRatio="none",
    )


def _counted(counts: Sequence[int]) -> str:
    named = (f"{n:,} {WORDS[o]}" for o, n in zip(STACKED, counts, strict=True) if n)
    return ", ".join(named) or "no trouble"


def _told(point: Point) -> str:
    """The outcome of a check in one run, and what it is of: the number, or the first bad slice."""
    more = f"in {Slice.parse(point.slice)}" if point.slice else number(point.observed)
    return f"{WORDS[point.outcome]} {more}".strip()


def _day(run: RunRecord) -> str:
    return run.as_of.strftime("%m-%d %H:%M")


def _name(row: ResultRow) -> str:
    return str(Slice.parse(row.slice))


def _short_name(row: ResultRow, rows: Sequence[ResultRow]) -> str:
    """The values alone, where all slices are of the same columns."""
    names = {tuple(each.slice_values) for each in rows}
    if len(names) > 1:
        return _name(row)
    return " ".join("NULL" if v is None else v for v in row.slice_values.values())


def _more(count: int) -> str:
    return f" (and {count:,} more slices)" if count > 0 else ""
