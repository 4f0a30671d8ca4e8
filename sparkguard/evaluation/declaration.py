"""What a contract declares of a model's predictions and their truth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from sparkguard.evaluation.metric import is_loss
from sparkguard.evaluation.regression import refuse_overflow
from sparkguard.evaluation.tasks import Binary, Multiclass, Ranking, Regression, Task
from sparkguard.options import ColumnPath
from sparkguard.windows.durations import DAY, parse

Plain = str | int | float | bool
MOST_PLACES = 1_000


@dataclass(frozen=True)
class TruthTable:
    """Where labels come from: the dataset `table` and its columns.

    `event_time` is when the label became true and `arrival_time` when it became known; without
    the latter all rows are taken as known at their event. `version` orders corrections, later
    arrival without it. `deleted` is a boolean that takes a label back. A row whose `source` is
    `backfill` is no arrival.
    """

    table: str
    label: ColumnPath
    event_time: ColumnPath
    id: ColumnPath | None = None
    arrival_time: ColumnPath | None = None
    version: ColumnPath | None = None
    deleted: ColumnPath | None = None
    source: ColumnPath | None = None


@dataclass(frozen=True)
class Limit:
    """What a metric is held to: a bound, and how much worse than the baseline it may be."""

    least: float | None = None
    most: float | None = None
    margin: float | None = None

    def __post_init__(self) -> None:
        if (self.least, self.most, self.margin) == (None, None, None):
            raise ValueError("give least, most or margin")
        for name, value in vars(self).items():
            if value is not None and not math.isfinite(value):
                raise ValueError(f"{name} is a finite number; every value would keep or break it")
        if self.margin is not None and self.margin < 0:
            raise ValueError("margin is not negative")


@dataclass(frozen=True)
class Acknowledged:
    """A condition that somebody answers for until a day: it is not judged before that."""

    condition: str
    by: str
    until: str

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise ValueError("say who acknowledges the condition")
        self.day  # noqa: B018

    @property
    def day(self) -> date:
        try:
            return date.fromisoformat(self.until)
        except ValueError:
            raise ValueError(
                f"until: expected a day as 2024-05-31, found {self.until[:40]!r}"
            ) from None


@dataclass(frozen=True)
class Declaration:
    """Predictions, their truth, and what their metrics are held to.

    `time` is when a prediction was made; `score` its probability (binary), class (multiclass) or
    number (regression). A label counts when its event lies at most `horizon` after it. `cycle`
    is how often the evaluation runs. Metrics are told apart by `model_version` and by each column
    of `slices`; `entity` names whose repeated predictions belong together, for the intervals.
    `probabilities` of a multiclass model are a map from class to number; `lower` and `upper` are
    the ends of the interval that a regression predicts. For a ranking, `query` is
    what the predictions of one list have in common, and its first `best` places count.
    `thresholds` turn scores into classes. `positive` is the label of the positive class, and
    `classes` are all labels there may be. Numbers are counted in steps of `quantum` up to
    `largest`. Below `fewest` labels a metric is stored and not judged. `owner` answers for the
    model; `owners` for single conditions. `denominator` says whether predictions tell how many
    labels there will be, or nobody knows.
    """

    task: Literal["binary", "multiclass", "regression", "ranking"]
    id: ColumnPath
    time: ColumnPath
    score: ColumnPath
    truth: TruthTable
    horizon: str
    owner: str
    model_version: ColumnPath | None = None
    entity: ColumnPath | None = None
    query: ColumnPath | None = None
    probabilities: ColumnPath | None = None
    lower: ColumnPath | None = None
    upper: ColumnPath | None = None
    best: int = 10
    slices: tuple[str, ...] = ()
    cycle: str = "P1D"
    thresholds: tuple[float, ...] = (0.5,)
    positive: Plain = 1
    negative: Plain = 0
    classes: tuple[str, ...] = ()
    levels: tuple[float, ...] = ()
    quantum: float = 0.01
    largest: float = 10_000.0
    metrics: Mapping[str, Limit] = field(default_factory=dict, hash=False)
    owners: Mapping[str, str] = field(default_factory=dict, hash=False)
    acknowledged: tuple[Acknowledged, ...] = ()
    fewest: int = 100
    denominator: Literal["predictions", "unknown"] = "predictions"

    def __post_init__(self) -> None:
        for name, text in (("horizon", self.horizon), ("cycle", self.cycle)):
            if parse(text).elapsed % DAY:
                raise ValueError(f"{name} is a number of whole days, as P7D; found {text!r}")
        for name, label in (("positive", self.positive), ("negative", self.negative)):
            if isinstance(label, float) and not math.isfinite(label):
                raise ValueError(f"{name} is a label, found {label}")
        if self.task == "regression":
            refuse_overflow(self.largest, self.quantum)
        if self.probabilities is not None and self.task != "multiclass":
            raise ValueError("probabilities belong to task multiclass; score is the one of binary")
        if (self.lower is None) != (self.upper is None):
            raise ValueError("an interval has lower and upper")
        if self.lower is not None and self.task != "regression":
            raise ValueError("lower and upper belong to task regression")
        if (self.task == "ranking") != (self.query is not None):
            raise ValueError("a ranking needs query, and nothing else takes it")
        if not 1 <= self.best <= MOST_PLACES:
            raise ValueError(f"best lies between 1 and {MOST_PLACES}, found {self.best}")
        if any(not 0 < threshold < 1 for threshold in self.thresholds):
            raise ValueError("thresholds lie between 0 and 1")
        if any(not 0 < level < 1 for level in self.levels):
            raise ValueError("levels of pinball losses lie between 0 and 1")
        if len(set(self.thresholds)) < len(self.thresholds):
            raise ValueError("a threshold is named twice")
        names = (*self.kind_of_task.names(), *self.kind_of_task.names_of_all_rows())
        for name, limit in self.metrics.items():
            if name not in names:
                raise ValueError(f"there is no metric {name!r}; there are {', '.join(names)}")
            if limit.margin is not None and name == "calibration_ratio":
                raise ValueError("calibration_ratio is best at 1; give it least and most")
        self._refuse_unknown_conditions()

    def _refuse_unknown_conditions(self) -> None:
        from sparkguard.evaluation.conditions import CONDITIONS

        named = [*self.owners, *(one.condition for one in self.acknowledged)]
        if unknown := [name for name in named if name not in CONDITIONS]:
            raise ValueError(
                f"there is no condition {unknown[0]!r}; there are {', '.join(CONDITIONS)}"
            )

    @property
    def kind_of_task(self) -> Task:
        match self.task:
            case "binary":
                return Binary(self.thresholds)
            case "multiclass":
                return Multiclass(self.classes, self.probabilities is not None)
            case "ranking":
                return Ranking(self.best)
        has_interval = self.lower is not None
        return Regression(self.quantum, self.largest, self.levels, has_interval)

    @property
    def horizon_days(self) -> int:
        return parse(self.horizon).elapsed // DAY

    @property
    def cycle_days(self) -> int:
        return parse(self.cycle).elapsed // DAY

    def owner_of(self, condition: str) -> str:
        return self.owners.get(condition, self.owner)


def breaks(limit: Limit, name: str, value: float) -> str:
    """What bound a value breaks, as a sentence; empty when it keeps them."""
    size = abs(value) if name == "bias" else value
    if limit.least is not None and size < limit.least:
        return f"{name} is {value:.5g}, below {limit.least:g}"
    if limit.most is not None and size > limit.most:
        return f"{name} is {value:.5g}, above {limit.most:g}"
    return ""


def expectation(limit: Limit, name: str) -> str:
    """The limit as text."""
    direction = "above" if is_loss(name) else "below"
    parts = (
        f"{name} at least {limit.least:g}" if limit.least is not None else "",
        f"{name} at most {limit.most:g}" if limit.most is not None else "",
        f"not more than {limit.margin:g} {direction} the baseline"
        if limit.margin is not None
        else "",
    )
    return ", ".join(filter(None, parts))
