"""Evidence as lines of text: worked numbers in columns, distributions as bars side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sparkguard.verdicts import Evidence

BAR = 20
"""Characters of the longest bar."""

SECONDS = "seconds"
"""The unit of lengths of time, which people read in days and hours."""

_SIDES = ("baseline", "current", "terms")
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LEVELS = "▁▂▃▄▅▆▇█"


def explained(rows: Iterable[Evidence]) -> Iterator[str]:
    """Every picture of a verdict's evidence, in the order in which it was made."""
    pictures: dict[tuple[str, str], list[Evidence]] = {}
    for row in rows:
        name, _, side = row.name.rpartition(": ")
        is_side = row.kind == "bins" and side in _SIDES
        pictures.setdefault((row.kind, name if is_side else row.name), []).append(row)
    for (kind, name), found in pictures.items():
        yield name
        lines = {"bins": _bins, "series": _series}.get(kind, _listed)(found)
        yield from (f"  {line}".rstrip() for line in lines)
        yield ""


def bar(share: float, most: float, width: int = BAR) -> str:
    """A bar of `share` where `most` fills `width` characters, to an eighth of a character."""
    eighths = round(8 * width * share / most) if most > 0 else 0
    full, rest = divmod(max(0, min(eighths, 8 * width)), 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


def sparkline(counts: Sequence[float]) -> str:
    """One character per count, the highest for the greatest; a space for none."""
    most = max(counts, default=0)
    return "".join(_LEVELS[min(7, int(8 * n / most))] if n > 0 else " " for n in counts)


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of cells as aligned lines: the first and the last cell to the left, others right."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    last = len(widths) - 1
    for row in rows:
        cells = (
            cell.ljust(width) if i in (0, last) else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _bins(rows: Sequence[Evidence]) -> Iterator[str]:
    """Both sides of each cell in one line: R and X rows, shares p and q, the term, two bars."""
    sides: dict[str, dict[int, Evidence]] = {side: {} for side in _SIDES}
    for row in rows:
        sides.setdefault(row.name.rpartition(": ")[2], {})[row.ordinal] = row
    before, after, terms = (sides[side] for side in _SIDES)
    shares = [row.number or 0.0 for row in (*before.values(), *after.values())]
    most, table = max(shares, default=0.0), [["cell", "R", "X", "p", "q", "term", ""]]
    table[0][-1] = f"{'baseline'.ljust(BAR)}| current"
    for at, row in before.items():
        p, q = row.number or 0.0, (after[at].number if at in after else None) or 0.0
        counts = (f"{(side[at].count if at in side else 0) or 0:,}" for side in (before, after))
        term = terms[at].number if at in terms else None
        table.append(
            [
                printable(row.label or ""),
                *counts,
                f"{p:.2%}",
                f"{q:.2%}",
                "" if term is None else f"{term:.5f}",
                f"{bar(p, most).ljust(BAR)}| {bar(q, most)}",
            ]
        )
    return columns(table)


def _series(rows: Sequence[Evidence]) -> Iterator[str]:
    most = max((abs(row.number) for row in rows if row.number is not None), default=0.0)
    table = [["at", "value", "limit", ""]]
    table += [
        [
            printable(row.label or ""),
            number(row.number),
            number(row.high),
            bar(abs(row.number or 0.0), most),
        ]
        for row in rows
    ]
    return columns(table)


def _listed(rows: Sequence[Evidence]) -> Iterator[str]:
    return columns(
        [
            [
                printable(row.label or ""),
                number(row.number),
                "" if row.count is None else f"{row.count:,}",
                _between(row),
                printable(row.text or ""),
            ]
            for row in rows
        ]
    )


def _between(row: Evidence) -> str:
    if row.low is None and row.high is None:
        return ""
    return f"[{number(row.low)}, {number(row.high)}]"


def number(value: float | None) -> str:
    """Six digits; whole numbers in full."""
    if value is None:
        return ""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:.6g}"


def duration(seconds: float) -> str:
    """A length of time in its two greatest units, from days to seconds."""
    whole = max(0, round(seconds))
    parts = ((whole // 86_400, "d"), (whole // 3_600 % 24, "h"), (whole // 60 % 60, "min"))
    named = [f"{count:,} {unit}" for count, unit in (*parts, (whole % 60, "s")) if count]
    return " ".join(named[:2]) or "0 s"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 check`, `2 checks`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def with_unit(value: float | None, text: str, unit: str) -> str:
    """`text` of a value and its unit, a plural: `1 row`, `2 rows`; a length of time in days."""
    if value is not None and unit == SECONDS:
        return duration(value)
    return f"{text} {unit.removesuffix('s') if text == '1' else unit}".strip()


def printable(text: str) -> str:
    """`text` without control characters, which a terminal would obey."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
