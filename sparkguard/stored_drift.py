"""Searches stored profiles for silent drift; opens no file of the table itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sparkguard.checks.base import Context, Judgement, TableFacts, not_evaluable
from sparkguard.checks.silent_drift import SilentDrift
from sparkguard.datatypes import Struct
from sparkguard.deltalog import null_files, null_onset
from sparkguard.errors import ConfigurationError, did_you_mean
from sparkguard.ports import Clock, SystemClock
from sparkguard.profile import Profile
from sparkguard.results import Store
from sparkguard.results.baselines import Baselines
from sparkguard.slices import WHOLE, Slice
from sparkguard.snapshot import Snapshot
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Found:
    """What the stored profiles say of a table, and since when its log has a column empty.

    `empty` gives the first partition and the commit by column.
    """

    judgement: Judgement
    empty: Mapping[str, tuple[Slice, int]]


def search_table(
    spark: SparkSession,
    store: Store,
    dataset: str,
    table: TableRef | str,
    check: SilentDrift | None = None,
) -> Found:
    """Everything that can be told without reading a row of the table.

    Raises SnapshotError when the table or its log can't be read.
    """
    ref = TableRef.of(table)
    pinned = Snapshot.pin(spark, {dataset: ref})[dataset]
    _require_columns(pinned.schema, check, ref)
    baseline = Baselines(spark, store.location).in_force(dataset)
    approved = baseline[1] if baseline is not None else None
    judgement = search_stored(store, dataset, pinned.schema, check=check, approved=approved)
    columns = [field.name for field in pinned.schema if field.name not in pinned.partition_columns]
    files = null_files(spark, ref, columns)
    onsets = {name: null_onset(files[name], pinned.partition_columns) for name in columns}
    return Found(judgement, {name: at for name, at in onsets.items() if at is not None})


def search_stored(
    store: Store,
    dataset: str,
    schema: Struct,
    by: Sequence[str] | None = None,
    check: SilentDrift | None = None,
    *,
    approved: Profile | None = None,
    before: datetime | None = None,
    clock: Clock | None = None,
) -> Judgement:
    """What the profiles of earlier runs say of a dataset, by partition or by version.

    `schema` is the table's, `by` the columns it was sliced by, as the latest run did by default;
    `approved` is the baseline to compare with as well.
    Needs runs that measured the columns: an audit with the rule `silent_drift`.
    """
    rule = check or SilentDrift()
    facts = TableFacts(dataset, schema)
    context = Context(facts, before or (clock or SystemClock()).now(), by=tuple(by or ()))
    needs = rule.needs(context)
    history = store.history(dataset, needs, limit=1, before=before)
    if not history:
        return not_evaluable(
            f"no complete run measured what {dataset} needs; an audit with silent_drift does"
        )
    if by is None:
        latest = max(history, key=lambda past: (past.at, len(past.slice.values)), default=None)
        named = dict(latest.slice.values) if latest is not None else {}
        context = replace(context, by=tuple(name for name in schema.names if name in named))
    if not context.by:
        history = store.history(dataset, needs, (WHOLE,), limit=rule.wants_history, before=before)
        newest = max((past.version for past in history), default=0)
        now = [past for past in history if past.version == newest]
        context = replace(
            context,
            table=replace(facts, version=newest),
            seen=now[-1].profile if now else Profile(),
        )
    return rule.judge(Profile(), replace(context, history=history, baseline=approved))


def _require_columns(schema: Struct, check: SilentDrift | None, ref: TableRef) -> None:
    for path in check.columns if check is not None else ():
        if schema.at(path) is None:
            near = did_you_mean(".".join(path), schema.names)
            raise ConfigurationError(f"{ref} has no column {'.'.join(path)!r}.{near}")
