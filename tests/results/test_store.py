from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sparkguard.errors import ConfigurationError, StoreError
from sparkguard.lifecycles.alerts import AlertRow
from sparkguard.measures.rows import Rows
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.results import Conflict, PinRow, ResultRow, Store, evidence_rows, profile_rows
from sparkguard.results.alerts import last_rows
from sparkguard.results.schemas import TABLES
from sparkguard.results.verdict_rows import violation_rows
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Evidence, Outcome, Verdict
from tests.results.support import (
    AS_OF,
    CORE,
    MAY,
    ORIGIN,
    AnalysisException,
    CountedIds,
    DisturbedWriter,
    FixedClock,
    only,
    quick,
    record,
    stored,
    verdicts,
    write_run,
)

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def folder(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store shared by the tests of this module, each with run ids of its own."""
    folder = str(tmp_path_factory.mktemp("lake") / "sparkguard")
    with only(*CORE):
        changes = Store(spark, folder).init()
    assert {change.table: change.action for change in changes} == dict.fromkeys(CORE, "created")
    return folder


@pytest.fixture
def store(spark: Any, folder: str) -> Store:
    return Store(spark, folder, clock=FixedClock(), ids=CountedIds())


def test_a_run_is_read_back_as_it_was_written(store: Store) -> None:
    run_id = "whole run/ü"
    need = Need(Table("orders"), Rows())
    state = Rows().state([4])
    store.pin(run_id, [PinRow("orders", "/lake/orders", 7, "id", 10, True, AS_OF)])
    judged = verdicts()
    evidence = [Evidence("series", "share", 0, "Mai", 1.5, float("inf"), 3, text="🙂")]
    sample = [{"id": None, "na`me": "***"}, {"id": "2", "na`me": "***"}]
    store.append("violations", violation_rows(judged[1], ORIGIN, "mask", sample), run_id)
    profile = Profile({(need, MAY): state})
    store.append("profiles", profile_rows(profile, {"orders": 7}, AS_OF), run_id)
    store.append("evidence", evidence_rows(judged[1], evidence, ORIGIN), run_id, "slices-1")
    store.append("results", [ResultRow.of(v, ORIGIN) for v in judged], run_id)

    assert store.committed(run_id) is None
    assert stored(store, "results", run_id) == 0
    assert stored(store, "results", run_id, committed=False) == 2
    kept = store.commit(record(run_id, judged))

    assert kept == store.committed(run_id)
    assert [(p.table, p.part, p.rows) for p in kept.parts] == [
        ("evidence", "slices-1", 1),
        ("pins", "0", 1),
        ("profiles", "0", 1),
        ("results", "0", 2),
        ("violations", "0", 5),
    ]
    assert kept.as_of == AS_OF
    assert kept.table_versions == {"orders": 7}
    later = AS_OF + timedelta(days=1)
    assert store.last_run("nightly", later) == kept
    assert store.last_run("nightly", AS_OF) is None
    assert store.verdicts(kept) == {(v.check, v.slice): v for v in judged}
    (past,) = store.history("orders", [need], [MAY], before=later)
    assert (past.slice, past.version, past.at) == (MAY, 7, AS_OF)
    assert past.profile.at(MAY, need) == state
    assert store.history("orders", [need], [WHOLE]) == ()
    row = store.read("evidence").where("label = 'Mai'").collect()[0]
    assert (row["number"], row["x"], row["text"], row["slice"]) == (
        float("inf"), 1.5, "🙂", "month=5",
    )  # fmt: skip


def test_of_each_day_the_latest_run_counts_where_days_are_asked_for(store: Store) -> None:
    need = Need(Table("often"), Rows())
    for i, hours in enumerate((0, 6, 23, 24, 49)):
        run_id = f"often {i}"
        profile = Profile({(need, WHOLE): Rows().state([i])})
        at = AS_OF.replace(hour=0) + timedelta(hours=hours)
        store.append("profiles", profile_rows(profile, {"often": i}, at), run_id)
        store.append("results", [ResultRow.of(v, ORIGIN) for v in verdicts()], run_id)
        store.commit(record(run_id, verdicts()))
    days = store.history("often", [need], limit=2, by_day=True)
    assert [past.version for past in days] == [3, 4]
    assert [p.version for p in store.history("often", [need], limit=9, by_day=True)] == [2, 3, 4]
    assert [p.version for p in store.history("often", [need], limit=3)] == [2, 3, 4]
    assert len(store.history("often", [need], limit=9)) == 5


def test_a_repeated_run_changes_nothing_and_other_data_is_refused(
    spark: Any, folder: str, store: Store
) -> None:
    first = write_run(store, "twice")
    writer = DisturbedWriter()
    again = write_run(Store(spark, folder, clock=FixedClock(), writer=writer), "twice")
    assert again == first
    with pytest.raises(StoreError, match="results/0 holds other rows"):
        write_run(
            Store(spark, folder, clock=FixedClock(), writer=writer), "twice", verdicts(Outcome.WARN)
        )
    assert writer.operations == 0
    assert [stored(store, table, "twice") for table in ("runs", "results", "violations")] == [
        1, 2, 2,
    ]  # fmt: skip


def test_other_data_under_the_id_of_an_interrupted_run_is_refused(
    spark: Any, folder: str, store: Store
) -> None:
    store.append("results", [ResultRow.of(v, ORIGIN) for v in verdicts()], "half")
    second = Store(spark, folder, clock=FixedClock())
    assert second.stored_versions("half") == {"orders": 7}
    more = [*verdicts(), verdicts()[0].__class__("other", WHOLE, Outcome.PASS, ORIGIN_SEVERITY)]
    with pytest.raises(StoreError, match="results/0 holds 2 rows of 3") as caught:
        write_run(second, "half", more)
    assert caught.value.exit_code == 4
    assert stored(second, "results", "half") == 0


ORIGIN_SEVERITY = verdicts()[0].severity


def test_the_pins_of_the_first_attempt_hold(spark: Any, folder: str, store: Store) -> None:
    store.pin("pinned", [PinRow("orders", "/lake/orders", 7)])
    second = Store(spark, folder, clock=FixedClock())
    assert second.pin("pinned", [PinRow("orders", "/lake/orders", 9)])["orders"].table_version == 7
    with pytest.raises(StoreError, match="other datasets"):
        Store(spark, folder, clock=FixedClock()).pin("pinned", [PinRow("items", "/lake/items", 1)])


def test_a_run_too_old_to_be_continued_is_refused(spark: Any, folder: str, store: Store) -> None:
    store.pin("old", [PinRow("orders", "/lake/orders", 7)])
    late = Store(spark, folder, clock=FixedClock(AS_OF + timedelta(days=91)))
    with pytest.raises(StoreError, match="interrupted 91 days ago"):
        late.stored_versions("old")


def test_failures_at_every_operation_are_made_good_by_the_next_run(spark: Any, folder: str) -> None:
    # Fails at pins, violations, results and runs; pins that are stored are not written again.
    for number in (1, 2, 2, 3):

        def fail(operation: int, number: int = number) -> None:
            if operation == number:
                raise AnalysisException

        broken = Store(spark, folder, clock=FixedClock(), writer=DisturbedWriter(before=fail))
        with pytest.raises(StoreError, match="DELTA_METADATA_MISMATCH"):
            write_run(broken, "failing")
        assert broken.committed("failing") is None
    store = Store(spark, folder, clock=FixedClock())
    write_run(store, "failing")
    tables = ("runs", "pins", "violations", "results")
    assert [stored(store, table, "failing", committed=False) for table in tables] == [1, 1, 2, 2]


def test_a_write_that_was_stored_and_then_raised_is_not_doubled(spark: Any, folder: str) -> None:
    clock = FixedClock()
    raised: set[int] = set()

    def lose_the_answer(operation: int) -> None:
        if operation % 2:
            raised.add(operation)
            raise ConnectionResetError("connection reset by peer")

    writer = DisturbedWriter(after=lose_the_answer)
    store = Store(spark, folder, clock=clock, writer=writer, retry=quick(clock))
    write_run(store, "ambiguous")
    assert raised == {1, 3, 5, 7}
    assert clock.slept == [0.25] * 4
    tables = ("runs", "pins", "violations", "results")
    assert [stored(store, table, "ambiguous") for table in tables] == [1, 1, 2, 2]


def test_dataframes_are_stored_like_rows(spark: Any, folder: str, store: Store) -> None:
    frame = spark.sql(
        "SELECT 'c' AS check_id, 'orders' AS dataset, 7 AS table_version, '' AS slice, "
        "'counts' AS kind, 'n' AS name, id AS ordinal, id AS count FROM range(3)"
    )
    store.append("evidence", frame, "frames")
    Store(spark, folder, clock=FixedClock()).append("evidence", frame, "frames")
    assert stored(store, "evidence", "frames", committed=False) == 3
    with pytest.raises(TypeError, match="Did you mean 'ordinal'"):
        store.append("evidence", frame.withColumnRenamed("ordinal", "ordinl"), "frames", "1")
    store.commit(record("frames", []))
    assert stored(store, "evidence", "frames") == 3


def test_many_rows_become_several_parts_and_are_stored_once(
    spark: Any, folder: str, store: Store
) -> None:
    rows = [
        {"need_id": f"{n:04}", "slice": "", "dataset": "wide", "table_version": 1}
        for n in range(TABLES["profiles"].batch * 2 + 1)
    ]
    store.append("profiles", rows, "many")
    Store(spark, folder, clock=FixedClock()).append("profiles", reversed(rows), "many")
    kept = store.commit(record("many", []))
    assert [(p.part, p.rows) for p in kept.parts] == [("0.0", 500), ("0.1", 500), ("0.2", 1)]


def test_transitions_have_one_winner_and_are_folded(spark: Any, folder: str, store: Store) -> None:
    first = store.transition("orders", "baseline", 1, "candidate", "ana", "first load")
    assert store.state("orders", "baseline") == first
    bea = Store(spark, folder, clock=FixedClock(), ids=CountedIds("bea"))
    won = bea.transition("orders", "baseline", 2, "approved", "bea", "good", {"as": "seen"})
    with pytest.raises(Conflict, match="number 2: approved by bea") as caught:
        store.transition("orders", "baseline", 2, "retired", "ana", "bad")
    assert caught.value.winner == won
    with pytest.raises(ValueError, match="has number 3, not 4"):
        store.transition("orders", "baseline", 4, "retired", "ana", "bad")
    done = store.transition("orders", "baseline", 3, "retired", "job", "age", request="run-1")
    assert store.transition(
        "orders", "baseline", 3, "retired", "job", "age", request="run-1"
    ) == done  # fmt: skip
    assert [row.state for row in store.changes("orders", "baseline")] == [
        "candidate", "approved", "retired",
    ]  # fmt: skip
    assert store.states("baseline") == {"orders": done}
    assert store.state("orders", "alert") is None


def test_a_change_that_came_second_unseen_is_told_who_won(spark: Any, folder: str) -> None:
    rival = Store(spark, folder, clock=FixedClock(), ids=CountedIds("rival"))

    def be_faster(operation: int) -> None:
        rival.transition("items", "alert", 1, "acknowledged", "rival", "mine")

    slow = Store(spark, folder, clock=FixedClock(), writer=DisturbedWriter(before=be_faster))
    with pytest.raises(Conflict, match="acknowledged by rival"):
        slow.transition("items", "alert", 1, "muted", "slow", "mine")
    assert len(rival.changes("items", "alert")) == 1


def test_clean_deletes_what_can_no_longer_count(spark: Any, tmp_path: Path) -> None:
    with only(*CORE, "alerts"):
        check_clean(spark, str(tmp_path / "results"))


def check_clean(spark: Any, folder: str) -> None:
    clock = FixedClock()
    store = Store(spark, folder, clock=clock)
    store.init()
    sample = [{"id": "1"}]
    store.append("violations", violation_rows(verdicts()[1], ORIGIN, "raw", sample), "crashed")
    store.append("violations", violation_rows(verdicts()[1], ORIGIN, "raw", sample), "done")
    store.commit(record("done", []))
    with pytest.raises(ConfigurationError, match="90 days at least, found 30"):
        store.clean(timedelta(days=30))
    clock.current += timedelta(days=30)
    assert store.clean().incomplete == ()
    store.clean(samples_older_than=timedelta(days=7))
    assert stored(store, "violations", "done") == 1
    clock.current += timedelta(days=61)
    cleaned = store.clean()
    assert (cleaned.incomplete, cleaned.expired) == (("crashed",), ())
    assert stored(store, "violations", "crashed", committed=False) == 0
    assert store.clean(timedelta(days=90)).expired == ("done",)
    assert store.committed("done") is None
    assert store.read("violations", committed=False).count() == 0
    check_alerts_after_clean(store, clock)


def check_alerts_after_clean(store: Store, clock: FixedClock) -> None:
    """Alerts that are open as an old run left them stay, with that run's verdicts, and no other."""

    def leave(run_id: str, days: int, judged: list[Verdict], **states: str) -> None:
        now = AS_OF + timedelta(days=days)
        rows = [
            AlertRow("t", check, "range", state, "fail", None, (), (), None, "", AS_OF, now)
            for check, state in states.items()
        ]
        store.append("alerts", rows, run_id)
        store.append("results", [ResultRow.of(v, ORIGIN) for v in judged], run_id)
        store.commit(record(run_id, judged, now))

    judged = verdicts()
    store.append("violations", violation_rows(judged[1], ORIGIN), "first")
    leave("first", 0, judged, one="open", two="open", three="open")
    leave("second", 1, [], two="resolved")
    leave("third", 2, [], three="open", four="resolved")
    clock.current += timedelta(days=200)
    leave("back in time", 0, [], four="open")
    cleaned = store.clean(timedelta(days=100))
    assert (cleaned.expired, cleaned.alerting) == (("second",), ("first", "third"))
    assert {row.check_id: (row.state, row.as_of - AS_OF) for row in last_rows(store).values()} == {
        "one": ("open", timedelta(0)),
        "three": ("open", timedelta(days=2)),
        "four": ("resolved", timedelta(days=2)),
    }
    assert (stored(store, "results", "first"), stored(store, "violations", "first")) == (2, 0)
