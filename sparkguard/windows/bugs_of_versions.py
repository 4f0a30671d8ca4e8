"""Bugs of when events arrive, and of how many versions of them there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sparkguard.windows.bugs import Bug, Variant
from sparkguard.windows.cases import Case, trimmed
from sparkguard.windows.durations import DAY, HOUR, MINUTE, SECOND, spoken
from sparkguard.windows.oracle import Event, arrived
from sparkguard.windows.spec import Aggregate, WindowSpec


class LateIgnored(Bug):
    name = "late_ignored"
    title = "events that arrive late are dropped"
    needs = "events that arrived after their time"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return spec.arrival is not None

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        for grace in (0, SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR,
                      6 * HOUR, 12 * HOUR, DAY):  # fmt: skip
            after = f" by more than {spoken(grace)}" if grace else ""
            says = f"the window without events that arrived late{after}"
            yield Variant(self.name, says, _punctual(grace), self.title)


def _punctual(grace: int) -> Callable[[Case], Any]:
    def keeps(event: Event) -> bool:
        return event.time is None or (
            event.arrival is not None and event.arrival - event.time <= grace
        )

    def value(case: Case) -> Any:
        if case.spec.window.kind in ("rows", "session"):
            return replace(case, events=[e for e in case.events if keeps(e)]).exact
        return trimmed(case, keeps)

    return value


class LateLeaked(Bug):
    name = "late_leaked"
    title = "events are seen before they had arrived"
    needs = "events that arrived after the time of a row"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return spec.as_of

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        final = replace(cases[0].spec, knowledge="final")

        def value(case: Case) -> Any:
            if case.spec.window.kind == "rows":
                return case.under(final)
            return case.everything.value(*case.edges)

        says = "the window with events that arrived after its time"
        yield Variant(self.name, says, value, self.title)


class AsOfForFinal(Bug):
    name = "not_backfilled"
    title = "the feature was not recomputed when late events arrived"
    needs = "events that arrived after the time of a row"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        plain = spec.window.kind != "session" and not spec.window.sees_future
        return spec.arrival is not None and not spec.as_of and plain

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        as_of = replace(cases[0].spec, knowledge="as_of")
        says = "the window of what had arrived by its time"
        yield Variant(self.name, says, lambda case: case.under(as_of), self.title)


class Duplicates(Bug):
    name = "duplicates"
    title = "several copies or versions of one event are counted"
    needs = "two rows with one event id in a window"

    def applies(self, spec: WindowSpec, aggregate: Aggregate) -> bool:
        return spec.distinct_id is not None

    def variants(self, cases: Sequence[Case], hints: Sequence[int]) -> Iterator[Variant]:
        spec = cases[0].spec
        every = replace(spec, distinct_id=None)
        says = "the window with every copy of each event"
        yield Variant(self.name, says, lambda case: case.under(every), self.title)
        says = "the window with the first version of each event"
        yield Variant(self.name, says, _first_versions, "corrections are ignored")


def _first_versions(case: Case) -> Any:
    every = arrived(case.spec, case.near, case.at)
    every.sort(key=lambda e: (e.arrival or 0, e.time or 0))
    first: dict[Any, Event] = {}
    for n, event in enumerate(every):
        first.setdefault(("null", n) if event.id is None else event.id, event)
    kept = replace(case, spec=replace(case.spec, distinct_id=None), events=list(first.values()))
    return kept.exact
