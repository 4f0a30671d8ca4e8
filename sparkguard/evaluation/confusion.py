"""Counts of what was predicted and what was true, and the metrics they give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sparkguard.drift.shares import wilson
from sparkguard.evaluation.metric import CONFIDENCE, Metric, undefined
from sparkguard.evaluation.scores import Scores


@dataclass(frozen=True)
class Counts:
    """True and false positives, false and true negatives, of one class or one threshold."""

    tp: int
    fp: int
    fn: int
    tn: int = 0


def at_threshold(scores: Scores, reached: int) -> Counts:
    """What is predicted positive when the score reaches `reached` of the declared thresholds."""
    above = scores.step >= reached
    return Counts(
        *(
            int(x.sum())
            for x in (
                scores.positives[above],
                scores.negatives[above],
                scores.positives[~above],
                scores.negatives[~above],
            )
        )
    )


def precision(of: Counts, suffix: str = "") -> Metric:
    return share(f"precision{suffix}", of.tp, of.tp + of.fp, "nothing was predicted positive")


def recall(of: Counts, suffix: str = "") -> Metric:
    return share(f"recall{suffix}", of.tp, of.tp + of.fn, "no label is positive")


def f1(of: Counts, suffix: str = "") -> Metric:
    """2 TP / (2 TP + FP + FN). Its interval is Wilson's of TP / (TP + FP + FN), carried over."""
    name = f"f1{suffix}"
    part = share(name, of.tp, of.tp + of.fp + of.fn, "nothing was positive, nor predicted so")
    if part.value is None or part.low is None or part.high is None:
        return part
    value = 2 * of.tp / (2 * of.tp + of.fp + of.fn)
    low, high = (2 * x / (1 + x) for x in (part.low, part.high))
    return Metric(name, value, low, high, error=(high - low) / 4)


def accuracy(of: Counts, suffix: str = "") -> Metric:
    every = of.tp + of.fp + of.fn + of.tn
    return share(f"accuracy{suffix}", of.tp + of.tn, every, "no labelled prediction")


def share(name: str, hits: int, of: int, reason: str) -> Metric:
    """`hits` of `of` rows, with Wilson's interval; `reason` is why there is no value of none."""
    if not of:
        return undefined(name, reason)
    low, high = wilson(hits, of, CONFIDENCE)
    return Metric(name, hits / of, float(low), float(high), error=float(high - low) / 4)


OTHER = "\ufffdother"
"""Stands for the classes beyond the `MOST_CLASSES` most frequent ones."""

MOST_CLASSES = 1_000


@dataclass(frozen=True)
class Confusion:
    """Rows by (true class, predicted class)."""

    counts: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Confusion:
        counts: dict[tuple[str, str], int] = {}
        for pair in pairs:
            counts[pair] = counts.get(pair, 0) + 1
        return cls(counts)

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(sorted({name for pair in self.counts for name in pair}))

    def by_class(self) -> Mapping[str, Counts]:
        """Each class against all others."""
        true: Counter[str] = Counter()
        predicted: Counter[str] = Counter()
        hits: Counter[str] = Counter()
        for (of, as_), rows in self.counts.items():
            true[of] += rows
            predicted[as_] += rows
            hits[of] += rows if of == as_ else 0
        found = {}
        for name in self.classes:
            tp = hits[name]
            fp, fn = predicted[name] - tp, true[name] - tp
            found[name] = Counts(tp, fp, fn, self.n - tp - fp - fn)
        return found

    def metrics(self) -> Iterator[Metric]:
        """Accuracy, and macro, micro and weighted F1.

        A class that neither occurs nor is predicted has no F1 and is no part of the mean.
        """
        by_class = self.by_class()
        correct = sum(c.tp for c in by_class.values())
        yield share("accuracy", correct, self.n, "no labelled prediction")
        scored = {name: (f1(c), c.tp + c.fn) for name, c in by_class.items()}
        values = [(m.value, weight) for m, weight in scored.values() if m.value is not None]
        if not values:
            for name in ("f1_macro", "f1_micro", "f1_weighted"):
                yield undefined(name, "no labelled prediction")
            return
        yield Metric("f1_macro", sum(v for v, _ in values) / len(values))
        wrong = self.n - correct
        micro = f1(Counts(correct, wrong, wrong), "_micro")
        yield micro
        yield Metric("f1_weighted", sum(v * w for v, w in values) / self.n)
