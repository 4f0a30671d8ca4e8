"""The typed rows that prove a judgement on an evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sparkguard.evaluation.chain_ladder import ChainLadder
from sparkguard.evaluation.maturity import Ladder
from sparkguard.evaluation.metric import Metric, z_of
from sparkguard.evaluation.rows import Standing
from sparkguard.evaluation.seen import Day, Ledger, Seen
from sparkguard.evaluation.watch import Found, Watch, day_text
from sparkguard.relations.effective_label import LabelBucket, PredictionBucket
from sparkguard.relations.label_rows import LabelRow
from sparkguard.verdicts import Evidence

MOST_DAYS = 120
"""As many as a report draws; older ones are in the states."""

MOST_DRAWN = 3
TO_COME = "labels to come"
_UNREAD = (LabelRow.NULL_ID, LabelRow.NO_ARRIVAL, LabelRow.NOT_YET)


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
    for i, row in enumerate(_UNREAD, start=len(LabelBucket) + 1):
        count = sum(n for (_, found), n in watch.unread.items() if found is row)
        yield Evidence("counts", "labels", i, label=row.name.lower(), count=count)
    if isinstance(watch.development, Ladder) and watch.development.ladder is not None:
        yield _to_come(watch.development.ladder)
    known = [arrivals for arrivals in watch.feed.values() if arrivals.expected is not None]
    days = ((one.day, float(one.observed), one.expected or 0.0) for one in known)
    yield from _arrivals("labels that arrived, and were expected", sorted(days))


def _to_come(ladder: ChainLadder) -> Evidence:
    """Labels still to come, of all days that have any, with their normal interval."""
    n, half = ladder.outstanding, z_of() * ladder.standard_error
    return Evidence(
        "work", TO_COME, 0, label=TO_COME, number=n, low=max(0.0, n - half), high=n + half,
        text=f"of {sum(ladder.ultimates):,.0f} in all, by the chain ladder",
    )  # fmt: skip


def _arrivals(name: str, days: Sequence[tuple[Day, float, float]]) -> Iterator[Evidence]:
    for i, (day, observed, expected) in enumerate(days[-MOST_DAYS:]):
        yield Evidence("series", name, i, day_text(day), float(i), observed, high=expected)


def of_slices(found: Found) -> Iterator[Evidence]:
    """What was found of each slice, and the days of the first ones where a feed is judged."""
    for i, (name, of_slice) in enumerate(found.slices):
        yield Evidence(
            "work", "slices", i, label=name, number=of_slice.observed, text=of_slice.text
        )
    for name, of_slice in found.slices[:MOST_DRAWN]:
        yield from _arrivals(f"labels of {name} that arrived, and were expected", of_slice.days)


def metric_evidence(metric: Metric, ledger: Ledger, stands: Standing) -> Iterator[Evidence]:
    """The value with its intervals and parts, and never without its coverage."""
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
    if metric.reweighted is not None and metric.effective is not None:
        yield Evidence(
            "work", metric.name, 3, label="reweighted to the scores of all predictions",
            number=metric.reweighted, count=round(metric.effective),
            text="worth so many labels, if labels are missing at random given the score",
        )  # fmt: skip
    for i, (label, number) in enumerate(metric.parts, start=4):
        yield Evidence("work", metric.name, i, label=label, number=number)
