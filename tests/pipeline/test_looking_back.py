"""A last look at earlier versions, which may be gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sparkguard.checks.base import Check, Context, Judgement, TableFacts, passed
from sparkguard.datatypes import Struct
from sparkguard.measures.rows import Rows
from sparkguard.options import ColumnPath
from sparkguard.pipeline.judging import Sight, judge
from sparkguard.pipeline.looking_back import look_back
from sparkguard.plan import Entry, Plan
from sparkguard.profile import Need, Profile, Scanned
from sparkguard.relations.table import Table
from sparkguard.slices import WHOLE, Slice
from sparkguard.verdicts import Outcome, Severity
from tests.frames import Frames

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Back(Check):
    """Wants the rows of `table`, and tells them, or why it can't."""

    table: str

    @property
    def need(self) -> Need[Any]:
        return Need(Table(self.table), Rows())

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset()

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        return ()

    def looks_back(self, context: Context) -> tuple[Need[Any], ...]:
        if not self.table:
            raise RuntimeError
        return (self.need,)

    def judge(self, seen: Profile, context: Context) -> Judgement:
        failure = context.looked.failures.get(self.need)
        found = context.looked.profile.at(WHOLE, self.need)
        told = {"unit": failure.condition} if failure else {}
        return passed(observed=found.rows if found else None, **told)


def test_what_is_gone_is_told_and_no_verdict_fails_with_it(spark: Any) -> None:
    gone = spark.range(2).where("assert_true(id < 1) IS NULL")
    tables = Frames(there=spark.range(3), gone=gone)
    month = (Slice.of({"month": "1"}),)
    entries = (
        Entry("there", "t", Back("there"), "back", Severity.ERROR),
        Entry("gone", "t", Back("gone"), "back", Severity.ERROR),
        Entry("broken", "t", Back(""), "back", Severity.ERROR),
        Entry("sliced", "t", Back("absent"), "back", Severity.ERROR, month),
        Entry("skipped", "t", Back("absent"), "back", Severity.ERROR, skip="known"),
    )
    contexts = {"t": Context(TableFacts("t", Struct(())), NOW)}
    plan = Plan(entries, {}, {}, NOW, contexts)
    sight = look_back(plan, Sight(Scanned(), {}), tables)
    verdicts = {r.entry.id: r.finding.verdict for r in judge(plan, sight)}
    assert {name: v.outcome for name, v in verdicts.items()} == {
        "there": Outcome.PASS,
        "gone": Outcome.PASS,
        "broken": Outcome.ERROR,
        "sliced": Outcome.PASS,
        "skipped": Outcome.SKIPPED,
    }
    assert (verdicts["there"].observed, verdicts["gone"].unit) == (3, "USER_RAISED_EXCEPTION")
    assert verdicts["broken"].reason == "the check could not look back: RuntimeError"
    assert sight.scanned == Scanned()
