"""A windowed feature equals an independent recomputation from its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from sparkguard import sql
from sparkguard.checks.base import (
    OF_THE_TABLE,
    Check,
    Context,
    Judgement,
    not_evaluable,
    passed,
    violated,
)
from sparkguard.datatypes import Struct
from sparkguard.errors import ConfigurationError, listed
from sparkguard.measures.event_times import EventTimes, TimesState
from sparkguard.measures.tally import Tally
from sparkguard.measures.window_comparison import WindowComparison, WindowsState
from sparkguard.measures.window_replay import BugScores
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.commits import CommittedRows
from sparkguard.relations.recomputed_window import RecomputedWindow
from sparkguard.relations.source import Source
from sparkguard.relations.table import Table
from sparkguard.relations.window_replay import WindowReplay
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Coverage
from sparkguard.windows.clock import micros, moment
from sparkguard.windows.declared import DeclaredWindow
from sparkguard.windows.replay import Replayed
from sparkguard.windows.spec import COMMITTED
from sparkguard.windows.statuses import Status
from sparkguard.windows.telling import Told, evidence, outcome_reason, sensitivity
from sparkguard.windows.types import misfits, stored_as, zone_of

_WRONG_ENTITIES, _RIGHT_ENTITIES = 24, 12


@dataclass(frozen=True)
class WindowCheck(DeclaredWindow, Check, kind="window"):
    """`output` holds `aggregate` over the declared window of `events`, for every row.

    Several features of one window are declared together as `outputs`, from column to aggregate,
    and judged one by one; they are recomputed together.

    A row is identified by `entity` and `query_time`. An event belongs to the entity named by
    `events_entity` (the same columns by default), happened at `event_time` and, with `knowledge:
    as_of`, counts only once `arrival_time` has passed, or without that column once its row was
    committed; `final` counts all that is known. Of the versions of one `distinct_id` the last one
    counts; where several are, and differ, the value is undecided. `nulls` says what a NULL value
    does.

    `required: events` asks for a row at the time of every event; with `output` the rows that are
    there are compared, and every entity with events must have one. `history: complete` says that
    the source was never cut off; otherwise windows that differ and begin before its first event
    are set aside, and the check can't pass. `null_entity: drop` leaves rows without entity out.
    `entities` is the share of entities to compare, chosen by hash and each as a whole; those with
    the most events are compared beside it.
    `tolerance` applies to float outputs, distinct counts, deviations and quantiles only.
    `sensitive_to` names bugs that must show in the data at hand, or else the check is not
    evaluable.
    """

    beyond_a_write: ClassVar[str] = OF_THE_TABLE

    evaluates_empty = True

    def expand(self, context: Context) -> Mapping[str, Check]:
        """One check per output; each still knows the others, to share their recomputation."""
        if self.outputs is None or self.output is not None:
            return {"": self}
        return {name: replace(self, output=(name,)) for name in self.outputs}

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        table, spec = context.table.name, self.spec(context.table.name)
        mine = [*spec.entity, spec.query_time]
        theirs = [*spec.events_entity, spec.event_time, *(self.window.order or ())]
        theirs += [c for c in (self.arrival_time, self.distinct_id) if c is not None]
        feature = self.feature(context.table.name, context.table.schema)
        theirs += [c for c in (feature.aggregate.column,) if c is not None]
        theirs += feature.aggregate.order or ()
        return frozenset(
            {(table, (c,)) for c in mine}
            | {(table, feature.output)}
            | {(self.events, (c,)) for c in theirs}
        )

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        self._refuse_types(context)
        compared = self._compared(context)
        first: tuple[Need[Any], ...] = (compared, *self._times(context))
        state = context.seen.at(WHOLE, compared)
        if state is None:
            return first
        replayed = self._replayed(context, state)
        if replayed is None:
            return first
        found = context.seen.at(WHOLE, replayed)
        cut = self._cut(context, found) if found is not None else None
        return (*first, replayed) if cut is None else (*first, replayed, cut)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        state = seen.whole(self._compared(context)) or WindowsState()
        rows, *sources = self._times(context)
        table = seen.whole(rows) or TimesState()
        events = [context.seen.at(WHOLE, need) or TimesState() for need in sources]
        told = self._told(seen, context, state)
        counted = state.windows - sum(state.count(s) for s in Status if s.is_missing)
        details: dict[str, Any] = {
            "observed": state.mismatches,
            "expected": "every row holds what its window holds",
            "unit": "rows",
            "rows": table.rows,
            "violations": state.mismatches,
            "evidence": evidence(told),
            "coverage": Coverage.SAMPLED if self.entities < 1 else Coverage.UNPROVEN,
        }
        if self.entities == 1 and self.null_entity == "keep":
            details["rows"] = counted + table.nulls
        if events[0].rows == 0:
            return not_evaluable(f"the source {self.events} holds no events", **details)
        if table.rows == 0 and context.where.is_whole:
            reason = f"the table has no rows while {self.events} holds {events[0].rows:,} events"
            return violated(reason, **details)
        proven = any(state.count(s) for s in Status if s.is_missing or s is Status.DUPLICATE)
        if state.mismatches and not proven and (unknown := self._unplaced(events[1:], 1)):
            # What the recomputation left out for want of an arrival may be what the rows hold.
            return not_evaluable(unknown, **details)
        if state.mismatches and (disputed := self._disputed(state, told)):
            return not_evaluable(disputed, **details)
        if state.mismatches:
            return violated(outcome_reason(told), **details)
        if blocked := self._blocked(state, table, events, told, context):
            return not_evaluable(blocked, **details)
        return passed(reason=sensitivity(told), **details)

    def _disputed(self, state: WindowsState, told: Told) -> str:
        """Why wrong values are none for certain: the other oracle finds no replayed one wrong."""
        values = sum(state.count(s) for s in Status if s.has_wrong_value)
        found = told.replayed
        if values < state.mismatches or found is None or found.wrong or not found.disputed:
            return ""
        return _disagreement(found)

    def _blocked(
        self,
        state: WindowsState,
        table: TimesState,
        events: list[TimesState],
        told: Told,
        context: Context,
    ) -> str:
        """Why rows that all match are no proof; empty when they are."""
        if unplaced := self._unplaced(events):
            return unplaced
        latest = events[0].last
        if latest is not None and latest > micros(context.as_of):
            return f"{self.event_time} of some events lies in the future"
        if table.nulls:
            return f"{table.nulls:,} of {table.rows:,} rows have no {self.query_time}"
        if not state.windows:
            return "no row to compare"
        if state.excluded:
            return " and ".join(
                s.spoken(state.count(s)) for s in Status if s.is_excluded and state.count(s)
            )
        if not state.events_seen:
            return "no window holds an event: the declared window matches nothing"
        if told.replayed is not None and told.replayed.disputed:
            return _disagreement(told.replayed)
        if told.replayed is None or not told.replayed.right:
            wanted = self.sensitive_to if context.where.is_whole else ()
            return f"no window was replayed to show {listed(wanted)}" if wanted else ""
        blind = [part for name in self.sensitive_to for part in told.replayed.unshown(name)]
        if blind:
            return f"the data could not have shown {listed(blind)}, as sensitive_to asks"
        return ""

    def _unplaced(self, times: list[TimesState], first: int = 0) -> str:
        """How many events lack a time or, from the second of their times on, an arrival."""
        committed = "commit time: their files were rewritten, or the log has forgotten them"
        columns = (self.event_time, self.arrival_time or committed)[first:]
        for column, found in zip(columns, times, strict=False):
            if found.nulls:
                return f"{found.nulls:,} of {found.rows:,} events have no {column}"
        return ""

    def _told(self, seen: Profile, context: Context, state: WindowsState) -> Told:
        """Everything there is to tell about the rows of this slice."""
        whole = context.seen.at(WHOLE, self._compared(context))
        need = self._replayed(context, whole) if whole is not None else None
        replayed = seen.whole(need) if need is not None else None
        if replayed is None and need is not None and context.where.is_whole:
            replayed = context.seen.at(WHOLE, need)
        limit = None
        everywhere = context.seen.at(WHOLE, need) if need is not None else None
        if everywhere is not None and (cut := self._cut(context, everywhere)) is not None:
            tally = context.seen.at(WHOLE, cut)
            limit = tally.true if tally is not None else None
        feature = self.feature(context.table.name, context.table.schema)
        told = state.told(feature.aggregate.function)
        return replace(told, replayed=replayed, limit=limit, share=self.entities)

    def _compared(self, context: Context) -> Need[WindowsState]:
        name, schema = context.table.name, context.table.schema
        together = self.together(name, schema)
        relation = RecomputedWindow(self.spec(name), together)
        return Need(relation, WindowComparison(together.index(self.feature(name, schema))))

    def _times(self, context: Context) -> tuple[Need[TimesState], ...]:
        rows, events = Table(context.table.name), Source(self.events)
        schema = _facts(context, self.events)

        def times(schema: Struct, column: str) -> EventTimes:
            return EventTimes(column, zone_of(schema, column, self.timezone))

        sources = [Need(events, times(schema, self.event_time))]
        if self.knowledge == "as_of" and self.arrival_time is not None:
            sources.append(Need(events, times(schema, self.arrival_time)))
        elif self.knowledge == "as_of":
            sources.append(Need(CommittedRows(self.events), EventTimes(COMMITTED)))
        return (Need(rows, times(context.table.schema, self.query_time)), *sources)

    def _replayed(self, context: Context, state: WindowsState) -> Need[Replayed] | None:
        """Wrong windows, and right ones; only right ones when there are no wrong ones."""
        wrong = state.buckets(s for s in Status if s.has_wrong_value)
        right = state.buckets([Status.MATCHING])
        buckets = _some(wrong, _WRONG_ENTITIES) + _some(right, _RIGHT_ENTITIES)
        if not buckets:
            return None
        name, schema = context.table.name, context.table.schema
        spec, feature = self.spec(name), self.feature(name, schema)
        relation = WindowReplay(spec, feature, tuple(sorted(set(buckets))))
        hints = state.extent().hints
        output = stored_as(feature, schema, _facts(context, self.events))
        return Need(relation, BugScores(spec, feature, output, hints))

    def _cut(self, context: Context, found: Replayed) -> Need[Any] | None:
        """How many events lie on the seen side of a cut, where a cut explains the wrong values."""
        best = found.best
        if not best or best[0].cutoff is None:
            return None
        field = _facts(context, self.events).get(self.event_time)
        if field is None or str(field.type) != "timestamp":
            return None
        at = sql.literal(moment(best[0].cutoff))
        word = "<=" if "up to" in best[0].says else ">="
        condition = sql.template(f"{{}} {word} {{}}", sql.name(self.event_time), at)
        return Need(Source(self.events), Tally(condition, frozenset({self.event_time})))

    def _refuse_types(self, context: Context) -> None:
        """Raises ConfigurationError for columns that can't hold what is declared."""
        problems = misfits(
            self.spec(context.table.name),
            self.feature(context.table.name, context.table.schema),
            context.table.schema,
            _facts(context, self.events),
        )
        if problems:
            raise ConfigurationError(f"window on {context.table.name}: {'; '.join(problems)}")


def _disagreement(found: Replayed) -> str:
    return f"two oracles disagree on {found.disputed:,} replayed windows"


def _facts(context: Context, table: str) -> Struct:
    facts = context.tables.get(table)
    return facts.schema if facts is not None else Struct()


def _some(found: tuple[int, ...], most: int) -> tuple[int, ...]:
    """At most so many, the first ones and others spread over the rest."""
    if len(found) <= most:
        return found
    step = len(found) / most
    return tuple(dict.fromkeys(found[int(i * step)] for i in range(most)))
