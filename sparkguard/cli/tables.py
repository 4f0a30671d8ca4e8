"""Tables for people to read in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from sparkguard.cli.root import plain_table
from sparkguard.errors import listed
from sparkguard.rendering.plaintext import number, plural, with_unit
from sparkguard.slices import Slice, partition_order
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
_UNJUDGED = (Outcome.ERROR.value, Outcome.NOT_EVALUABLE.value, Outcome.SKIPPED.value)
"""Outcomes whose reason is rather the table's or the run's than the check's."""


def verdict_table(result: RunResult, *, everything: bool = False) -> Table:
    """The verdicts that are no pass, worst first: one row per check, its slices counted.

    Checks of a table that were not judged for one reason share a row. With `everything`, also
    those that passed, and every check and slice on its own.
    """
    rows = result.worst_first()
    slices: dict[str, list[ResultRow]] = {}
    for row in rows:
        if row.slice and not everything:
            slices.setdefault(row.check_id, []).append(row)
    cells = [
        (
            Text(row.outcome, _STYLES[Outcome(row.outcome)]),
            row.check_id + (f" and {plural(others, 'more check')}" if others else ""),
            str(Slice.parse(row.slice)) + _slices_beside(row, slices.get(row.check_id, ())),
            _observed(row),
            row.reason,
        )
        for row, others in ([(row, 0) for row in rows] if everything else _shown(rows))
    ]
    headings = ("outcome", "check", "slice", "observed", "reason")
    table = plain_table(headings, cells, right={"observed"})
    table.show_header = table.row_count > 0
    return table


def plan_table(plan: Plan) -> Table:
    """The scans of a plan's first step: what each query reads."""
    rows = (
        (
            f"{scan.relation.subject} ({scan.relation.kind})",
            ", ".join(scan.by),
            f"{at} of {len(scan.chunks)}",
            str(len(chunk.measures)),
            listed(sorted(chunk.columns)),
        )
        for scan in plan.first_scans()
        for at, chunk in enumerate(scan.chunks, 1)
    )
    table = plain_table(("scan", "slices by", "query", "measures", "columns read"), rows)
    table.title = f"{plural(plan.planned, 'verdict')} of {plural(len(plan.entries), 'check')}"
    return table


def _shown(rows: Iterable[ResultRow]) -> list[tuple[ResultRow, int]]:
    """Troubled whole tables, and troubled slices of checks whose whole is not troubled.

    Beside each stands how many further checks were not judged for the same reason.
    """
    troubled = [row for row in rows if row.outcome != Outcome.PASS.value]
    wholes = {row.check_id for row in troubled if not row.slice}
    groups: dict[tuple[str, ...], list[ResultRow]] = {}
    for row in troubled:
        if not row.slice or row.check_id not in wholes:
            shared = row.outcome in _UNJUDGED and not row.slice
            key = (row.dataset, row.outcome, row.reason) if shared else (row.check_id, row.slice)
            groups.setdefault(key, []).append(row)
    return [(group[0], len(group) - 1) for group in groups.values()]


def _slices_beside(row: ResultRow, slices: Sequence[ResultRow]) -> str:
    if row.slice or not slices:
        return ""
    same = [Slice.parse(r.slice) for r in slices if r.outcome == row.outcome]
    some = 0 < len(same) < len(slices)
    first = f", first {min(same, key=partition_order)}" if some else ""
    return f" and {len(same)} of {len(slices)} slices{first}"


def _observed(row: ResultRow) -> str:
    for value in (row.observed_long, row.observed_double):
        if value is not None:
            return with_unit(value, number(value), row.unit)
    return with_unit(None, row.observed_string, row.unit) if row.observed_string is not None else ""
