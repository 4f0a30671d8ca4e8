"""The probe tells every bug from a correct pipeline, and almost every bug from the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sparkguard.windows.oracle import expected
from sparkguard.windows.probes import PREFIX, diagnosis, probe, separation
from sparkguard.windows.spec import Aggregate, Window, WindowSpec
from sparkguard.windows.values import Output

WEEK = WindowSpec(
    table="features",
    events="payments",
    entity=("customer",),
    events_entity=("customer",),
    query_time="at",
    event_time="paid_at",
    arrival_time="ingested_at",
    knowledge="as_of",
    window=Window(bounds="[)", length="P7D", clock="elapsed"),
    nulls="ignore",
    distinct_id="payment_id",
    timezone="Europe/Berlin",
    history="complete",
)
SUM = Aggregate("sum", None, "amount")
MEAN = Aggregate("mean", None, "amount")
SPECS = {
    "week": WEEK,
    "closed": replace(WEEK, window=replace(WEEK.window, bounds="(]")),
    "hour": replace(WEEK, window=replace(WEEK.window, length="PT1H")),
    "final": replace(WEEK, knowledge="final"),
    "calendar": replace(WEEK, window=replace(WEEK.window, clock="calendar")),
}


@pytest.mark.parametrize("name", SPECS)
def test_no_bug_leaves_the_probe_unchanged(name: str) -> None:
    spec = SPECS[name]
    found = separation(spec, SUM, Output(), probe(spec))
    # A NULL is never added up, and a sum in a float is seen by its type. No entity is NULL: it
    # could not be told from one of real data.
    hidden = {"nulls", "empty", "null_keys"}
    assert set(found.unseen) <= hidden


def test_a_mean_shows_what_a_sum_hides() -> None:
    found = separation(WEEK, MEAN, Output(is_float=True), probe(WEEK))
    assert "nulls" not in found.unseen


def test_no_two_bugs_look_alike_on_the_probe() -> None:
    found = separation(WEEK, SUM, Output(), probe(WEEK))
    alike = [group for group in found.groups if "correct" not in group]
    assert alike == []


def test_the_output_of_a_capped_pipeline_is_diagnosed() -> None:
    made = probe(WEEK)
    written = {(key, at): capped(key, at, made.events[key], 100) for key, at in made.rows()}
    found = diagnosis(WEEK, SUM, Output(), made, written)
    assert found.wrong > 0
    assert found.best[0].says == "the last 100 rows"


def capped(key: str, at: int, events: object, most: int) -> object:
    inside = sorted(
        (e for e in events if at - 7 * 86_400_000_000 <= e.time < at and e.arrival <= at),  # type: ignore[attr-defined]
        key=lambda e: (e.time, e.order),
    )
    once = {e.id: e for e in inside}
    values = [e.value for e in once.values() if e.value is not None][-most:]
    return sum(values) if values else None


def test_the_output_of_a_correct_pipeline_has_no_mismatch() -> None:
    made = probe(WEEK)
    written = {(k, at): expected(WEEK, SUM, made.events[k], at) for k, at in made.rows()}
    assert diagnosis(WEEK, SUM, Output(), made, written).wrong == 0


def test_an_output_without_probe_rows_is_an_error() -> None:
    with pytest.raises(ValueError, match="none of the probe's rows"):
        diagnosis(WEEK, SUM, Output(), probe(WEEK), {})


def test_entities_of_the_probe_are_reserved() -> None:
    assert all(key.startswith(PREFIX) for key in probe(WEEK).events)
