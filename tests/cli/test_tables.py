from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from sparkguard.cli.tables import verdict_table
from sparkguard.results.run_result import RunResult
from tests.report.facts import row, run


def printed(*outcomes: str) -> str:
    rows = tuple(row(f"orders.range.c{i}", outcome) for i, outcome in enumerate(outcomes))
    console = Console(width=120)
    with console.capture() as found:
        console.print(verdict_table(RunResult(run(), rows, "/lake/sparkguard")))
    return found.get().strip()


def test_what_needs_attention_stands_under_its_headings() -> None:
    head, found = printed("pass", "fail").splitlines()
    assert head.split() == ["outcome", "check", "slice", "observed", "reason"]
    assert found.startswith("fail     orders.range.c1")


def test_where_everything_holds_there_is_no_empty_table() -> None:
    assert printed("pass") == ""


def test_checks_that_one_reason_kept_from_being_judged_share_a_row() -> None:
    rows = (
        row("orders.range.a", "error", reason="PATH_NOT_FOUND"),
        row("orders.range.b", "error", reason="PATH_NOT_FOUND"),
        row("flights.range.c", "error", reason="PATH_NOT_FOUND"),
        row("orders.range.d", "fail", reason="1 row"),
        row("orders.range.e", "fail", reason="1 row"),
        row("orders.range.f", "skipped", reason="not tonight"),
    )
    console = Console(width=140)
    with console.capture() as found:
        console.print(verdict_table(RunResult(run(), rows, "/lake/sparkguard")))
    lines = [" ".join(line.split()) for line in found.get().splitlines()[1:]]
    assert lines == [
        "error flights.range.c whole table PATH_NOT_FOUND",
        "error orders.range.a and 1 more check whole table PATH_NOT_FOUND",
        "fail orders.range.d whole table 1 row",
        "fail orders.range.e whole table 1 row",
        "skipped orders.range.f whole table not tonight",
    ]


def test_where_some_slices_broke_the_first_of_them_is_named() -> None:
    slices = {"9": "pass", "10": "fail", "11": "fail"}
    rows = (
        row("orders.range.a", "fail", observed_long=1, unit="rows"),
        *(row("orders.range.a", outcome, f"day={day}") for day, outcome in slices.items()),
    )
    console = Console(width=140)
    with console.capture() as found:
        console.print(verdict_table(RunResult(run(), rows, "/lake/sparkguard")))
    assert "whole table and 2 of 3 slices, first day=10" in found.get()
    assert " 1 row " in found.get()


class Counted(str):
    """A check's id that counts how often it is compared."""

    __slots__ = ()
    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other)


def test_slices_are_not_compared_with_every_other() -> None:
    rows = [row(f"orders.range.c{n % 4}", "fail", f"day={n}") for n in range(400)]
    rows = [replace(each, check_id=Counted(each.check_id)) for each in rows]
    verdict_table(RunResult(run(), tuple(rows), "/lake/sparkguard"))
    assert Counted.compared < 50 * len(rows)
