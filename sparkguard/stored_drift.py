"""Searches stored profiles for silent drift; opens no file of the table itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sparkguard.checks.base import Context, Judgement, TableFacts
from sparkguard.checks.silent_drift import SilentDrift
from sparkguard.datatypes import Struct
from sparkguard.ports import Clock, SystemClock
from sparkguard.profile import Profile
from sparkguard.results import Store


def search_stored(
    store: Store,
    dataset: str,
    schema: Struct,
    by: Sequence[str] = (),
    check: SilentDrift | None = None,
    *,
    before: datetime | None = None,
    clock: Clock | None = None,
) -> Judgement:
    """What the profiles of earlier runs say of a dataset, by partition or by version.

    `schema` is the table's, `by` the columns it was sliced by. Needs runs that measured the
    columns: an audit with the rule `silent_drift`.
    """
    rule = check or SilentDrift()
    facts = TableFacts(dataset, schema)
    context = Context(facts, before or (clock or SystemClock()).now(), by=tuple(by))
    history = store.history(dataset, rule.needs(context), limit=rule.wants_history, before=before)
    if not by:
        latest = max((past.version for past in history), default=0)
        now = [past for past in history if past.version == latest and past.slice.is_whole]
        context = replace(
            context,
            table=replace(facts, version=latest),
            seen=now[-1].profile if now else Profile(),
        )
    return rule.judge(Profile(), replace(context, history=history))
