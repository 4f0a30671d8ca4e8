"""`sparkguard profile`: what a table holds, column by column, measured on every row."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from sparkguard.cli.result_files import write_json
from sparkguard.cli.root import JsonFile, app, live, out, plain_table
from sparkguard.measures.families import Family
from sparkguard.measures.texts import text_of
from sparkguard.rendering.plaintext import duration, printable

if TYPE_CHECKING:
    from sparkguard.profiling import ColumnSummary, TableProfile

_OF_VALUES = ("mean", "stddev", "q50")
_SHOWN = ("rows", "null", "distinct", *_OF_VALUES)
_TIMES = frozenset(family.value for family in Family if family.is_time)


@app.command()
def profile(
    table: Annotated[str, typer.Argument(help="A Delta table: a folder, or catalog.schema.table.")],
    by: Annotated[
        list[str] | None, typer.Option("--by", help="Profile each value of this column too.")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--column", help="Only this column; may be repeated.")
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Measure every column of a table at full scale. Judges and stores nothing."""
    from sparkguard.profiling import profile_table
    from sparkguard.session import open_session
    from sparkguard.tables import TableRef

    with live("starting Spark") as progress:
        found = profile_table(
            open_session(),
            TableRef.of(table),
            by=tuple(by or ()),
            columns=tuple((column,) for column in columns or ()),
            progress=progress,
        )
    out.print(summary_table(found))
    write_json(json_file, _plain(found))


def summary_table(found: TableProfile) -> Table:
    headings = ("column", "type", "slice", *_SHOWN, "least", "greatest", "most frequent")
    return plain_table(headings, map(_cells, found.summaries), right=_SHOWN)


def _cells(row: ColumnSummary) -> tuple[str, ...]:
    texts = (row.reason, "", "") if row.reason else (row.least or "", row.greatest or "", _top(row))
    numbers = (_number(row, name) for name in _SHOWN)
    return (row.column, row.type, str(row.slice), *numbers, *map(_short, texts))


def _top(row: ColumnSummary) -> str:
    return ", ".join(f"{value} ({count:,})" for value, count in row.top[:3])


def _number(row: ColumnSummary, name: str) -> str:
    number = row.numbers.get(name)
    if number is None:
        return ""
    if name in _OF_VALUES and row.type in _TIMES and math.isfinite(number):
        return _time(number, name, Family(row.type))
    return f"{number:,}" if isinstance(number, int) else f"{number:,.6g}"


def _time(number: float, name: str, family: Family) -> str:
    """A statistic of dates, in days, or of timestamps, in seconds: a time, or a length of time."""
    in_days = family is Family.DATE
    if name == "stddev":
        return duration(number * 86_400 if in_days else number)
    return text_of(round(number) if in_days else round(number) * 1_000_000, family)


def _short(text: str, longest: int = 60) -> str:
    shown = printable(text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _plain(found: TableProfile) -> dict[str, Any]:
    return {
        "version": found.version,
        "columns": [{**asdict(row), "slice": row.slice.key} for row in found.summaries],
    }
