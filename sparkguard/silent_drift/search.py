"""Where drift began: walks over a column's partitions, and pairs columns that were renamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from sparkguard.silent_drift.points import Column, Drift, Point, Reference, baseline, merged
from sparkguard.silent_drift.signs import signs

_LIKE = frozenset({"went_null", "nulls_appeared", "null_share", "set_growth", "variants"})
"""Signs that a renamed column may show without being another one."""


def search(
    columns: Sequence[Column],
    approved: dict[str, Point] | None = None,
    confirm: int = 1,
) -> tuple[Drift, ...]:
    """Every drift of every column, with the first point where it began.

    Points are compared with the approved baseline of their column where there is one, else with
    all points before them that did not drift. A drift has to last for `confirm` points, or to
    the end. A column that went NULL while another came up with its values is one `renamed`.
    """
    found = [
        drift
        for column in columns
        for drift in _of_column(column, (approved or {}).get(column.name), confirm)
    ]
    renamed = tuple(_renames(columns, found))
    gone = {drift.column for drift in renamed}
    left = (d for d in found if not (d.kind == "went_null" and d.column in gone))
    return (*renamed, *left)


def _of_column(column: Column, approved: Point | None, confirm: int) -> Iterator[Drift]:
    points = column.points
    reference = baseline(approved) if approved is not None else None
    told: set[str] = set()
    for at, point in enumerate(points):
        if not point.traits.rows:
            continue
        if reference is None:
            reference = Reference(point, settled=False)
            continue
        here = signs(reference, point, column.family)
        for sign in here:
            later = points[at + 1 : at + confirm]
            lasts = all(
                sign.kind in {s.kind for s in signs(reference, p, column.family)}
                for p in later
                if p.traits.rows
            )
            if lasts and sign.kind not in told:
                told.add(sign.kind)
                yield Drift(sign.kind, column.name, point.label, sign.text, sign.numbers)
        if not here and approved is None:
            reference = reference.grown(point)


def _renames(columns: Sequence[Column], found: Sequence[Drift]) -> Iterator[Drift]:
    by_name = {column.name: column for column in columns}
    for drift in found:
        if drift.kind != "went_null":
            continue
        old = by_name[drift.column]
        best = max(
            (
                (likeness, other.name)
                for other in columns
                if other.family is old.family
                and (likeness := _likeness(old, other, drift.since)) is not None
            ),
            default=None,
        )
        if best is not None:
            yield Drift(
                "renamed", old.name, drift.since, f"probably renamed {best[1]!r}: {old.name!r} is "
                f"NULL and {best[1]!r}, empty before, holds values like it",
                (*drift.numbers, ("likeness of names", best[0])),
            )  # fmt: skip


def _likeness(old: Column, new: Column, since: str) -> float | None:
    """How alike the names are, where `new` takes over from `old`; None where it does not."""
    labels = [point.label for point in new.points]
    if old.name == new.name or since not in labels:
        return None
    cut = labels.index(since)
    earlier = merged(new.points[:cut])
    before = merged(p for p in old.points if p.label in labels[:cut] and p.traits.values)
    after = merged(p for p in new.points[cut:] if p.traits.values)
    if after is None or before is None or (earlier is not None and earlier.traits.values):
        return None
    differing = {s.kind for s in signs(Reference(before, True), after, old.family)}
    if differing - _LIKE or not _same_scale(before, after):
        return None
    return SequenceMatcher(None, old.name.casefold(), new.name.casefold()).ratio()


def _same_scale(before: Point, after: Point) -> bool:
    """Values that overlap: in their hashes where they are few, else in range and logarithm."""
    old, new = before.bits.exact, after.bits.exact
    if old.positions and new.positions and not (old.many or new.many):
        shared = len(old.positions & new.positions)
        return shared >= 0.5 * min(len(old.positions), len(new.positions))
    was, now = before.traits, after.traits
    if was.log_mean is not None and now.log_mean is not None:
        spread = max(was.log_spread or 0.0, now.log_spread or 0.0, 0.1)
        return abs(was.log_mean - now.log_mean) <= spread
    if was.letters and now.letters:
        mean = (was.letters / max(was.values, 1), now.letters / max(now.values, 1))
        return max(mean) <= 1.5 * min(mean)
    if None in (was.low, was.high, now.low, now.high):
        return old.many == new.many
    return now.low <= was.high and was.low <= now.high  # type: ignore[operator]
