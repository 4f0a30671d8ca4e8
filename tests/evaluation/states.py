"""States of predictions with truth, made in plain Python, and what a check is given of them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from sparkguard.checks.base import Check, Context, Judgement, TableFacts
from sparkguard.checks.evaluation import Accounting, Evaluation, _Part
from sparkguard.datatypes import Struct, parse
from sparkguard.errors import Location
from sparkguard.evaluation.scores import bin_of, cell_of
from sparkguard.measures.keyed_sums import KeyedSumsState
from sparkguard.options import convert
from sparkguard.profile import Profile
from sparkguard.relations.daily import Daily
from sparkguard.relations.effective_label import LabelBucket, PredictionBucket
from sparkguard.slices import WHOLE, Slice

FIRST = 15_340  # 2012-01-01, a Sunday
TRUTH = {"table": "truth", "label": "late", "event_time": "at", "arrival_time": "known"}
OPTIONS: dict[str, Any] = {
    "task": "binary", "id": "id", "time": "made", "score": "score", "truth": TRUTH,
    "horizon": "P3D", "owner": "ann", "slices": ["origin"], "fewest": 20,
}  # fmt: skip


@dataclass(frozen=True)
class One:
    """A prediction; `arrival` is its label's day, None without one. Days count from `FIRST`."""

    day: int
    score: float
    truth: bool | None = None
    arrival: int | None = None
    origin: str = "JFK"
    label: LabelBucket = LabelBucket.USED
    version: str = ""


def declared(**more: Any) -> Evaluation:
    return convert(Evaluation, {**OPTIONS, **more}, "evaluation", lambda option: Location("c"))


def state_of(rows: Iterable[One], today: int, horizon: int = 3) -> KeyedSumsState:
    """As Spark would find them `today`, a day from `FIRST`."""
    found: dict[tuple[Any, ...], tuple[int, ...]] = {}

    def add(key: tuple[Any, ...], sums: tuple[int, ...]) -> None:
        before = found.get(key, (0,) * len(sums))
        found[key] = tuple(a + b for a, b in zip(before, sums, strict=True))

    for one in rows:
        known = one.arrival is not None and one.arrival < today
        used = known and one.label is LabelBucket.USED
        bucket = PredictionBucket.LABELLED if used else PredictionBucket.OVERDUE
        if not used and one.day + horizon >= today:
            bucket = PredictionBucket.PENDING
        truth = one.truth if used else None
        arrival = FIRST + (one.arrival or 0) if known else None
        label = int(one.label) if known else None
        ledger = (-1, one.version, None, FIRST + one.day, int(bucket), arrival, label)
        add((*ledger, None, None), (1, int(known), 0, int(bool(truth)), 0, 0, 0, 0))
        nothing = (None,) * 2
        value, positive = (None, one.origin), int(bool(truth))
        add((Daily.MADE.of(0), *value, FIRST + one.day, None, None, None, *nothing),
            (1, int(known), 0, positive, 0, 0, 0, 0))  # fmt: skip
        if known:
            add((Daily.ARRIVED.of(0), *value, None, None, arrival, label, *nothing),
                (1, 1, 0, positive, 0, 0, 0, 0))  # fmt: skip
        if used and one.arrival is not None:
            age = min(horizon, one.arrival - one.day)
            add((Daily.AGED.of(0), *value, age, None, None, None, *nothing),
                (1, 1, 0, positive, 0, 0, 0, 0))  # fmt: skip
        cell = (0, one.version, one.origin, None, None, None, None)
        add((*cell, bin_of(one.score), int(one.score >= 0.5)), (1, *cell_of(one.score, truth)))
    return KeyedSumsState(found)


def context_of(
    of: Check,
    cohorts: Mapping[Slice, KeyedSumsState],
    label_rows: Mapping[int, int],
    today: int,
    **more: Any,
) -> Context:
    """What a run gives the parts of `of` on the morning of `today`."""
    facts = {
        "preds": TableFacts("preds", struct(
            "id BIGINT, made TIMESTAMP, score DOUBLE, origin STRING, week INT, model STRING")),
        "truth": TableFacts("truth", struct(
            "id BIGINT, late BOOLEAN, at TIMESTAMP, known TIMESTAMP, version INT"), version=7),
    }  # fmt: skip
    as_of = datetime(2012, 1, 1, tzinfo=timezone.utc) + timedelta(days=today)
    by = ("week",) if any(not where.is_whole for where in cohorts) else ()
    context = Context(facts["preds"], as_of, by=by, tables=facts, **more)
    part = next(iter(of.expand(context).values()))
    assert isinstance(part, Accounting)
    truth, labels = part.needs(context)
    rows = KeyedSumsState({(FIRST + day, 0): (n,) for day, n in label_rows.items()})
    states: dict[Any, Any] = {(truth, where): state for where, state in cohorts.items()}
    return replace(context, seen=Profile({**states, (labels, WHOLE): rows}))


N = 60  # predictions a day


def days(
    n: int, seed: int = 1, skill: float = 1.0, lost: Mapping[int, float] | None = None
) -> list[One]:
    """`n` days of predictions, each with its label on the next day but for a share `lost`."""
    draw, found = random.Random(seed), []
    for day in range(n):
        for i in range(N):
            positive = draw.random() < 0.3
            score = min(0.99, max(0.01, draw.gauss(0.35 + 0.35 * skill * positive, 0.15)))
            arrives = draw.random() >= (lost or {}).get(day + 1, 0.0)
            origin = "EWR" if i % 3 else "JFK"
            found.append(One(day, score, positive, day + 1 if arrives else None, origin))
    return found


def seen_on(
    today: int, rows: list[One], of: Any = None, by_week: bool = False, **more: Any
) -> Context:
    of = of or declared()
    arrived: dict[int, int] = {}
    for one in rows:
        if one.arrival is not None and one.arrival < today:
            arrived[one.arrival] = arrived.get(one.arrival, 0) + 1
    cohorts = {WHOLE: state_of(rows, today)}
    if by_week:
        weeks: dict[Slice, list[One]] = {}
        for one in rows:
            weeks.setdefault(Slice.of({"week": str(one.day // 7)}), []).append(one)
        cohorts = {where: state_of(some, today) for where, some in weeks.items()}
    return context_of(of, cohorts, arrived, today, **more)


def judged(of: Check, name: str, context: Context, where: Slice = WHOLE) -> Judgement:
    part = of.expand(context)[name]
    assert isinstance(part, _Part)
    context = replace(context, where=where, survey=part.survey(context))
    return part.judge(context.seen.only(where), context)


def struct(columns: str) -> Struct:
    fields = ", ".join(c.strip().replace(" ", ": ", 1) for c in columns.split(","))
    found = parse(f"struct<{fields.lower()}>")
    assert isinstance(found, Struct)
    return found
