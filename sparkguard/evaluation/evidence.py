"""The typed rows that prove a judgement on an evaluation."""

from __future__ import annotations

from collections.abc import Iterator

from sparkguard.evaluation.conditions import Watch, day_text
from sparkguard.evaluation.metric import Metric
from sparkguard.evaluation.rows import Standing
from sparkguard.evaluation.seen import Ledger, Seen
from sparkguard.relations.effective_label import LabelBucket, PredictionBucket
from sparkguard.verdicts import Evidence

MOST_DAYS = 120
"""As many as a report draws; older ones are in the states."""


def ledgers(seen: Seen, watch: Watch | None) -> Iterator[Evidence]:
    """Both ledgers; of the whole table also the labels of no prediction, and arrivals by day."""
    ledger = seen.ledger
    for i, bucket in enumerate(PredictionBucket):
        label = bucket.name.lower()
        yield Evidence("counts", "predictions", i, label=label, count=ledger.of(bucket))
    for i, kind in enumerate(LabelBucket):
        yield Evidence("counts", "labels", i, label=kind.name.lower(), count=ledger.of(kind))
    if watch is None:
        return
    orphans = sum(watch.label_rows.values()) - ledger.matched
    yield Evidence("counts", "labels", len(LabelBucket), label="orphan", count=orphans)
    known = [arrivals for arrivals in watch.feed.values() if arrivals.expected is not None]
    days = sorted(known, key=lambda arrivals: arrivals.day)[-MOST_DAYS:]
    for i, arrivals in enumerate(days):
        yield Evidence(
            "series", "labels that arrived, and were expected", i, day_text(arrivals.day), float(i),
            float(arrivals.observed), high=arrivals.expected,
        )  # fmt: skip


def metric_evidence(metric: Metric, ledger: Ledger, stands: Standing) -> Iterator[Evidence]:
    """The value with its intervals, and never without its coverage."""
    yield Evidence(
        "work", metric.name, 0, label=metric.name, number=metric.value,
        low=metric.low, high=metric.high, text=metric.reason or None,
    )  # fmt: skip
    yield Evidence(
        "work", metric.name, 1, label="bounds of the unbinned metric",
        low=metric.bin_low, high=metric.bin_high,
    )  # fmt: skip
    yield Evidence(
        "work", metric.name, 2, label="coverage", number=ledger.coverage,
        high=stands.expected, count=ledger.labelled, text=stands.maturity.value,
    )  # fmt: skip
