"""A run with every kind of evidence, as rows of the result tables would tell it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from sparkguard.report.build import Facts
from sparkguard.results import PinRow, ResultRow, RunRecord, TransitionRow
from sparkguard.results.reporting import StoredEvidence
from sparkguard.slices import Slice
from sparkguard.verdicts import Evidence

NOW = datetime(2024, 3, 1, 6, tzinfo=timezone.utc)


def run(at: int = 0, **counts: Any) -> RunRecord:
    """A run of the shop, `at` days from the last."""
    moment = NOW + timedelta(days=at)
    details = {
        "status": "complete",
        "exit_code": 1 if counts.get("failed") else 0,
        "as_of": moment,
        "started_at": moment,
        "finished_at": moment + timedelta(seconds=83),
        "planned": sum(counts.values()),
        "reported": sum(counts.values()),
    }
    return RunRecord(f"run{at:+d}", "shop", **{**details, **counts})


def row(check: str, outcome: str, slice_: str = "", **more: Any) -> ResultRow:
    dataset, kind = check.split(".")[0], check.split(".")[1]
    values = dict(Slice.parse(slice_).values)
    details = {"severity": "error", "as_of": NOW, "rows": 10_000, "coverage": "proven", **more}
    return ResultRow(check, kind, dataset, 7, slice_, values, outcome, **details)


def stored(check: str, evidence: Iterable[Evidence], slice_: str = "") -> list[StoredEvidence]:
    rows = list(evidence)
    sizes: dict[tuple[str, str], int] = {}
    for each in rows:
        sizes[each.kind, each.name] = sizes.get((each.kind, each.name), 0) + 1
    return [StoredEvidence((check, slice_), each, sizes[each.kind, each.name]) for each in rows]


def drift() -> Iterator[Evidence]:
    """A distribution that moved, with its formula, and the index over twelve months."""
    edges = [0, 5, 10, 20, 40, 80, 160, 320, 640]
    before = [0.05, 0.14, 0.22, 0.25, 0.18, 0.1, 0.04, 0.02]
    now = [0.02, 0.06, 0.14, 0.24, 0.24, 0.18, 0.08, 0.04]
    for end, shares in (("baseline", before), ("current", now)):
        for i, share in enumerate(shares):
            low, high = float(edges[i]), float(edges[i + 1])
            yield Evidence(
                *("bins", f"to the baseline: {end}", i, f"[{low:g}, {high:g})"),
                number=share, count=round(share * 10_000), low=low, high=high,
            )  # fmt: skip
    for i, (p, q) in enumerate(zip(before, now, strict=True)):
        term = (p - q) * math.log(p / q)
        yield Evidence("bins", "to the baseline: terms", i, f"bin {i}", number=term)
    yield Evidence(
        "work", "to the baseline", 0, "PSI", number=0.231, text="sum of (p - q) ln(p / q)"
    )
    for i in range(12):
        index = 0.02 + 0.015 * (i % 3) + (0.2 if i > 8 else 0)
        yield Evidence(
            "series", "PSI by partition", i, f"2023-{i + 1:02d}", x=float(i), number=index,
            count=9_000, low=0.0, high=0.1,
        )  # fmt: skip


def categories() -> Iterator[Evidence]:
    values = {"JFK": (0.4, 0.31), "LGA": (0.33, 0.41), "EWR": (0.27, 0.2), "<b>&": (0, 0.08)}
    for side, end in enumerate(("baseline", "current")):
        for i, (value, shares) in enumerate(values.items()):
            yield Evidence(
                "bins", f"to the baseline: {end}", i, value, number=shares[side], count=100
            )


def window() -> Iterator[Evidence]:
    """Windows whose larger ones are wrong, and the bug that explains it."""
    for i in range(12):
        rate = 0.0 if i < 7 else min(0.9, 0.12 * (i - 6) ** 1.3)
        yield Evidence(
            "series", "mismatch rate by window population", i, f"{2**i:,}", x=float(2**i),
            number=rate, count=9_000 // (i + 1), low=max(0.0, rate - 0.02), high=rate + 0.03,
        )  # fmt: skip
    yield Evidence("work", "numbers", 0, "step at population", number=128.0)
    said = "the window keeps its last 100 events"
    name = "what explains the wrong values"
    yield Evidence("hypotheses", name, 0, said, number=0.94, count=1_410, text="cap_last")
    yield Evidence("hypotheses", name, 1, "unexplained", number=0.06, count=90)
    for i, (label, count) in enumerate((("equal", 8_500), ("different", 1_500))):
        yield Evidence("counts", "rows by result", i, label, count=count)


def nulls() -> Iterator[Evidence]:
    for i in range(24):
        yield Evidence(
            "series", "share of NULL in tailnum", i, f"w{i + 1}", x=float(i),
            number=0.01 + (0.22 if i > 15 else 0.002 * (i % 4)), count=5_000,
        )  # fmt: skip
    yield Evidence("hypotheses", "silent drift", 0, "null of tailnum", text="1% to 23%, since w17")


def unknown() -> Iterator[Evidence]:
    """A kind that no picture knows."""
    for i in range(3):
        yield Evidence("spectrum", "colours", i, f"colour {i}", x=1.5, low=0.0, text="seen")


def facts() -> Facts:
    """A night with something of everything, and eleven nights before it."""
    null = "orders.silent_drift.tailnum"
    moved, kinds = "orders.drift.delay", "orders.drift.origin"
    total, gone = "orders.window.total", "orders.completeness.dep_time"
    rows = [
        row(moved, "fail", observed_double=0.231, expected="PSI at most 0.1", reason="PSI 0.231"),
        row(kinds, "warn", observed_double=0.12, reason="PSI 0.120; unseen value"),
        row(total, "fail", observed_long=1_500, unit="rows", violations=1_500,
            reason="errors from population 128 on; the window keeps its last 100 events"),
        row(gone, "fail", observed_long=825, unit="rows", violations=825, expected="exactly 0 rows "
            "without a value", reason="825 of 10,000 rows without a value"),
        *(
            row(gone, "fail" if n % 4 else "pass", f"month={n}", rows=830, violations=n % 4 * 31,
                observed_long=n % 4 * 31, unit="rows", reason="rows without a value")
            for n in range(1, 13)
        ),
        row(null, "warn", reason="1 silent drift", observed_long=1),
        row("orders.range.amount", "pass", observed_long=0, unit="rows", expected="at least 0"),
        row("orders.freshness.at", "error", condition="CAST_INVALID_INPUT", reason="CAST_INVALID"),
        row("orders.sql_expression.x", "skipped", reason="text of another engine"),
        row("customers.row_count.", "not_evaluable", reason="the table has no rows", rows=0),
        row("customers.invalid_values.kind", "pass", observed_long=0, unit="rows"),
    ]  # fmt: skip
    before = [
        row(moved, "pass"), row(kinds, "fail"), row(total, "fail"), row(null, "warn"),
        row(gone, "fail"), row("orders.range.amount", "fail"), row("orders.freshness.at", "pass"),
        *(row(gone, "fail" if n % 4 == 1 else "pass", f"month={n}") for n in range(1, 13)),
    ]  # fmt: skip
    evidence = [
        *stored(moved, drift()), *stored(kinds, categories()), *stored(total, window()),
        *stored(null, nulls()), *stored("orders.range.amount", unknown()),
    ]  # fmt: skip
    runs = [run(-n, passed=8, failed=n % 4, warned=n % 3) for n in range(11, 0, -1)]
    last = run(passed=5, failed=12, warned=2, errors=1, skipped=1, not_evaluable=1)
    sample = [
        {"column": c, "value": v, "ordinal": n, "sample_mode": "mask", "sample_rows": 40}
        for n in (1, 2) for c, v in (("id", f"1***{n}"), ("dep_time", None))
    ]  # fmt: skip
    moments = [NOW - timedelta(days=9 - n) for n in range(3)]
    states = ("registered", "observing", "eligible")
    return Facts(
        run=last,
        location="/lake/sparkguard",
        results=tuple(rows),
        runs=(*runs, last),
        before=tuple(before),
        pins={
            name: PinRow(name, f"/lake/{name}", 7, "id", n, True)
            for name, n in (("orders", 10_000), ("customers", 0))
        },
        evidence=tuple(evidence),
        samples={(gone, ""): tuple(sample)},
        past=tuple(
            (r.run_id, row(moved, "pass" if n % 4 else "fail", observed_double=n / 50))
            for n, r in enumerate((*runs, last))
        ),
        shadow_verdicts=tuple(
            {
                "shadow": "orders_v2", "partition": f"month={n}",
                "outcome": ("clean", "dirty", "waived", "void")[max(0, n - 9)],
                "reason": "3 rows differ" if n == 10 else None,
            }
            for n in range(1, 13)
        ),
        shadow_changes=tuple(
            TransitionRow("shadow", "orders_v2", n + 1, state, "ana", "", at, f"r{n}")
            for n, (state, at) in enumerate(zip(states, moments, strict=True))
        ),
    )  # fmt: skip
