"""What one scan saw of predictions and their truth: ledgers, days, and cells by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sparkguard.measures.keyed_sums import KeyedSumsState
from sparkguard.relations.daily import LEDGER_KEYS, Daily, Kind, kind_of
from sparkguard.relations.effective_label import LabelBucket, PredictionBucket

Day = int
"""Days since 1970, UTC."""

LABELLED = (PredictionBucket.LABELLED, PredictionBucket.DUPLICATE_LABEL)
UNIQUE = (
    *LABELLED,
    PredictionBucket.CONFLICTING,
    PredictionBucket.PENDING,
    PredictionBucket.OVERDUE,
)

_CELL = 3 + len(LEDGER_KEYS)
Cell = tuple[str | int | None, ...]


@dataclass(frozen=True)
class Group:
    """What metrics are told apart by within a cohort: model version and one declared slice.

    `version` is None for all versions; `slice` is the column, empty for all rows.
    """

    version: str | None = None
    slice: str = ""
    value: str | None = None

    @property
    def name(self) -> str:
        said = "NULL" if self.value is None else self.value
        of = f"{self.slice}={said}" if self.slice else ""
        return " ".join(filter(None, (of, f"version {self.version}" if self.version else "")))


@dataclass(frozen=True)
class Ledger:
    """Rows by bucket. `label_rows`, with those that no prediction has, are of the label table."""

    predictions: Mapping[PredictionBucket, int]
    labels: Mapping[LabelBucket, int]
    backfilled: int = 0

    @property
    def rows(self) -> int:
        """Rows of the predictions."""
        return sum(self.predictions.values())

    @property
    def unique(self) -> int:
        return sum(self.predictions.get(bucket, 0) for bucket in UNIQUE)

    @property
    def labelled(self) -> int:
        return sum(self.predictions.get(bucket, 0) for bucket in LABELLED)

    @property
    def matched(self) -> int:
        """Label rows that have a prediction."""
        return sum(self.labels.values())

    @property
    def coverage(self) -> float | None:
        return self.labelled / self.unique if self.unique else None

    def of(self, bucket: PredictionBucket | LabelBucket) -> int:
        if isinstance(bucket, PredictionBucket):
            return self.predictions.get(bucket, 0)
        return self.labels.get(bucket, 0)


@dataclass(frozen=True)
class Days:
    """What one slice had by day: `made` predictions, `arrived` used labels without backfilled ones.

    `ages` are these labels by their age in days, `used` are (used labels, positive ones) and
    `rows` all label rows that have a prediction, both by day of arrival.
    """

    made: Counter[Day] = field(default_factory=Counter)
    arrived: Counter[Day] = field(default_factory=Counter)
    ages: Counter[int] = field(default_factory=Counter)
    used: dict[Day, tuple[int, int]] = field(default_factory=dict)
    rows: Counter[tuple[Day, LabelBucket]] = field(default_factory=Counter)

    def add(self, which: Daily, key: Cell, sums: tuple[int, ...]) -> None:
        first, arrival, label = int(key[0] or 0), int(key[2] or 0), key[3]
        if which is Daily.MADE:
            self.made[first] += sums[0]
        elif which is Daily.AGED:
            self.ages[first] += sums[1] - sums[2]
        else:
            self.rows[arrival, LabelBucket(int(label or 0))] += sums[1]
            if label == LabelBucket.USED:
                self.arrived[arrival] += sums[1] - sums[2]
                n, positive = self.used.get(arrival, (0, 0))
                self.used[arrival] = n + sums[1], positive + sums[3]


@dataclass(frozen=True)
class Seen:
    """`state` is of `PredictionWithTruth`; `slices` are its declared columns in their order."""

    state: KeyedSumsState
    slices: tuple[str, ...] = ()

    @cached_property
    def ledger(self) -> Ledger:
        predictions: Counter[PredictionBucket] = Counter()
        labels: Counter[LabelBucket] = Counter()
        backfilled = 0
        for _, prediction, _, label, sums in self._ledger:
            if prediction is not None:
                predictions[PredictionBucket(prediction)] += sums[0]
            if label is not None:
                labels[LabelBucket(label)] += sums[1]
            backfilled += sums[2]
        return Ledger(predictions, labels, backfilled)

    @cached_property
    def _ledger(
        self,
    ) -> tuple[tuple[Day | None, int | None, Day | None, int | None, tuple[int, ...]], ...]:
        return tuple(
            (*key[3:_CELL], sums)  # type: ignore[misc]
            for key, sums in self.state.sums.items()
            if key[0] == int(Kind.LEDGER)
        )

    @cached_property
    def predictions_by_day(self) -> Mapping[Day, int]:
        """Unique predictions."""
        found: Counter[Day] = Counter()
        for day, bucket, _, _, sums in self._ledger:
            if bucket in UNIQUE and day is not None:
                found[day] += sums[0]
        return found

    @cached_property
    def arrivals(self) -> Mapping[tuple[Day, Day], int]:
        """Used labels by day of the prediction and of their arrival, without backfilled ones."""
        found: Counter[tuple[Day, Day]] = Counter()
        for day, _, arrival, label, sums in self._ledger:
            if label == LabelBucket.USED and day is not None and arrival is not None:
                found[day, arrival] += sums[1] - sums[2]
        return found

    @cached_property
    def used_by_arrival(self) -> Mapping[Day, tuple[int, int]]:
        """(used labels, positive ones) by day of arrival."""
        found: dict[Day, tuple[int, int]] = {}
        for _, _, arrival, label, sums in self._ledger:
            if label == LabelBucket.USED and arrival is not None:
                n, positive = found.get(arrival, (0, 0))
                found[arrival] = (n + sums[1], positive + sums[3])
        return found

    @cached_property
    def label_rows_by_arrival(self) -> Mapping[tuple[Day, LabelBucket], int]:
        found: Counter[tuple[Day, LabelBucket]] = Counter()
        for _, _, arrival, label, sums in self._ledger:
            if label is not None and arrival is not None:
                found[arrival, LabelBucket(label)] += sums[1]
        return found

    @cached_property
    def days_by_slice(self) -> Mapping[Group, Days]:
        """Of every value of each declared slice."""
        found: dict[Group, Days] = {}
        for key, sums in self.state.sums.items():
            if (of := kind_of(int(key[0] or 0))) is not None:
                which, i = of
                value = None if key[2] is None else str(key[2])
                group = Group(None, self.slices[i], value)
                found.setdefault(group, Days()).add(which, key[3:_CELL], sums)
        return found

    @cached_property
    def versions(self) -> tuple[str, ...]:
        return tuple(sorted({str(k[1]) for k in self.state.sums if k[0] == 0 and k[1] is not None}))

    def groups(self) -> Iterator[Group]:
        """All rows, each slice; then the same of each version, where there are several."""
        versions: tuple[str | None, ...] = (None,)
        if len(self.versions) > 1:
            versions = (None, *self.versions)
        for version in versions:
            yield Group(version)
            for i, name in enumerate(self.slices):
                values = {k[2] for k in self._by_kind.get(i, {}) if version in (None, k[1])}
                for value in sorted(values, key=lambda v: (v is not None, str(v))):
                    yield Group(version, name, None if value is None else str(value))

    def cells(self, group: Group) -> Mapping[Cell, tuple[int, ...]]:
        """Sums by the task's cells: numbers of predictions, then the task's own."""
        at = self.slices.index(group.slice) if group.slice else 0
        found: dict[Cell, tuple[int, ...]] = {}
        for key, sums in self._by_kind.get(at, {}).items():
            if group.version not in (None, key[1]) or (group.slice and key[2] != group.value):
                continue
            before = found.get(key[_CELL:])
            found[key[_CELL:]] = tuple(map(sum, zip(before, sums, strict=True))) if before else sums
        return found

    @cached_property
    def _by_kind(self) -> Mapping[int, Mapping[Cell, tuple[int, ...]]]:
        found: dict[int, dict[Cell, tuple[int, ...]]] = {}
        for key, sums in self.state.sums.items():
            found.setdefault(int(key[0] or 0), {})[key] = sums
        return found

    def classes(self, version: str | None = None) -> Mapping[str, Mapping[int, tuple[int, int]]]:
        """(labelled, of this class) by score bin, of each class with probabilities.

        Of one version of the model, or of all.
        """
        found: dict[str, dict[int, tuple[int, int]]] = {}
        for key, sums in self._by_kind.get(int(Kind.CLASSES), {}).items():
            if key[2] is not None and key[4] is not None and version in (None, key[1]):
                bins = found.setdefault(str(key[2]), {})
                n, of_class = bins.get(int(key[4]), (0, 0))
                bins[int(key[4])] = (n + sums[1], of_class + sums[2])
        return found

    def entities(self) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        """(bucket of entities, coarse cell, sums)."""
        for key, sums in self._by_kind.get(int(Kind.ENTITIES), {}).items():
            yield int(key[3] or 0), int(key[4] or 0), sums
