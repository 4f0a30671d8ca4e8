"""Eleven ways in which an evaluation starves, each a state with a first day and an owner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sparkguard.drift.series import PAGE, score
from sparkguard.evaluation.feed import COMPARABLE, DEAD_AT_LEAST, Together, together
from sparkguard.evaluation.seen import Day
from sparkguard.evaluation.slice_feed import FAILED, OF_TRAFFIC
from sparkguard.evaluation.watch import Found, Moved, State, Watch, date_of, day_text
from sparkguard.relations.effective_label import LabelBucket

FEWEST = 20
ORPHANS = 0.05
MOVED, MOVED_BY = 2.0, 0.005
BLIND = 0.5
USUAL = 28


@dataclass(frozen=True)
class Flaw:
    """Label rows of `bucket`, which are at most a share `most` of those that arrive."""

    bucket: LabelBucket
    most: float
    words: str

    def text(self, rows: int, matched: int) -> str:
        """Of `rows` in the bucket among `matched` ones with a prediction."""
        said = f"{rows:,} of {matched:,} label rows that arrived {self.words}"
        return f"{said}; at most {self.most:.1%} may"


FLAWS: Mapping[str, Flaw] = {
    "replayed_feed": Flaw(LabelBucket.DUPLICATE, 0.01, "were delivered before"),
    "time_travel": Flaw(
        LabelBucket.BEFORE_PREDICTION, 0.001, "became true before the prediction was made"
    ),
}
"""By the name of the condition."""


_NO_PREDICTION = "there is no prediction at all"


def feed_dead(of: Watch) -> Found:
    bad = [day for day in of.days if day in of.feed and of.feed[day].is_dead]
    if bad or _tells(of):
        return _failed_days(of, bad, State.STARVED)
    return _failed_together(of, State.STARVED, lambda days: days.is_dead)


def feed_partial(of: Watch) -> Found:
    bad = [day for day in of.days if day in of.feed and of.feed[day].is_partial]
    if bad or _tells(of):
        return _failed_days(of, bad, State.DEGRADED)
    return _failed_together(of, State.DEGRADED, lambda days: days.is_partial and days.p < FAILED)


def _tells(of: Watch) -> bool:
    """Whether some day of the cycle expects so many labels that it can be judged by itself."""
    return any(of.feed[day].is_telling for day in of.days if day in of.feed)


def _failed_together(of: Watch, state: State, is_bad: Callable[[Together], bool]) -> Found:
    """Of the last days together, where no single one expects enough labels."""
    if not any(one.expected is not None for one in of.feed.values()):
        return Found(State.UNKNOWN, "too few days of labels are known to expect any")
    if not any(of.seen.arrivals.values()):
        return Found(State.UNKNOWN, "no label of a prediction has arrived yet to expect more")
    days = together(of.feed, of.today)
    if not days.is_telling:
        said = f"fewer than {DEAD_AT_LEAST:.0f} labels are expected of the last {COMPARABLE} days"
        return Found(State.UNKNOWN, said)
    if not is_bad(days):
        return Found(State.HEALTHY, observed=days.ratio)
    said = (
        f"in the {of.today - days.day} days from {day_text(days.day)} {days.observed:,} labels"
        f" arrived where {days.expected or 0:,.0f} were expected"
    )
    return Found(state, said, days.day, days.ratio)


def _failed_days(of: Watch, bad: Sequence[Day], state: State) -> Found:
    known = [of.feed[d] for d in of.days if d in of.feed and of.feed[d].expected is not None]
    observed = sum(arrivals.observed for arrivals in known)
    expected = sum(arrivals.expected or 0.0 for arrivals in known)
    ratio = observed / expected
    if not bad:
        return Found(State.HEALTHY, observed=ratio)
    since = bad[0]
    while since - 1 in of.feed and not of.feed[since - 1].is_normal:
        since -= 1
    first = of.feed[bad[0]]
    said = (
        f"on {day_text(bad[0])} {first.observed:,} labels arrived where {first.expected or 0:,.0f}"
        f" were expected; {len(bad)} of the last {len(of.days)} days"
    )
    return Found(state, said, since, ratio)


def join_break(of: Watch) -> Found:
    now, past = list(of.days), [of.days[0] - k for k in range(1, USUAL + 1)]
    arrived = of.arrived_in(now)
    if arrived < FEWEST:
        return Found(State.UNKNOWN, f"only {arrived} labels arrived")
    if not of.seen.predictions_by_day:
        return Found(State.UNKNOWN, _NO_PREDICTION)  # usual would be what is found
    share = 1 - of.rows_in(now) / arrived
    before = of.arrived_in(past)
    usual = 1 - of.rows_in(past) / before if before else 0.0
    if share <= usual + ORPHANS:
        return Found(State.HEALTHY, observed=share)
    said = f"{share:.1%} of the labels that arrived have no prediction; usual are {usual:.1%}"
    return Found(State.STARVED, said, now[0], share)


def predictions_stopped(of: Watch) -> Found:
    counts = of.seen.predictions_by_day
    if not counts:
        return Found(State.STARVED, _NO_PREDICTION, observed=0)
    points = {date_of(d): float(counts.get(d, 0)) for d in range(min(counts), of.today)}
    days = [day for day in of.days if date_of(day) in points]
    usual = sum(points.values()) / len(points) if points else 0.0
    empty = [day for day in days if not points[date_of(day)]]
    if empty and usual >= FEWEST:
        said = f"no prediction was made on {day_text(empty[0])}, usual are {usual:,.0f} a day"
        return Found(State.STARVED, said, empty[0], 0)
    scored = [(day, score(points, date_of(day))) for day in days]
    known = [(day, s.z, s.expected) for day, s in scored if s.z is not None]
    if not known:
        return Found(State.UNKNOWN, "fewer than four same weekdays are known")
    day, z, expected = min(known, key=lambda item: item[1])
    if z >= -PAGE:
        return Found(State.HEALTHY, observed=z)
    said = (
        f"{points[date_of(day)]:,.0f} predictions on {day_text(day)} where {expected or 0:,.0f} are"
        f" usual (z {z:.1f})"
    )
    return Found(State.DEGRADED, said, day, z)


def not_re_evaluated(of: Watch) -> Found:
    labelled = {day for day, _ in of.seen.arrivals}
    due = of.development.days_to(0.9) + 2 * of.cycle
    made = [day for day in of.seen.predictions_by_day if of.today - 1 - day >= due]
    if not made:
        return Found(State.UNKNOWN, "no cohort is old enough to be evaluated")
    age = of.today - 1 - max(labelled, default=min(of.seen.predictions_by_day))
    newest = of.today - 1 - max(of.seen.predictions_by_day)
    if age > due and newest <= due:
        said = f"the newest cohort with labels is {age} days old; at most {due} are usual"
        return Found(State.STARVED, said, of.today - age + due, age)
    total = sum(n for n, _ in of.by_version.values())
    blind = [v for v, (n, known) in of.by_version.items() if n > OF_TRAFFIC * total and not known]
    if len(of.by_version) > 1 and blind:
        return Found(State.DEGRADED, f"model version {blind[0]} has no evaluation", None, age)
    return Found(State.HEALTHY, observed=age)


def heartbeat_lost(of: Watch) -> Found:
    if of.last_run is None:
        return Found(State.UNKNOWN, "this is the first evaluation")
    pause = of.today - of.last_run
    if pause <= 2 * of.cycle:
        return Found(State.HEALTHY, observed=pause)
    said = f"the last evaluation looked from {pause} days earlier; one is due every {of.cycle}"
    return Found(State.DEGRADED, said, of.last_run + of.cycle, pause)


def degenerate_labels(of: Watch) -> Found:
    if not of.is_binary:
        return Found(State.UNKNOWN, "only the labels of a binary task are of two classes")
    known = of.seen.used_by_arrival
    n, positive = (sum(known.get(day, (0, 0))[i] for day in of.days) for i in (0, 1))
    if n < FEWEST:
        return Found(State.UNKNOWN, f"only {n} labels arrived")
    if positive in (0, n):
        said = f"all {n:,} labels that arrived are {'positive' if positive else 'negative'}"
        return Found(State.STARVED, said, of.days[0], positive / n)
    rates = {date_of(d): p / n for d, (n, p) in known.items() if n >= FEWEST}
    scored = [(d, score(rates, date_of(d), quantum=0.05)) for d in of.days if date_of(d) in rates]
    bad = [(day, s) for day, s in scored if s.z is not None and abs(s.z) > PAGE]
    if not bad:
        return Found(State.HEALTHY, observed=positive / n)
    day, found = bad[0]
    said = (
        f"{rates[date_of(day)]:.1%} of the labels of {day_text(day)} are positive;"
        f" {found.expected or 0:.1%} are usual (z {found.z or 0:.1f})"
    )
    return Found(State.DEGRADED, said, day, rates[date_of(day)])


def _flawed(flaw: Flaw, of: Watch) -> Found:
    rows, matched = of.rows_in(of.days, flaw.bucket), of.rows_in(of.days)
    if not matched:
        return Found(State.UNKNOWN, "no label arrived")
    share = rows / matched
    if share <= flaw.most:
        return Found(State.HEALTHY, observed=share)
    first = next(day for day in of.days if of.rows_in([day], flaw.bucket))
    return Found(State.DEGRADED, flaw.text(rows, matched), first, share)


def restatement(of: Watch) -> Found:
    if not of.seen.predictions_by_day:
        return Found(State.UNKNOWN, _NO_PREDICTION)
    bad = [m for m in of.moved if not m.slice and m.by > max(_least(m), 1e-12)]
    if not bad:
        return Found(State.HEALTHY, observed=0)
    return max(bad, key=lambda m: m.by).found(of.today, f"; {len(bad)} numbers moved")


def _least(of: Moved) -> float:
    return min(MOVED * of.error, MOVED_BY) if of.error else MOVED_BY


def slice_blindness(of: Watch) -> Found:
    total, labelled = of.coverage.get("", (0, 0))
    if not labelled or len(of.coverage) < 2:
        return Found(State.UNKNOWN, "there are no slices with labels to compare")
    overall = labelled / total
    shares = {
        name: known / n
        for name, (n, known) in of.coverage.items()
        if name and n >= OF_TRAFFIC * total and n >= FEWEST
    }
    if not shares:
        return Found(State.UNKNOWN, f"no slice has 1 % of the predictions, {FEWEST} at least")
    blind = sorted((share, name) for name, share in shares.items() if share < BLIND * overall)
    if not blind:
        return Found(State.HEALTHY, observed=min(shares.values()))
    share, name = blind[0]
    said = f"{share:.1%} of the predictions of {name} have a label, {overall:.1%} of all"
    return Found(State.DEGRADED, f"{said}; {len(blind)} slices", None, share)


def _by_name(*of: Callable[[Watch], Found]) -> Mapping[str, Callable[[Watch], Found]]:
    return {one.__name__: one for one in of}


CONDITIONS: Mapping[str, Callable[[Watch], Found]] = {
    **_by_name(
        feed_dead, feed_partial, join_break, predictions_stopped, not_re_evaluated,
        heartbeat_lost, degenerate_labels,
    ),
    **{name: partial(_flawed, flaw) for name, flaw in FLAWS.items()},
    **_by_name(restatement, slice_blindness),
}  # fmt: skip
"""By name, in the order of the guide."""
