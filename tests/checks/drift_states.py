"""States of two columns of flights by month, and what their drift checks say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import numpy as np

from sparkguard.checks.base import Approved, Check, Context, Judged, Judgement, TableFacts
from sparkguard.checks.drift import Drift, FeatureDrift
from sparkguard.datatypes import Atomic, Field, Struct
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.families import Family
from sparkguard.measures.values import Values, ValuesState
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE, Slice

EDGES = tuple(float(i) for i in range(1, 100))
SCHEMA = Struct(
    (
        Field("month", Atomic("integer")),
        Field("delay", Atomic("double")),
        Field("dest", Atomic("string")),
        Field("at", Atomic("timestamp")),
    )
)
FACTS = TableFacts("flights", SCHEMA, version=7)
TABLE = Table("flights")
DELAY = Need(TABLE, Bins(("delay",), Family.FLOAT, EDGES))
DEST = Need(TABLE, Values(("dest",), Family.STRING))


def month(n: int | str) -> Slice:
    return Slice.of({"month": str(n)})


def bins(rows: int = 10_000, shift: float = 0.0, null: int = 0) -> BinsState:
    p = np.full(100, 0.01)
    p[:50] -= shift / 50
    p[50:] += shift / 50
    return BinsState(tuple(int(x) for x in np.round(p * rows)), null)


def context(states: Mapping[tuple[Need[Any], Slice], Any] | None = None, **more: Any) -> Context:
    baseline = Profile({(DELAY, WHOLE): bins(30_000), (DEST, WHOLE): values(30_000)})
    return Context(
        FACTS,
        datetime(2024, 1, 1, tzinfo=timezone.utc),
        by=("month",),
        seen=Profile(states or {}),
        baseline=more.pop("baseline", baseline),
        approved=Approved("q1", 3),
        tables={"flights": FACTS},
        **more,
    )


def values(rows: int, of_a: float = 0.6) -> ValuesState:
    return ValuesState({"a": round(rows * of_a), "b": rows - round(rows * of_a)})


def checks(**options: Any) -> dict[str, FeatureDrift]:
    found = Drift(**options).expand(context())
    assert all(isinstance(check, FeatureDrift) for check in found.values())
    return found  # type: ignore[return-value]


def run(
    check: Check, states: Mapping[tuple[Need[Any], Slice], Any], slices: list[Slice], **more: Any
) -> dict[Slice, Judgement]:
    seen = context(states, **more)
    seen = replace(seen, survey=check.survey(seen))
    judged = tuple(
        Judged(
            "flights.drift",
            check,
            where,
            check.judge(seen.seen.only(where), replace(seen, where=where)),
        )
        for where in slices
    )
    return {one.slice: one.judgement for one in type(check).settle(judged)}


def by_month(states: list[Any], need: Need[Any] = DELAY) -> dict[tuple[Need[Any], Slice], Any]:
    return {(need, month(i)): state for i, state in enumerate(states, start=1)}


def outcomes(states: list[Any], need: Need[Any] = DELAY, **more: Any) -> list[str]:
    check = checks()[need.measure.column[0]]
    found = run(
        check, by_month(states, need), [WHOLE, *map(month, range(1, len(states) + 1))], **more
    )
    return [j.outcome.value for j in found.values()]
