"""`sparkguard profile`: what a table holds, column by column, measured on every row."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from sparkguard.cli.result_files import write_json
from sparkguard.cli.root import JsonFile, app, live, out

if TYPE_CHECKING:
    from sparkguard.profiling import ColumnSummary, TableProfile

_SHOWN = ("rows", "null", "distinct", "mean", "stddev", "q50")


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
    out.print(_table(found))
    write_json(json_file, _plain(found))


def _table(found: TableProfile) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("column", "type", "slice", *_SHOWN, "least", "greatest", "most frequent"):
        table.add_column(heading, justify="right" if heading in _SHOWN else "left")
    for row in found.summaries:
        texts = (row.least or "", row.greatest or "", _top(row))
        table.add_row(
            *map(escape, (row.column, row.type, str(row.slice))),
            *(_number(row.numbers.get(name)) for name in _SHOWN),
            *(escape(_short(text)) for text in (texts if not row.reason else (row.reason, "", ""))),
        )
    return table


def _top(row: ColumnSummary) -> str:
    return ", ".join(f"{value} ({count:,})" for value, count in row.top[:3])


def _number(number: float | int | None) -> str:
    if number is None:
        return ""
    return f"{number:,}" if isinstance(number, int) else f"{number:,.6g}"


def _short(text: str, longest: int = 60) -> str:
    shown = "".join(c if c.isprintable() else "�" for c in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _plain(found: TableProfile) -> dict[str, Any]:
    return {
        "version": found.version,
        "columns": [{**asdict(row), "slice": row.slice.key} for row in found.summaries],
    }
