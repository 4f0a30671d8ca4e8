"""Baselines in Delta: stored once, never changed; who approved what are numbered changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sparkguard import sql
from sparkguard.checks.base import Approved
from sparkguard.errors import ConfigurationError, Location, StoreError, listed
from sparkguard.kinds import Registry, canonical_text
from sparkguard.lifecycles import baselines as rules
from sparkguard.lifecycles.baselines import Change, Life, Status
from sparkguard.measures.base import MEASURES
from sparkguard.options import convert
from sparkguard.ports import Clock, Ids
from sparkguard.profile import Need, Profile
from sparkguard.relations.base import RELATIONS
from sparkguard.rendering.tabular import Grid, Tabular
from sparkguard.results import setup, transitions
from sparkguard.results.access import Access, Writer
from sparkguard.results.records import TransitionRow
from sparkguard.results.rows import cells_of, frame_of, restamped, version_stamps
from sparkguard.results.schemas import TABLES
from sparkguard.results.schemas.baselines import BASELINES
from sparkguard.slices import Slice
from sparkguard.tables import ResultsPlace

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

KIND = "baseline"
_MOST_STATES = 100_000


@dataclass(frozen=True)
class Stored(Tabular):
    """A baseline: what it was counted on, and its states.

    `replayed` feature-partitions of its own were compared with it; `replay_alarms` of them alarm.
    """

    id: str
    dataset: str
    version: int
    partitions: tuple[Slice, ...]
    profile: Profile = field(repr=False)
    table_id: str = ""
    replayed: int = 0
    replay_alarms: int = 0
    created_by: str = ""

    def grid(self) -> Grid:
        """A row per state: what was measured where, in named numbers."""
        columns = (
            *(("slice", "STRING"), ("relation", "STRING"), ("measure", "STRING")),
            *(("columns", "STRING"), ("metrics", "MAP<STRING, DOUBLE>")),
        )
        rows = [
            (
                *(str(where), need.relation.kind, need.measure.kind),
                ", ".join(sorted(need.measure.columns())),
                {
                    name: float(number)
                    for name, number in need.measure.metrics(state).items()
                    if number is not None
                },
            )
            for (need, where), state in self.profile.states.items()
        ]
        return Grid(f"Baseline {self.id} of {self.dataset}, version {self.version}", columns, rows)

    def to_dict(self) -> Mapping[str, Any]:
        """Plain data for JSON: what was counted, and the numbers of every state."""
        grid = self.grid()
        return {
            "baseline": self.id,
            "dataset": self.dataset,
            "version": self.version,
            "partitions": [where.key for where in self.partitions],
            "states": [dict(zip(grid.names, row, strict=True)) for row in grid.rows],
        }


class Baselines:
    """The baselines in the result store at `location`."""

    def __init__(
        self,
        spark: SparkSession,
        location: ResultsPlace | str,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        writer: Writer | None = None,
    ) -> None:
        self._access = Access.open(spark, location, clock=clock, ids=ids, writer=writer)

    def check(self) -> None:
        """Raises ConfigurationError with the fix unless the tables can be used."""
        setup.check(self._access, ("baselines", "transitions"))

    def propose(self, baseline: Stored, reason: str = "") -> Life:
        """Stores a candidate.

        Raises ConfigurationError when its id is taken, be it by other counts of a proposal that
        was interrupted.
        """
        self.check()
        before = self.changes(baseline.dataset)
        if baseline.id in rules.lives(before):
            raise ConfigurationError(
                f"there is a baseline {baseline.id!r} already; take another id"
            )
        now = self._access.clock.now()
        rows = _rows(baseline, now)
        cells = [cells_of(BASELINES, row) for row in rows]
        stamped = restamped(BASELINES, cells, version_stamps(BASELINES, now))
        frame = frame_of(self._access.spark, BASELINES, stamped)
        self._access.append(BASELINES, frame, app_id(baseline.dataset, baseline.id))
        # Delta drops a second append under one identifier without a word, whatever it holds.
        stored = self._stored(baseline.dataset, baseline.id)
        if {_counted(row) for row in stored} != {_counted(row) for row in rows}:
            versions = sorted({row["table_version"] for row in stored})
            raise ConfigurationError(
                f"baseline {baseline.id!r} was begun before, with other counts (of version "
                f"{listed(map(str, versions)) or 'none'}); take another id"
            )
        return self._change(
            baseline.dataset, before, baseline.id, Status.CANDIDATE, baseline.created_by, reason
        )

    def approve(self, dataset: str, baseline: str, by: str, reason: str = "") -> Life:
        """Puts a candidate in force, and the one before out of it."""
        return self._judged(dataset, baseline, Status.APPROVED, by, reason)

    def retire(self, dataset: str, baseline: str, by: str, reason: str = "") -> Life:
        return self._judged(dataset, baseline, Status.RETIRED, by, reason)

    def changes(self, dataset: str) -> tuple[Change, ...]:
        """Every act on the baselines of a dataset, by number."""
        found = transitions.changes(self._access, KIND, dataset)
        return tuple(
            Change(
                row.number,
                row.details["baseline"],
                Status(row.state),
                row.changed_by,
                row.at,
                row.reason,
            )
            for row in found
        )

    def lives(self) -> dict[str, tuple[Life, ...]]:
        """All baselines by dataset, oldest first."""
        datasets = sorted(transitions.states(self._access, KIND))
        return {name: tuple(rules.lives(self.changes(name)).values()) for name in datasets}

    def load(self, dataset: str, baseline: str) -> Stored:
        """A baseline with its states, whatever became of it.

        Raises ConfigurationError when there is none of this id, StoreError for states that this
        SparkGuard can't read.
        """
        rows = self._stored(dataset, baseline)
        if not rows:
            raise ConfigurationError(f"dataset {dataset!r} has no baseline {baseline!r}")
        states = {(_need(row), Slice.parse(row["slice"])): row for row in rows}
        first = rows[0]
        return Stored(
            id=baseline,
            dataset=dataset,
            version=first["table_version"],
            partitions=tuple(Slice.parse(key) for key in first["partitions"] or ()),
            profile=Profile(
                {key: key[0].measure.load(bytes(r["state"])) for key, r in states.items()}
            ),
            table_id=first["table_id"] or "",
            replayed=first["replayed"] or 0,
            replay_alarms=first["replay_alarms"] or 0,
            created_by=first["created_by"] or "",
        )

    def in_force(self, dataset: str) -> tuple[Approved, Profile] | None:
        """The approved baseline of a dataset; None when there is none."""
        life = rules.approved(self.changes(dataset))
        if life is None:
            return None
        stored = self.load(dataset, life.baseline)
        facts = Approved(stored.id, stored.version, stored.partitions, life.by, life.at)
        return facts, stored.profile

    def _stored(self, dataset: str, baseline: str) -> list[dict[str, Any]]:
        found = self._access.load(BASELINES).where(
            sql.template(
                "dataset = {} AND baseline_id = {}", sql.literal(dataset), sql.literal(baseline)
            ).text
        )
        return self._access.collect(found, f"baseline {baseline} of {dataset}", _MOST_STATES)

    def _judged(self, dataset: str, baseline: str, to: Status, by: str, reason: str) -> Life:
        before = self.changes(dataset)
        rules.require(before, baseline, to, by)
        return self._change(dataset, before, baseline, to, by, reason)

    def _change(
        self,
        dataset: str,
        before: tuple[Change, ...],
        baseline: str,
        to: Status,
        by: str,
        reason: str,
    ) -> Life:
        now = self._access.clock.now()
        wanted = TransitionRow(
            kind=KIND,
            subject=dataset,
            number=len(before) + 1,
            state=to.value,
            changed_by=by,
            reason=reason,
            at=now,
            request=self._access.ids.new(),
            details={"baseline": baseline},
        )
        stamps = version_stamps(TABLES["transitions"], now)
        transitions.record(self._access, wanted, stamps)
        return Life(baseline, to, by, now, reason)


def _rows(baseline: Stored, now: datetime) -> list[Mapping[str, Any]]:
    return [
        {
            "baseline_id": baseline.id,
            "dataset": baseline.dataset,
            "table_id": baseline.table_id,
            "table_version": baseline.version,
            "partitions": [where.key for where in baseline.partitions],
            "slice": where.key,
            "need_id": need.id,
            "relation": canonical_text(need.relation),
            "measure_kind": need.measure.kind,
            "measure": canonical_text(need.measure),
            "columns": sorted(need.measure.columns()),
            "state": need.measure.dump(state),
            "rows": getattr(state, "rows", None),
            "replayed": baseline.replayed,
            "replay_alarms": baseline.replay_alarms,
            "created_by": baseline.created_by,
            "at": now,
        }
        for (need, where), state in baseline.profile.states.items()
    ]


def app_id(dataset: str, baseline: str) -> str:
    """The transaction identifier under which a baseline's rows are stored once."""
    return f"sparkguard/baselines/{quote(dataset, safe='')}/{quote(baseline, safe='')}"


