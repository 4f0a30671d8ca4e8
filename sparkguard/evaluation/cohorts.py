"""Which cohorts' truth has come: what is watched of all of them, and those that may be judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from sparkguard.evaluation.declaration import Declaration
from sparkguard.evaluation.maturity import Maturity
from sparkguard.evaluation.rows import Standing, standing
from sparkguard.evaluation.seen import Day, Group, Seen
from sparkguard.evaluation.watch import Watch
from sparkguard.measures.keyed_sums import KeyedSumsState
from sparkguard.relations.label_rows import LabelRow


def watched(
    of: Declaration,
    seen: Seen,
    cohorts: Sequence[Seen],
    label_rows: Mapping[tuple[Day | None, LabelRow], int],
    today: Day,
) -> Watch:
    """What the conditions look at: `seen` is of all `cohorts`, `label_rows` by day of arrival."""
    known = {d: n for (d, row), n in label_rows.items() if row is LabelRow.KNOWN and d is not None}
    watch = Watch(
        seen,
        today,
        of.horizon_days,
        of.cycle_days,
        known,
        {key: n for key, n in label_rows.items() if key[1] is not LabelRow.KNOWN},
        by_version={
            group.version: counts
            for group, counts in _counts(of, seen)
            if not group.slice and group.version is not None
        },
        is_total_unknown=of.denominator == "unknown",
        is_binary=of.task == "binary",
        cohorts=tuple(cohorts),
    )
    return replace(watch, coverage=_coverage(of, watch))


def _coverage(of: Declaration, watch: Watch) -> dict[str, tuple[int, int]]:
    """(predictions, labelled) by slice of the youngest cohort whose labels should be there.

    Of the whole table where no cohort is so old: what lacks lately would hide in a year.
    """
    ripe = [one for one in watch.cohorts if standing(one, watch.development, False).is_ripe]
    seen = max(ripe, key=lambda one: max(one.predictions_by_day, default=0), default=watch.seen)
    return {g.name: counts for g, counts in _counts(of, seen) if g.version is None}


def _counts(of: Declaration, seen: Seen) -> Iterator[tuple[Group, tuple[int, int]]]:
    """(predictions, labelled) of each group."""
    task = of.kind_of_task
    for group in seen.groups():
        cells = seen.cells(group)
        yield group, (task.predicted(cells), task.labelled(cells))


def standing_of(seen: Seen, watch: Watch) -> Standing:
    """How far the truth of what is in `seen` has come; a feed that fails now starves it."""
    days = [watch.feed[day] for day in watch.days if day in watch.feed]
    starved = any(not arrivals.is_normal for arrivals in days)
    return standing(seen, watch.development, starved)


def ripe(watch: Watch) -> Seen:
    """The cohorts that may be held to limits, in one; all of them where none may."""
    young = [one.state for one in watch.cohorts if not standing_of(one, watch).is_ripe]
    if len(young) in (0, len(watch.cohorts)):
        return watch.seen
    left = watch.seen.state.minus(reduce(KeyedSumsState.merge, young))
    return replace(watch.seen, state=left)


def too_early(stands: Standing, watch: Watch) -> str:
    """Why what stands so is not held to limits yet."""
    if stands.maturity is not Maturity.UNKNOWN:
        why = f"{stands.coverage or 0:.1%} of the predictions have a label"
    elif watch.development.is_whole:
        why = "from the labels that arrived nobody can tell how many are to come"
    else:
        why = f"no cohort has reached the horizon of {watch.horizon} days"
    return f"{stands.maturity}: {why}, too early to judge"
