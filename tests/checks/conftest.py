"""Judges checks over small DataFrames the way a run does: needs, scans, judgements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from sparkguard.checks.base import Check, Context, Judgement, TableFacts
from sparkguard.datatypes import from_json
from sparkguard.layout import lay_out
from sparkguard.profile import Profile
from sparkguard.scan import run_scan
from sparkguard.slices import WHOLE, Slice
from tests.frames import Frames

AS_OF = datetime(2026, 1, 2, tzinfo=timezone.utc)


def context_of(frames: Mapping[str, Any], table: str, by: tuple[str, ...] = ()) -> Context:
    facts = {
        name: TableFacts(name, from_json(frame.schema.jsonValue()))
        for name, frame in frames.items()
    }
    return Context(facts[table], AS_OF, by=by, tables=facts)


def look(
    checks: Sequence[Check],
    frames: Mapping[str, Any],
    table: str = "t",
    by: tuple[str, ...] = (),
    context: Context | None = None,
) -> Context:
    """A context that has seen all that the checks need; they are asked until they need no more."""
    context = context or context_of(frames, table, by)
    seen = Profile()
    asked: dict[Any, None] = {}
    for _ in range(5):
        wanted = [n for check in checks for n in check.needs(replace(context, seen=seen))]
        fresh = [need for need in dict.fromkeys(wanted) if need not in asked]
        if not fresh:
            break
        asked.update(dict.fromkeys(fresh))
        for scan in lay_out(fresh, {table: by}):
            found = run_scan(scan, Frames(frames))
            assert not found.failures
            seen = Profile({**seen.states, **found.profile.states})
    return replace(context, seen=seen)


def judge_all(
    checks: Sequence[Check],
    frames: Mapping[str, Any],
    table: str = "t",
    by: tuple[str, ...] = (),
    where: Slice = WHOLE,
    context: Context | None = None,
) -> list[Judgement]:
    """One judgement per check; equal needs are scanned once."""
    context = replace(look(checks, frames, table, by, context), where=where)
    return [check.judge(context.seen.only(where), context) for check in checks]


@pytest.fixture(scope="session")
def observe() -> Callable[..., Context]:
    return look


@pytest.fixture(scope="session")
def judge() -> Callable[..., list[Judgement]]:
    return judge_all


@pytest.fixture(scope="session")
def context() -> Callable[..., Context]:
    return context_of
