"""Tables for people to read in a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from sparkguard.errors import listed
from sparkguard.rendering.plaintext import number, printable
from sparkguard.slices import Slice
from sparkguard.verdicts import Outcome

if TYPE_CHECKING:
    from sparkguard.plan import Plan
    from sparkguard.results import ResultRow
    from sparkguard.results.run_result import RunResult

_STYLES = {
    Outcome.PASS: "green",
    Outcome.WARN: "yellow",
    Outcome.FAIL: "red",
    Outcome.ERROR: "red",
    Outcome.NOT_EVALUABLE: "magenta",
    Outcome.SKIPPED: "dim",
}
_QUIET = (Outcome.PASS.value, Outcome.SKIPPED.value)


def verdict_table(result: RunResult, *, everything: bool = False) -> Table:
    """The verdicts that need attention, worst first: one row per check, its slices counted.

    With `everything`, also those that passed or were skipped, and every slice on its own.
    """
    table = Table(title=None, box=None, header_style="bold", pad_edge=False)
    for heading in ("outcome", "check", "slice", "observed", "reason"):
        table.add_column(heading, justify="right" if heading == "observed" else "left")
    rows = result.worst_first()
    for row in rows if everything else _shown(rows):
        slices = "" if everything else _slices_beside(row, rows)
        table.add_row(
            f"[{_STYLES[Outcome(row.outcome)]}]{row.outcome}[/]",
            escape(printable(row.check_id)),
            escape(printable(str(Slice.parse(row.slice)))) + slices,
            _observed(row),
            escape(printable(row.reason)),
        )
    table.show_header = table.row_count > 0
    return table


def plan_table(plan: Plan) -> Table:
    """The scans of a plan's first step: what each query reads."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.title = f"{plan.planned:,} verdicts of {len(plan.entries):,} checks"
    for heading in ("scan", "slices by", "query", "measures", "columns read"):
        table.add_column(heading)
    for scan in plan.first_scans():
        for at, chunk in enumerate(scan.chunks, 1):
            table.add_row(
                escape(f"{scan.relation.subject} ({scan.relation.kind})"),
                escape(", ".join(scan.by)),
                f"{at} of {len(scan.chunks)}",
                str(len(chunk.measures)),
                escape(printable(listed(sorted(chunk.columns)))),
            )
    return table


def _shown(rows: Iterable[ResultRow]) -> list[ResultRow]:
    """Troubled whole tables, and troubled slices of checks whose whole is not troubled."""
    troubled = [row for row in rows if row.outcome not in _QUIET]
    wholes = {row.check_id for row in troubled if not row.slice}
    return [row for row in troubled if not row.slice or row.check_id not in wholes]


def _slices_beside(row: ResultRow, rows: Iterable[ResultRow]) -> str:
    slices = [r for r in rows if r.check_id == row.check_id and r.slice]
    if row.slice or not slices:
        return ""
    same = sum(r.outcome == row.outcome for r in slices)
    return f" and {same} of {len(slices)} slices"


def _observed(row: ResultRow) -> str:
    for value in (row.observed_long, row.observed_double, row.observed_string):
        if value is not None:
            text = value if isinstance(value, str) else number(value)
            return f"{text} {row.unit}".strip()
    return ""
