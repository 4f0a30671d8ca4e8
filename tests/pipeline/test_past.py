"""Which earlier rows a rule gets to see: its own, of the runs that it looks back on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, cast

from sparkguard.checks.anomaly import Anomaly
from sparkguard.checks.base import Check, Context, Judgement, Past, TableFacts, passed
from sparkguard.datatypes import Struct
from sparkguard.measures.rows import Rows
from sparkguard.options import ColumnPath
from sparkguard.pipeline import past
from sparkguard.pipeline.judging import Sight
from sparkguard.plan import Entry, Plan
from sparkguard.profile import Need, Profile, Scanned
from sparkguard.relations.table import Table
from sparkguard.results import Store
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Severity, Verdict

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
ROWS = Need(Table("t"), Rows())


@dataclass(frozen=True)
class Keeper(Check):
    keeps = "log"

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset()

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return ()

    def judge(self, seen: Profile, context: Context) -> Judgement:
        return passed()


@dataclass(frozen=True)
class LooksBack(Keeper):
    keeps = "state"
    wants_history = 1


@dataclass(frozen=True)
class Recalls(LooksBack):
    def recalls(self, context: Context) -> tuple[Need[Any], ...]:
        return (ROWS,)


class FakeStore:
    """Holds one row per (check id, run) and notes which runs it is asked for."""

    def __init__(self, *rows: tuple[str, str]) -> None:
        self.rows = [{"check_id": check, "run_id": run} for check, run in rows]
        self.asked: dict[str, set[str] | None] = {}

    def last_run(self, audit: str, before: datetime) -> None:
        return None

    def verdicts(self, run: Any) -> dict[Any, Verdict]:
        return {}

    def history(self, dataset: str, needs: Any, *_: Any, **how: Any) -> tuple[Past, ...]:
        self.wanted, self.by_day = needs, how["by_day"]
        return (Past(WHOLE, 1, NOW, Profile(), "monday"),)

    def last_rows(
        self, table: str, dataset: str, before: datetime, runs: Iterable[str] | None
    ) -> tuple[dict[str, Any], ...]:
        assert (dataset, before) == ("t", NOW)
        self.asked[table] = None if runs is None else set(runs)
        return tuple(row for row in self.rows if runs is None or row["run_id"] in runs)


def entry(id_: str, rule: str, check: Check, skip: str = "") -> Entry:
    return Entry(id_, "t", check, "fake", Severity.ERROR, skip=skip, rule=rule)


def earlier(store: FakeStore, *entries: Entry) -> dict[str, list[str]]:
    contexts = {"t": Context(TableFacts("t", Struct(())), NOW)}
    plan = Plan(entries, {}, {}, NOW, contexts)
    sight = past.with_past(plan, Sight(Scanned(), {}), cast("Store", store), "nightly", WHOLE)
    return {id_: [row["check_id"] for row in rows] for id_, rows in sight.earlier.items()}


def test_the_checks_of_one_rule_share_its_rows_and_no_other_rule_sees_them() -> None:
    store = FakeStore(("t.m.a", "monday"), ("t.m.b", "sunday"), ("t.m.a.x", "monday"), ("t", "s"))
    found = earlier(
        store,
        entry("t.m.a", "t.m", Keeper()),
        entry("t.m.b", "t.m", Keeper()),
        entry("t.m.a.x", "t.m.a.x", Keeper()),
    )
    assert found == {
        "t.m.a": ["t.m.a", "t.m.b"],
        "t.m.b": ["t.m.a", "t.m.b"],
        "t.m.a.x": ["t.m.a.x"],
    }
    assert store.asked == {"log": None}


def test_a_skipped_check_of_a_rule_leaves_its_rows_to_the_others() -> None:
    store = FakeStore(("t.m.a", "monday"))
    found = earlier(
        store, entry("t.m.a", "t.m", Keeper(), skip="known"), entry("t.m.b", "t.m", Keeper())
    )
    assert found == {"t.m.b": ["t.m.a"]}


def test_rows_beside_past_profiles_are_read_of_the_runs_of_those() -> None:
    store = FakeStore(("r", "sunday"), ("r", "monday"))
    assert earlier(store, entry("r", "r", LooksBack())) == {"r": ["r"]}
    assert store.asked == {"state": {"monday"}}


def test_without_a_check_that_keeps_rows_nothing_is_read() -> None:
    store = FakeStore(("r", "monday"))
    assert earlier(store, Entry("r", "t", None, "fake", Severity.ERROR)) == {}
    assert store.asked == {}


def test_what_a_check_recalls_is_looked_for_in_the_past_as_well() -> None:
    store = FakeStore()
    earlier(store, entry("r", "r", Recalls()))
    assert store.wanted == (ROWS,)


def test_an_anomaly_looks_back_on_days_however_often_the_table_is_audited() -> None:
    store = FakeStore()
    earlier(store, entry("t.rows", "t.rows", Anomaly()))
    assert store.by_day
    earlier(store, entry("t.l", "t.l", LooksBack()))
    assert not store.by_day
