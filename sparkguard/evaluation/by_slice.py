"""Conditions that hold in a declared slice alone, while the whole looks well."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from scipy import stats

from sparkguard.drift.multiplicity import Q, discoveries
from sparkguard.drift.series import PAGE, score
from sparkguard.evaluation.conditions import (
    CONDITIONS,
    FEWEST,
    FLAWS,
    MOVED,
    MOVED_BY,
    Flaw,
)
from sparkguard.evaluation.feed import DEAD, DEAD_AT_LEAST, PARTIAL
from sparkguard.evaluation.seen import Day, Days
from sparkguard.evaluation.slice_feed import Expected, Slice, expected_labels, shares
from sparkguard.evaluation.watch import Found, State, Watch, date_of, day_text
from sparkguard.relations.effective_label import LabelBucket

_ORDER = (State.HEALTHY, State.UNKNOWN, State.DEGRADED, State.STARVED)


@dataclass(frozen=True)
class Tested:
    """One test of a slice: how likely the like is by chance, and what it found if its rule holds.

    A test whose rule does not hold counts among the tests, with a p of 1.
    """

    slice: str
    p: float = 1.0
    found: Found | None = None


def judged(name: str, of: Watch) -> Found:
    """The state of a condition: that of the whole, or of the slices that are worse."""
    whole = CONDITIONS[name](of)
    slices = _discovered(tuple(BY_SLICE[name](of))) if name in BY_SLICE else ()
    worse = [one for one in slices if _rank(one[1]) > _rank(whole)]
    if not worse:
        return whole
    worse.sort(key=lambda one: -_rank(one[1]))
    return replace(worse[0][1], slices=tuple(worse))


def _rank(found: Found) -> int:
    known = State.HEALTHY if found.state is State.UNKNOWN else found.state
    return _ORDER.index(known)


def _discovered(tests: Sequence[Tested]) -> tuple[tuple[str, Found], ...]:
    """The worst of each slice among the tests whose finding no chance explains, surest first."""
    hits = discoveries([one.p for one in tests], Q)
    found: dict[str, Found] = {}
    for one, hit in sorted(zip(tests, hits, strict=True), key=lambda item: item[0].p):
        if hit and one.found is not None:
            before = found.get(one.slice)
            if before is None or _rank(one.found) > _rank(before):
                found[one.slice] = one.found
    return tuple(found.items())


def _feed_dead(of: Watch) -> Iterator[Tested]:
    for one in of.slices:
        yield from _feed(of, one, State.STARVED, 0.0, DEAD)


def _feed_partial(of: Watch) -> Iterator[Tested]:
    for one in of.slices:
        yield from _feed(of, one, State.DEGRADED, DEAD, PARTIAL)


def _feed(of: Watch, one: Slice, state: State, least: float, most: float) -> Iterator[Tested]:
    """Days whose labels are from a share `least` to below `most` of what was to be expected."""
    days = expected_labels(one.days, of.today, of.cycle, of.horizon)
    others = shares(expected_labels(one.rest, of.today, of.cycle, of.horizon))
    tested: list[tuple[Day, float]] = []
    bad: list[Day] = []
    for day in of.days:
        share, seen = others.get(day, 1.0), days.get(day)
        if seen is None or seen.spread is None or share * seen.expected < DEAD_AT_LEAST:
            continue
        is_bad = least <= seen.observed / (share * seen.expected) < most
        bad += [day] if is_bad else []
        tested.append((day, seen.p(share) if is_bad else 1.0))
    found = _failed_days(of, days, bad, state) if bad else None
    for day, p in tested:
        yield Tested(one.name, p, found if day in bad else None)


def _failed_days(
    of: Watch, days: Mapping[Day, Expected], bad: Sequence[Day], state: State
) -> Found:
    since, first = bad[0], days[bad[0]]
    while since - 1 in days and days[since - 1].failed:
        since -= 1
    known = [days[day] for day in of.days if day in days]
    said = (
        f"on {day_text(bad[0])} {first.observed:,.0f} labels arrived where {first.expected:,.0f}"
        f" were expected; {len(bad)} of the last {len(of.days)} days"
    )
    return Found(
        state,
        said,
        since,
        sum(one.observed for one in known) / sum(one.expected for one in known),
        days=tuple((day, each.observed, each.expected) for day, each in days.items()),
    )


def _predictions_stopped(of: Watch) -> Iterator[Tested]:
    first = min(of.seen.predictions_by_day, default=of.today)
    for one in of.slices:
        mine, theirs = (
            {date_of(d): float(days.made[d]) for d in range(first, of.today)}
            for days in (one.days, one.rest)
        )
        for day in of.days:
            when = date_of(day)
            others = score(theirs, when).expected if when in theirs else None
            if others is not None:
                share = min(1.0, theirs[when] / others) if others >= FEWEST else 1.0
                yield _stopped(one, mine, day, share)


def _stopped(one: Slice, made: Mapping[date, float], day: Day, share: float) -> Tested:
    """A day on which `share` of what is usual would be as little as the other slices had.

    Of square roots, whose deviation is one half of a Poisson's at any size: a quiet weekend says
    nothing of how much a weekday varies.
    """
    when, roots = date_of(day), {each: math.sqrt(n) for each, n in made.items()}
    usual = score(roots, when, quantum=0.5).expected or 0.0
    expected = share * usual**2
    if expected < FEWEST:
        return Tested(one.name)
    lack = math.sqrt(expected) - usual
    z = score({**roots, when: roots[when] - lack}, when, quantum=0.5).z or 0.0
    if z >= -PAGE:
        return Tested(one.name)
    n = made[when]
    said = f"{n:,.0f} predictions on {day_text(day)} where {expected:,.0f} are usual"
    found = Found(State.DEGRADED if n else State.STARVED, said, day, n)
    return Tested(one.name, float(stats.norm.cdf(z)), found)


def _degenerate_labels(of: Watch) -> Iterator[Tested]:
    """Labels of one class. Shares of positives move with the day in a slice, by no fault."""
    for one in of.slices:
        past = [counts for day, counts in one.days.used.items() if day < of.days[0]]
        n, positive = (sum(counts[i] for counts in past) for i in (0, 1))
        if 0 < positive < n:
            yield _one_class(of, one, positive / n)


def _one_class(of: Watch, one: Slice, usual: float) -> Tested:
    n, positive = (sum(one.days.used.get(day, (0, 0))[i] for day in of.days) for i in (0, 1))
    missing = usual if positive == 0 else 1 - usual
    if positive not in (0, n) or n * missing < FEWEST:
        return Tested(one.name)
    said = f"all {n:,} labels that arrived are {'positive' if positive else 'negative'}"
    found = Found(State.STARVED, said, of.days[0], positive / n)
    return Tested(one.name, (1 - missing) ** n, found)


def _flawed(flaw: Flaw, of: Watch) -> Iterator[Tested]:
    for one in of.slices:
        rows, matched = (
            _rows_in(one.days, of.days, buckets) for buckets in ((flaw.bucket,), _EVERY)
        )
        if matched < FEWEST:
            continue
        if rows <= flaw.most * matched:
            yield Tested(one.name)
            continue
        first = next(day for day in of.days if one.days.rows[day, flaw.bucket])
        p = float(stats.binom.sf(rows - 1, matched, flaw.most))
        found = Found(State.DEGRADED, flaw.text(rows, matched), first, rows / matched)
        yield Tested(one.name, p, found)


_EVERY = tuple(LabelBucket)


def _rows_in(of: Days, days: Sequence[Day], buckets: Sequence[LabelBucket]) -> int:
    return sum(of.rows[day, bucket] for day in days for bucket in buckets)


def _restatement(of: Watch) -> Iterator[Tested]:
    """A label more or less moves a small slice: it takes both bounds, where the whole needs one.

    Of a metric without a standard error one label may have made the whole value.
    """
    for one in sorted((m for m in of.moved if m.slice), key=lambda m: m.by, reverse=True):
        if one.by > max(MOVED_BY, MOVED * (one.error or math.inf)):
            yield Tested(one.slice, 0.0, one.found(of.today))
        else:
            yield Tested(one.slice)


BY_SLICE: Mapping[str, Callable[[Watch], Iterator[Tested]]] = {
    "feed_dead": _feed_dead,
    "feed_partial": _feed_partial,
    "predictions_stopped": _predictions_stopped,
    "degenerate_labels": _degenerate_labels,
    **{name: partial(_flawed, flaw) for name, flaw in FLAWS.items()},
    "restatement": _restatement,
}
"""By the name of the condition. The others speak of all rows, or of slices already."""
