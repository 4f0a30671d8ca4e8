"""What a check is: it says what it needs to see, then judges what was seen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sparkguard.datatypes import Struct
from sparkguard.kinds import Registry
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile, Scanned
from sparkguard.slices import WHOLE, Slice
from sparkguard.sql import Sql
from sparkguard.verdicts import Coverage, Evidence, Outcome, Verdict

CHECKS: Registry[Check] = Registry("check")

OF_THE_TABLE = "it speaks of the whole table, not of the rows of one write"
OVER_TIME = "it compares what is stored with earlier rows"


@dataclass(frozen=True)
class TableFacts:
    """What is known of a pinned table before any row is read."""

    name: str
    schema: Struct
    partitioned_by: tuple[str, ...] = ()
    version: int = 0
    primary_key: tuple[str, ...] = ()  # as its contract declares it
    grain: tuple[str, ...] = ()


@dataclass(frozen=True)
class Past:
    """A partition's profile in an earlier complete run, and how that run judged it."""

    slice: Slice
    version: int
    at: datetime
    profile: Profile
    run_id: str = ""
    versions: Mapping[str, int] = field(default_factory=dict)
    """What the run read of each table that still is the same; for checks that want versions."""


@dataclass(frozen=True)
class Approved:
    """Where the approved baseline comes from, and who answers for it."""

    id: str
    version: int
    slices: tuple[Slice, ...] = ()
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Context:
    """What a check may look at besides the states it is given; all of it is pinned.

    `table` is the dataset the check belongs to; `tables` are the facts of every table that the
    run pinned. `seen` holds all slices of what earlier steps saw. `where` is the slice judged;
    `judges_slices` says whether the run judges any beside the whole table.
    `baseline` is the approved one and `approved` says where it comes from; `accepted` are the
    slices whose alert of this check somebody acknowledged, `broken` those that another check
    found bad, which only checks with a baseline are told. `history` holds past profiles of the
    same needs, oldest first; `previous` the verdicts of the last complete run by (check id,
    slice); `earlier` are the rows that this rule left in the table that it `keeps`. `looked` is
    what checks saw when they looked back, `survey` what this one worked out for all its slices.
    `as_of` is the run's clock, in UTC, `run_id` its name, and `last_run` is when the last complete
    run looked from. `secret` is the deployment's key for pseudonyms, empty where it gave none.
    """

    table: TableFacts
    as_of: datetime
    by: tuple[str, ...] = ()
    where: Slice = WHOLE
    judges_slices: bool = True
    seen: Profile = field(default_factory=Profile)
    baseline: Profile | None = None
    approved: Approved | None = None
    accepted: frozenset[Slice] = frozenset()
    broken: frozenset[Slice] = frozenset()
    history: tuple[Past, ...] = ()
    previous: Mapping[tuple[str, Slice], Verdict] = field(default_factory=dict)
    tables: Mapping[str, TableFacts] = field(default_factory=dict)
    survey: Any = None
    looked: Scanned = field(default_factory=Scanned)
    run_id: str = ""
    earlier: tuple[Mapping[str, Any], ...] = ()
    last_run: datetime | None = None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Judgement:
    """A check's conclusion on one slice; the run adds who asked and where.

    Make it with `passed`, `violated`, `warned` or `not_evaluable`. `violated` becomes fail or
    warn by the rule's severity; `warned` is a warning whatever the severity. `rows` are the rows
    judged: the run compares them with the rows that the snapshot holds. `owner` is who an alert
    is for. `kept` are rows for the table that the check `keeps`.
    """

    outcome: Outcome
    observed: float | int | None = None
    expected: str = ""
    reason: str = ""
    unit: str = ""
    rows: int | None = None
    violations: int | None = None
    evidence: tuple[Evidence, ...] = ()
    counts_as: Outcome | None = None
    coverage: Coverage | None = None  # SAMPLED where the numbers come from a declared sample
    owner: str = ""
    kept: tuple[Mapping[str, Any], ...] = ()


NO_SLICE = "this check judges slices, and the audit judges none: use judge: all"


def passed(**details: Any) -> Judgement:
    return Judgement(Outcome.PASS, **details)


def violated(reason: str, **details: Any) -> Judgement:
    return Judgement(Outcome.FAIL, reason=reason, **details)


