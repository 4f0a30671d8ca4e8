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


NULL = "orders.silent_drift.tailnum"
MOVED, KINDS = "orders.drift.delay", "orders.drift.origin"
TOTAL, GONE = "orders.window.total", "orders.completeness.dep_time"


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


def counted(rows: Iterable[ResultRow]) -> dict[str, int]:
    """Outcomes as the columns of `runs` name them."""
    names = {
        "pass": "passed", "warn": "warned", "fail": "failed", "error": "errors",
        "skipped": "skipped", "not_evaluable": "not_evaluable",
    }  # fmt: skip
    outcomes = [each.outcome for each in rows]
    return {names[outcome]: outcomes.count(outcome) for outcome in dict.fromkeys(outcomes)}


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


def metric() -> Iterator[Evidence]:
    """A metric of an evaluation with its interval and its coverage."""
    yield Evidence("work", "auc", 0, "auc", number=0.812, low=0.794, high=0.829)
    yield Evidence("work", "auc", 2, "coverage", number=0.93, count=9_300, text="MATURE")


def profile() -> Iterator[Evidence]:
    numbers = {"rows": 10_000, "null": 250, "distinct": 4_100, "mean": 41.5, "min": 1, "max": 99}
    for i, (name, number) in enumerate(numbers.items()):
        yield Evidence("work", "statistics", i, name, number=float(number))
    values = {0.05: 5, 0.25: 20, 0.5: 40, 0.75: 66, 0.95: 91}
    ranks = [(f"q{at * 100:02.0f}", at, value) for at, value in values.items()]
    for i, (rank, at, value) in enumerate(ranks):
        yield Evidence("series", "quantiles", i, rank, x=at, number=float(value))


def unknown() -> Iterator[Evidence]:
    """A kind that no picture knows."""
    for i in range(3):
        yield Evidence("spectrum", "colours", i, f"colour {i}", x=1.5, low=0.0, text="seen")


def history() -> list[tuple[RunRecord, list[ResultRow]]]:
    """Four nights, oldest first; the last has something of everything."""
    rows = [
        row(MOVED, "fail", observed_double=0.231, expected="PSI at most 0.1", reason="PSI 0.231"),
        row(KINDS, "warn", observed_double=0.12, reason="PSI 0.120; unseen value"),
        row(TOTAL, "fail", observed_long=1_500, unit="rows", violations=1_500,
            reason="errors from population 128 on; the window keeps its last 100 events"),
        row(GONE, "fail", observed_long=825, unit="rows", violations=825, expected="exactly 0 rows "
            "without a value", reason="825 of 10,000 rows without a value"),
        *(
            row(GONE, "fail" if n % 4 else "pass", f"month={n}", rows=830, violations=n % 4 * 31,
                observed_long=n % 4 * 31, unit="rows", reason="rows without a value")
            for n in range(1, 13)
        ),
        row(NULL, "warn", reason="1 silent drift", observed_long=1),
        row("orders.evaluation.auc", "pass", observed_double=0.812, expected="auc at least 0.8"),
        row("orders.profile.amount", "pass"),
        row("orders.range.amount", "pass", observed_long=0, unit="rows", expected="at least 0"),
        row("orders.freshness.at", "error", condition="CAST_INVALID_INPUT", reason="CAST_INVALID"),
        row("orders.sql_expression.x", "skipped", reason="text of another engine"),
        row("customers.row_count.", "not_evaluable", reason="the table has no rows", rows=0),
        row("customers.invalid_values.kind", "pass", observed_long=0, unit="rows"),
    ]  # fmt: skip
    before = [
        row(MOVED, "pass", observed_double=0.04), row(KINDS, "fail"), row(TOTAL, "fail"),
        row(NULL, "warn"), row(GONE, "fail"), row("orders.range.amount", "fail"),
        row("orders.freshness.at", "pass"),
        *(row(GONE, "fail" if n % 4 == 1 else "pass", f"month={n}") for n in range(1, 13)),
    ]  # fmt: skip
    older = [
        [row(MOVED, "pass" if n else "fail", observed_double=n / 50), row("orders.range.z", "warn")]
        for n in range(2)
    ]
    nights = zip((-3, -2, -1, 0), (*older, before, rows), strict=True)
    return [(run(n, **counted(found)), found) for n, found in nights]


def facts() -> Facts:
    """The last of the nights, as its report sees it."""
    nights = history()
    (_, before), (last, rows) = nights[-2:]
    evidence = [
        *stored(MOVED, drift()), *stored(KINDS, categories()), *stored(TOTAL, window()),
        *stored(NULL, nulls()), *stored("orders.range.amount", unknown()),
        *stored("orders.evaluation.auc", metric()), *stored("orders.profile.amount", profile()),
    ]  # fmt: skip
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
        runs=tuple(night for night, _ in nights),
        before=tuple(before),
        pins={
            name: PinRow(name, f"/lake/{name}", 7, "id", n, True)
            for name, n in (("orders", 10_000), ("customers", 0))
        },
        evidence=tuple(evidence),
        samples={(GONE, ""): tuple(sample)},
        past=tuple(
            (night.run_id, each)
            for night, found in nights
            for each in found
            if not each.slice and each.check_id in {r.check_id for r in rows}
        ),
        evaluations=tuple(
            {
                "check_id": "orders.evaluation.auc", "slice": f"week={n}", "metric": name,
                "value": value - n / 100, "low": value - n / 80, "high": value,
                "coverage": 1 - n / 20, "expected_coverage": 1 - n / 25,
                "n_labelled": 900, "n_predictions": 1_000,
            }
            for n in range(1, 11) for name, value in (("auc", 0.84), ("log_loss", 0.5))
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
