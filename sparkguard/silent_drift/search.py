"""Where drift began: walks over a column's partitions, and pairs columns that were renamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from sparkguard.silent_drift.points import Column, Drift, Point, Reference, baseline, merged
from sparkguard.silent_drift.signs import Sign, signs

_LIKE = frozenset({"went_null", "nulls_appeared", "null_share", "set_growth", "variants"})
"""Signs that a renamed column may show without being another one."""

_ALIKE = 0.5
"""Names at least this alike are taken for one; `dep_delay` and `departure_delay` are 0.75 alike."""


def search(
    columns: Sequence[Column],
    approved: Mapping[str, Point] | None = None,
    confirm: int = 1,
) -> tuple[Drift, ...]:
    """Every drift of every column, with the points that show it.

    Points are compared with all points before them that did not drift, or with the `approved`
    baseline of each column where one is given. A drift has to last for `confirm` points, or to
    the end. A column that went NULL while another came up with its values is one `renamed`.
    """
    found = [
        drift
        for column in columns
        if approved is None or column.name in approved
        for drift in _of_column(column, (approved or {}).get(column.name), confirm)
    ]
    renamed = tuple(_renames(columns, found))
    gone = {(drift.column, drift.since) for drift in renamed}
    left = (d for d in found if not (d.kind == "went_null" and (d.column, d.since) in gone))
    return (*renamed, *left)


def _of_column(column: Column, approved: Point | None, confirm: int) -> Iterator[Drift]:
    """Drifts by kind, each a run of points without one that does not show it."""
    reference = baseline(approved) if approved is not None else None
    points = [point for point in column.points if point.traits.rows]
    open_: dict[str, tuple[Sign, list[str]]] = {}
    for point in points:
        if reference is None:
            reference = Reference(point, settled=False)
            continue
        here = {sign.kind: sign for sign in signs(reference, point, column.family)}
        for kind in [kind for kind in open_ if kind not in here]:
            sign, labels = open_.pop(kind)
            if len(labels) >= confirm:
                yield _drift(column, sign, labels, approved, lasts=False)
        for kind, sign in here.items():
            open_.setdefault(kind, (sign, []))[1].append(point.label)
        if not here and approved is None:
            reference = reference.grown(point)
    for sign, labels in open_.values():
        yield _drift(column, sign, labels, approved, lasts=True)


def _drift(
    column: Column, sign: Sign, labels: list[str], approved: Point | None, *, lasts: bool
) -> Drift:
    return Drift(
        sign.kind, column.name, tuple(labels), sign.text, sign.numbers, lasts, approved is not None
    )


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
            yield replace(
                drift,
                kind="renamed",
                text=f"{'probably' if best[0] >= _ALIKE else 'perhaps'} renamed {best[1]!r}: "
                f"{old.name!r} is NULL and {best[1]!r}, empty before, holds values like it",
                numbers=(*drift.numbers, ("likeness of names", best[0])),
            )


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