def warned(reason: str, **details: Any) -> Judgement:
    return Judgement(Outcome.WARN, reason=reason, **details)


def not_evaluable(reason: str, **details: Any) -> Judgement:
    return Judgement(Outcome.NOT_EVALUABLE, reason=reason, **details)


@dataclass(frozen=True)
class Judged:
    """A judgement and what it speaks of, for rules over a whole run."""

    check_id: str
    check: Check
    slice: Slice
    judgement: Judgement


class Check(ABC):
    """One rule. Subclasses are frozen dataclasses whose fields are the options in YAML.

    Subclass with `class Completeness(Check, kind="completeness")`, one file each. Don't use
    `slots=True`: it rebuilds the class and drops the kind. `__post_init__` may raise ValueError
    with a sentence; it is reported at the rule's place in the contract.
    """

    kind: ClassVar[str]
    evaluates_empty: ClassVar[bool] = False  # judged even when the slice has no rows
    beyond_a_write: ClassVar[str] = ""  # why the rows of one write can't be judged by themselves
    wants_history: ClassVar[int] = 0  # past profiles per slice that `judge` looks back on
    wants_history_by_day: ClassVar[bool] = False  # only the latest of each day
    wants_history_of_slices: ClassVar[bool] = True  # False where the whole table's will do
    wants_unread_slices: ClassVar[bool] = False  # the newest profile of those a run leaves out
    wants_versions: ClassVar[bool] = False  # those that the runs of past profiles read
    wants_baseline: ClassVar[bool] = False
    keeps: ClassVar[str] = ""
    """A result table of the rule's own: `judge` leaves rows in it and looks back on earlier ones.

    They are those of the runs of its past profiles where it `wants_history`, else the last row
    of each identity.
    """

    @property
    def whole_only(self) -> bool:
        """True where it is judged on the whole table, whatever the audit slices by."""
        return False

    def __init_subclass__(cls, kind: str | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if kind is not None:
            cls.kind = kind
            CHECKS.add(kind, cls)

    def expand(self, context: Context) -> Mapping[str, Check]:
        """The checks this rule stands for, by a suffix of its id; itself by default.

        A rule for "all features" names them here, from the schema, before the first query.
        """
        return {"": self}

    @abstractmethod
    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        """(table, column) pairs that must exist as promised for this check to be evaluable."""

    def tables(self, context: Context) -> frozenset[str]:
        """The tables that it reads, also those of which it requires no column."""
        return frozenset(table for table, _ in self.requires(context))

    def unsupported(self, context: Context) -> str:
        """Why the rule has no meaning for the types of its columns; "" where it has one."""
        return ""

    def refused(self, context: Context) -> Mapping[str, str]:
        """By option, why its value does not fit how the audit slices the table.

        Asked before the first query; any answer stops the run with exit code 2.
        """
        return {}

    @abstractmethod
    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        """What to measure; asked again with what was seen, until it names nothing new."""

    def baseline_needs(self, context: Context) -> tuple[Need[Any], ...]:
        """What a new baseline has to hold; asked again as `needs` is, its last answer counts.

        By default what the check needs.
        """
        return self.needs(context)

    def looks_back(self, context: Context) -> tuple[Need[Any], ...]:
        """What to measure besides once the past is known; asked once, of whole tables.

        What was found, or failed, as a version that is gone does, is then in `context.looked`. It
        is not stored, and no failure is an error of the check.
        """
        return ()

    def recalls(self, context: Context) -> tuple[Need[Any], ...]:
        """Needs that it does not measure now but wants in its past profiles as well."""
        return ()

    def survey(self, context: Context) -> Any:
        """What the judgements of all slices share, worked out once and given as `context.survey`.

        `context.seen` is complete, `context.where` the whole table.
        """
        return None

    @abstractmethod
    def judge(self, seen: Profile, context: Context) -> Judgement:
        """The conclusion on the rows of `context.where`, from `seen` of that slice alone."""

    def violates(self, context: Context) -> Sql | None:
        """A condition true for exactly the rows that break the rule; None if rows don't."""
        return None

    @classmethod
    def settle(cls, judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
        """Rules over all judgements of this kind in one run (multiplicity, grouping).

        Returns the same entries in the same order, with judgements changed where needed.
        """
        return judged
