"""The curves of orphans, and the step that they show."""

from __future__ import annotations

import random

from sparkguard.measures.orphan_volume import Cell, OrphanVolumeState
from sparkguard.references.volume import evidence, said, step_of
from sparkguard.relations.orphan_volume import RUNGS

UNITS = range(-3, 100)


def state(rate: dict[int, float], keys: int = 40) -> OrphanVolumeState:
    """Keys of every unit and size, of which a share by size are orphans."""
    dice = random.Random(6)
    cells = {}
    for unit in UNITS:
        for size, share in rate.items():
            bad = sum(dice.random() < share for _ in range(keys))
            cells[unit, size] = Cell(keys, bad, keys << size, bad << size)
    return OrphanVolumeState(cells)


def test_right_below_a_size_and_wrong_from_it_on_is_a_step() -> None:
    step = step_of(state({0: 0.0, 3: 0.0, 10: 0.4, 12: 0.4}))
    assert step is not None
    assert said(step).startswith("orphans begin at 1,024 rows per key: 39.8% of keys")
    assert "0.0% below" in said(step)


def test_a_report_is_told_where_the_step_is() -> None:
    found = evidence(state({0: 0.0, 3: 0.0, 10: 0.4, 12: 0.4}))
    assert {e.label: e.number for e in found if e.kind == "work"}["step at rows per key"] == 1_024


def test_an_even_rate_has_no_step() -> None:
    assert step_of(state({0: 0.1, 3: 0.1, 10: 0.1})) is None
    assert step_of(None) is None


def test_nested_subsets_grow_to_all_keys_with_their_intervals() -> None:
    points = [e for e in evidence(state({0: 0.5})) if e.name == "orphan rate by number of keys"]
    assert [e.label for e in points] == [
        "1 in 100,000 keys", "1 in 10,000 keys", "1 in 1,000 keys", "1 in 100 keys",
        "1 in 10 keys", "all keys",
    ]  # fmt: skip
    keys = [e.x or 0 for e in points]
    assert keys == sorted(keys)
    assert keys[-1] == 40 * len(UNITS)
    for point in points:
        assert (point.low or 0) < (point.number or 0) < (point.high or 0)
    widths = [(e.high or 0) - (e.low or 0) for e in points]
    assert widths == sorted(widths, reverse=True)


def test_every_subset_has_its_curve_by_rows_per_key() -> None:
    names = {e.name for e in evidence(state({0: 0.0, 5: 1.0})) if e.kind == "series"}
    assert len(names) == 1 + len(RUNGS)
    whole = [e for e in evidence(state({0: 0.0, 5: 1.0})) if e.name.endswith("by rows per key")]
    assert [(e.label, e.number) for e in whole] == [("1", 0.0), ("32", 1.0)]
