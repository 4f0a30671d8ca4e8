from __future__ import annotations

from dataclasses import replace

from sparkguard.report import render
from sparkguard.report.build import MOST_SLICES_SHOWN, build, places, slice_order
from sparkguard.report.model import Change, Trend
from sparkguard.results.reporting import MOST_CHECKS, StoredEvidence
from sparkguard.verdicts import LEFT_OUT, Evidence, Outcome
from tests.report.facts import GONE, MOVED, facts, row


def test_slices_stand_in_the_order_of_people() -> None:
    keys = ["month=10", "month=9", "month", "day=2024-01-02", "day=2023-12-31"]
    assert sorted(keys, key=slice_order) == [
        "day=2023-12-31", "day=2024-01-02", "month", "month=9", "month=10",
    ]  # fmt: skip


def test_evidence_is_read_for_what_needs_attention_first() -> None:
    calm = [row(f"t.range.c{n:04d}", "pass") for n in range(MOST_CHECKS + 50)]
    broken = [row("t.set.z", "fail"), *(row("t.set.z", "fail", f"m={n}") for n in range(9))]
    chosen = places([*calm, *broken])
    assert chosen[:4] == (("t.set.z", ""), *(("t.set.z", f"m={n}") for n in range(3)))
    assert len(chosen) == MOST_CHECKS + MOST_SLICES_SHOWN


def test_datasets_and_checks_stand_worst_first() -> None:
    report = build(facts())
    assert [part.name for part in report.datasets] == ["orders", "customers"]
    outcomes = [check.outcome.value for check in report.datasets[0].checks]
    assert list(dict.fromkeys(outcomes)) == ["error", "fail", "warn", "skipped", "pass"]
    assert report.datasets[0].counts[Outcome.FAIL] == 12


def test_a_check_knows_its_past_its_slices_and_what_changed() -> None:
    checks = {check.id: check for check in build(facts()).checks}
    moved, gone = checks[MOVED], checks[GONE]
    assert [point.outcome for point in moved.past] == ["fail", "pass", "pass", "fail"]
    assert [point.observed for point in moved.past] == [0.0, 0.02, 0.04, 0.231]
    assert moved.change.trend is Trend.NEW
    assert gone.change.trend is Trend.SAME
    assert [slice_.slice for slice_ in gone.slices][-2:] == ["month=11", "month=12"]
    assert gone.change.new_slices == tuple(
        sorted(f"month={n}" for n in range(1, 13) if n % 4 not in (0, 1))
    )


def test_a_check_that_was_left_out_is_compared_with_what_was_last_judged() -> None:
    def changed(*nights: tuple[str, str]) -> Change:
        rows = [
            (row(MOVED, outcome, reason=reason), row(MOVED, outcome, "month=1", reason=reason))
            for outcome, reason in nights
        ]
        runs = facts().runs[-len(rows) :]
        past = tuple((each.run_id, whole) for each, (whole, _) in zip(runs, rows, strict=True))
        given = replace(facts(), results=rows[-1], before=rows[-2], past=past)
        (check,) = build(given).checks
        return check.change

    left_out = ("skipped", LEFT_OUT)
    assert changed(("fail", ""), left_out).trend is Trend.SAME
    assert changed(("fail", ""), left_out, ("fail", "")) == Change(Trend.SAME, Outcome.FAIL)
    assert changed(("fail", ""), left_out, left_out, ("pass", "")).trend is Trend.HEALED
    assert changed(("pass", ""), left_out, ("fail", "")) == Change(Trend.NEW, Outcome.PASS)
    assert changed(left_out, ("fail", "")).trend is Trend.FIRST
    assert changed(("skipped", "known"), ("fail", "")).was is Outcome.SKIPPED


def test_counts_hold_for_verdicts_that_are_not_listed_too() -> None:
    rows = (row("t.set.z", "fail"), *(row("t.set.z", "fail", f"m={n}") for n in range(3)))
    counts = {
        ("t", "t.set.z", False, Outcome.FAIL): 1,
        ("t", "t.set.z", True, Outcome.FAIL): 3,
        ("t", "t.set.z", True, Outcome.PASS): 297,
    }
    report = build(replace(facts(), results=rows, counts=counts))
    assert report.datasets[0].counts == {Outcome.FAIL: 4, Outcome.PASS: 297}
    page = render(report)
    assert "(fail in 3 of 300 slices)" in page
    assert "3 fail, 297 pass" in page


def test_samples_are_put_together_from_cells() -> None:
    (gone,) = (check for check in build(facts()).checks if check.id == GONE)
    assert gone.whole is not None
    assert gone.whole.samples is not None
    assert gone.whole.samples.columns == ("id", "dep_time")
    assert gone.whole.samples.rows == (("1***1", None), ("1***2", None))
    assert gone.whole.samples.left_out == 38


def test_a_picture_knows_how_many_rows_were_not_read() -> None:
    rows = [
        StoredEvidence((MOVED, ""), Evidence("counts", "values", i, str(i), count=i), of=500)
        for i in range(120)
    ]
    report = build(replace(facts(), evidence=tuple(rows), evaluations=()))
    (moved,) = (check for check in report.checks if check.id == MOVED)
    assert moved.whole is not None
    assert [picture.left_out for picture in moved.whole.pictures] == [380]


def test_a_check_without_a_verdict_on_the_whole() -> None:
    only = replace(facts(), results=(row("t.set.z", "fail", "m=1"), row("t.set.z", "pass", "m=2")))
    (check,) = build(only).checks
    assert check.whole is None
    assert (check.outcome, check.first.slice) == (Outcome.FAIL, "m=1")
