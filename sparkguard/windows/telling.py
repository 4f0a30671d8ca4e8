"""Says in words and in evidence rows what a comparison and a replay found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sparkguard.errors import listed
from sparkguard.verdicts import Evidence
from sparkguard.windows import durations
from sparkguard.windows.bugs import bug_of
from sparkguard.windows.cases import WHOLE_HISTORY
from sparkguard.windows.catalogue import CATALOGUE
from sparkguard.windows.replay import Replayed, Score
from sparkguard.windows.statuses import Status
from sparkguard.windows.steps import HOT_UNIT, RUNGS, Counts, StepChange, curve, step_change


@dataclass(frozen=True)
class Extent:
    """Events in the smallest window with a wrong value, in the largest right one, in any."""

    smallest_wrong: int | None
    largest_right: int | None
    largest: int

    @property
    def hints(self) -> tuple[int, ...]:
        """Populations at which errors may begin."""
        found = (self.smallest_wrong, self.largest_right)
        return tuple(sorted({n for n in found if n}))

    @property
    def is_clean(self) -> bool:
        """True when every wrong window holds more events than every right one."""
        if self.smallest_wrong is None or self.largest_right is None:
            return False
        return self.largest_right < self.smallest_wrong


@dataclass(frozen=True)
class Told:
    """What is known of one feature in one slice. `limit` is how many source rows were read,
    where a cut of the source explains the wrong values."""

    counts: Counts
    statuses: Mapping[Status, int]
    extent: Extent
    function: str
    replayed: Replayed | None = None
    limit: int | None = None
    share: float = 1.0

    @property
    def mismatches(self) -> int:
        return sum(n for s, n in self.statuses.items() if s.is_mismatch)

    @property
    def hottest(self) -> Counts:
        """Those of entities that are compared because they are hot."""
        return {key: n for key, n in self.counts.items() if key[0] == HOT_UNIT}

    @property
    def rows(self) -> int:
        return sum(self.statuses.values())


def outcome_reason(told: Told) -> str:
    """Why the feature fails: what differs, which bug explains it, from which volume on."""
    kinds = [s.spoken(n) for s, n in told.statuses.items() if s.is_mismatch]
    compared = told.rows - sum(n for s, n in told.statuses.items() if s.is_excluded)
    sampled = "" if told.share == 1 else f" in a sample of {_percent(told.share)} of entities"
    if hot := told.hottest:
        sampled += f" and the hottest beside it ({sum(bad for bad, _ in hot.values()):,} of "
        sampled += f"{sum(every for _, every in hot.values()):,} rows of theirs differ)"
    parts = [f"{', '.join(kinds)} of {compared:,} rows compared{sampled}"]
    parts += filter(None, [explanation(told), beginning(told)])
    return "; ".join(parts)


def explanation(told: Told) -> str:
    """ "98.7 % of wrong values equal the sum of the last 10,000 rows: history capped at 10,000"."""
    found = told.replayed
    if found is None or not found.wrong:
        return ""
    best = found.best
    if not best:
        none = f"no known bug explains any of {found.wrong:,} replayed wrong values"
        return f"{none}{_unreplayed(found)}"
    first = best[0]
    text = f"{_share(first.explained, found.wrong)} of wrong values equal "
    text += spoken(first, told.function)
    text += f": {_cause(first, told)}"
    others = [s for s in best[1:] if s.bug != first.bug] or list(best[1:])
    if others:
        text += f" (as good: {'; '.join(spoken(s, told.function) for s in others[:3])})"
    if first.kept < found.right:
        broken = found.right - first.kept
        text += f", though it would break {broken:,} of {found.right:,} right values"
    if (second := found.runner_up) is not None:
        text += (
            f"; runner-up: {spoken(second, told.function)}, {_share(second.explained, found.wrong)}"
        )
    text += f"; unexplained: {_share(found.wrong - first.explained, found.wrong)}"
    left = _unreplayed(found) if first.explained < found.wrong else ""
    return f"{text} ({found.wrong:,} wrong values replayed{left})"


def _unreplayed(found: Replayed) -> str:
    """Which bugs could not be replayed on windows of entities that are too large."""
    if not found.unreplayed:
        return ""
    most = max(found.unreplayed.values())
    return (
        f"; {listed(found.unreplayed)} could not be replayed on {most:,} of them, of entities with "
        f"more than {WHOLE_HISTORY:,} events"
    )


def spoken(score: Score, function: str) -> str:
    """What wrong values equal: "the sum of the last 10,000 rows"."""
    if score.says.startswith(("the last", "the first")) and score.bug != "rows_for_range":
        return f"the {_NOUNS.get(function, function)} of {score.says}"
    return score.says


_NOUNS = {"count_distinct": "distinct count", "stddev": "deviation"}


def _cause(score: Score, told: Told) -> str:
    if score.cutoff is not None and told.limit is not None:
        return f"the source was cut to {told.limit:,} rows"
    return score.cause


def _share(part: int, whole: int) -> str:
    if part in (0, whole):
        return f"{100 * part // whole} %"
    return f"{min(99.9, max(0.1, 100 * part / whole)):.1f} %"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def beginning(told: Told, size: str = "population") -> str:
    """From which size of its windows on the feature is wrong; `size` names what is counted."""
    extent = told.extent
    if extent.is_clean:
        return (
            f"right up to a {size} of {extent.largest_right:,}, "
            f"errors start at {size} {extent.smallest_wrong:,}"
        )
    step = step_change(told.counts)
    if step is None or not step.is_step or extent.smallest_wrong is None:
        return ""
    edge = 2**step.at if step.at > 0 else step.at + 1
    return (
        f"errors start at a {size} of about {max(extent.smallest_wrong, edge):,}: of windows "
        f"of {edge:,} or more {_percent(step.above.rate)} are wrong, of smaller ones "
        f"{_percent(step.below.rate)} (p = {step.p:.3f})"
    )


def sensitivity(told: Told) -> str:
    """How many bugs the data at hand would have shown, and to which it is blind."""
    found = told.replayed
    if found is None or not found.sensitivity:
        return "not shown to be sensitive to any bug: no window could be replayed"
    blind = found.blind
    every = {bug_of(part) for part in found.sensitivity}
    unseen = {bug_of(part) for part in blind}
    text = f"would have shown {len(every - unseen)} of {len(every)} bugs"
    if blind:
        text += f"; blind to {', '.join(blind)}"
    if "cap_last" not in blind:
        text += f"; caps show only below {told.extent.largest:,}, the largest population"
    finest = {bug.name: bug.finest for bug in CATALOGUE}
    coarse = [
        f"{part} only from {durations.spoken(grain)} on"
        for part, grain in found.finest.items()
        if grain > finest[bug_of(part)]
    ]
    return f"{text}; shows {', '.join(coarse)}" if coarse else text


def evidence(told: Told) -> tuple[Evidence, ...]:
    """The rows behind the verdict: counts, volume curves, hypotheses, sensitivity."""
    return (
        *_counts(told),
        *_curves(told),
        *_hypotheses(told),
        *_blindness(told),
        *_work(told),
    )


def _counts(told: Told) -> Iterator[Evidence]:
    for n, (status, count) in enumerate(told.statuses.items()):
        label = status.name.lower()
        yield Evidence("counts", "rows by result", n, label, count=count)


def _curves(told: Told) -> Iterator[Evidence]:
    rungs = [("" if last == 100 else f"{share} of entities", curve(told.counts, last))
             for share, last in RUNGS]  # fmt: skip
    for which, points in (*rungs, ("hottest entities", curve(told.hottest, HOT_UNIT))):
        name = ", ".join(filter(None, ["mismatch rate by window population", which]))
        for n, point in enumerate(points):
            low, high = point.interval
            x = 0.0 if point.size < 0 else float(2**point.size)
            yield Evidence(
                "series", name, n, f"{x:,.0f}", x, point.rate, point.compared, low, high,
                which or None,
            )  # fmt: skip


def _hypotheses(told: Told) -> Iterator[Evidence]:
    found = told.replayed
    if found is None or not found.wrong:
        return
    for n, score in enumerate(found.ranked[:10]):
        text = f"{score.bug}: {_cause(score, told)}; right values kept: {score.kept} of "
        yield Evidence(
            "hypotheses", "what explains the wrong values", n, spoken(score, told.function),
            number=score.explained / found.wrong, count=score.explained,
            text=f"{text}{found.right}",
        )  # fmt: skip
    best = found.ranked[0].explained if found.ranked else 0
    yield Evidence(
        "hypotheses", "what explains the wrong values", 10, "unexplained",
        number=1 - best / found.wrong, count=found.wrong - best,
    )  # fmt: skip


def _blindness(told: Told) -> Iterator[Evidence]:
    if told.replayed is None:
        return
    titles = {b.name: b for b in CATALOGUE}
    for n, (name, windows) in enumerate(told.replayed.sensitivity.items()):
        text = None
        if not windows:
            text = f"insensitive: needs {titles[bug_of(name)].needs or 'other values'}"
        elif (grain := told.replayed.finest.get(name)) is not None:
            text = f"from {durations.spoken(grain)} on"
        yield Evidence(
            "counts", "windows each bug would change (up to 3)", n, name, count=windows, text=text
        )


def _work(told: Told) -> Iterator[Evidence]:
    numbers: list[tuple[str, float | None]] = [
        ("rows required", told.rows),
        ("rows compared", told.rows - sum(n for s, n in told.statuses.items() if _left_out(s))),
        ("rows missing", sum(n for s, n in told.statuses.items() if s.is_missing)),
        ("rows excluded", sum(n for s, n in told.statuses.items() if s.is_excluded)),
        ("share of entities", told.share),
        ("smallest population with a wrong value", told.extent.smallest_wrong),
        ("largest population with a right value", told.extent.largest_right),
        ("largest population", told.extent.largest),
    ]
    step: StepChange | None = step_change(told.counts)
    if step is not None:
        at = float(2 ** max(step.at, 0)) if step.is_step else None
        numbers += [("step at population", at), ("step p-value", step.p)]
    if told.replayed is not None:
        numbers += [("windows in dispute between two oracles", told.replayed.disputed)]
    for n, (label, number) in enumerate(numbers):
        if number is not None:
            yield Evidence("work", "numbers", n, label, number=float(number))


def _left_out(status: Status) -> bool:
    return status.is_excluded or status.is_missing