def _counted(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What of a row makes it another baseline's."""
    where = (row["table_id"] or "", row["table_version"], tuple(row["partitions"] or ()))
    return (*where, row["slice"], row["need_id"], bytes(row["state"]))


def _need(row: Mapping[str, Any]) -> Need[Any]:
    need = Need(_rebuilt(RELATIONS, row["relation"]), _rebuilt(MEASURES, row["measure"]))
    if need.id != row["need_id"]:
        raise StoreError(f"a stored {row['measure_kind']} of the baseline is not what its id says")
    return need


def _rebuilt(family: Registry[Any], text: str) -> Any:
    """The frozen object that `canonical` wrote."""
    values = _with_sql(json.loads(text))
    kind = values.pop("kind", None)
    if kind not in family:
        raise StoreError(f"a stored baseline holds {str(kind)[:40]!r}, unknown to this SparkGuard")
    try:
        return convert(family[kind], values, kind, lambda option: Location("baselines"))
    except ConfigurationError as error:
        raise StoreError(f"a stored baseline can't be read: {error}") from error


def _with_sql(value: Any) -> Any:
    """Plain data with its pieces of SQL, which `canonical` marks, as `Sql` again.

    The text was built by `sparkguard.sql` when the baseline was made; the id of the need, which
    is compared next, covers it.
    """
    match value:
        case {"sql": str(text)} if len(value) == 1:
            return sql.Sql(text)
        case dict():
            return {key: _with_sql(item) for key, item in value.items()}
        case list():
            return [_with_sql(item) for item in value]
    return value
