from __future__ import annotations

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
