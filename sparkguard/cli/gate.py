"""`sparkguard gate`: hold a table, or a write, to a contract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from sparkguard.cli.root import JsonFile, app, live, out, parse_tables, write_json
from sparkguard.errors import ConfigurationError


@app.command()
def gate(
    contract: Annotated[Path, typer.Argument(help="The contract file.", metavar="CONTRACT")],
    source: Annotated[
        str, typer.Option("--input", help="Delta table whose rows would be written.")
    ],
    target: Annotated[
        str | None, typer.Option(help="Table they would be appended to (default: the input).")
    ] = None,
    table: Annotated[
        str | None, typer.Option(help="The contract's table, where it has several.")
    ] = None,
    merge_schema: Annotated[
        bool, typer.Option("--merge-schema", help="The write sets mergeSchema.")
    ] = False,
    fill_missing: Annotated[
        bool, typer.Option("--fill-missing", help="Nullable columns may be left out.")
    ] = False,
    references: Annotated[
        list[str] | None,
        typer.Option("--references", metavar="NAME=TABLE", help="A table that references name."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Append the rows to the target, if they pass.")
    ] = False,
    quarantine: Annotated[
        str | None, typer.Option(help="With --write: table for rows that break rules.")
    ] = None,
    write_id: Annotated[
        str | None, typer.Option("--write-id", help="Repeating this write appends once.")
    ] = None,
    results: Annotated[
        str, typer.Option("--results", envvar="SPARKGUARD_RESULTS", help="Record the write here.")
    ] = "",
    json_file: JsonFile = None,
) -> None:
    """Say what a write would do, and refuse what the contract forbids.

    Exits 0 when it is allowed (or done), 1 when refused, 2 for a wrong contract or option, 3
    when something could not be evaluated.
    """
    from sparkguard import gate as gates
    from sparkguard.session import open_session
    from sparkguard.tables import TableRef

    if write and target is None:
        raise ConfigurationError("--write needs --target, the table to append to")
    options = gates.GateOptions(
        table=table,
        merge_schema=merge_schema,
        fill_missing=fill_missing,
        quarantine=TableRef.of(quarantine) if quarantine else None,
        tables=parse_tables(references),
        write_id=write_id,
    )
    with live("starting Spark"):
        if write and target is not None:
            from sparkguard.results.registry import Registry

            spark = open_session()
            registry = Registry(spark, results) if results else None
            rows = gates.rows_of(spark, TableRef.of(source))
            try:
                result = gates.write(rows, contract, target, options, registry=registry)
            except gates.Refused as refused:
                result = refused.result
        else:
            result = gates.audit_table(source, contract, target, options)
    _show(result)
    write_json(json_file, result.to_dict())
    if not result.accepted:
        raise typer.Exit(1)


def _show(result: object) -> None:
    from sparkguard.gate import GateResult

    assert isinstance(result, GateResult)
    table = Table("what", "where", "says")
    for objection in result.objections:
        table.add_row("refused", escape(".".join(objection.path)), escape(objection.text))
    for verdict in result.failed:
        table.add_row("broken", escape(verdict.check), escape(verdict.reason))
    for effect in result.warnings:
        table.add_row("silently", escape(".".join(effect.path)), escape(effect.text))
    for verdict in result.unjudged:
        table.add_row(verdict.outcome.value, escape(verdict.check), escape(verdict.reason))
    if table.row_count:
        out.print(table)
    counts = [
        f"{number:,} {what}"
        for what, number in (
            ("rows staged", result.rows_staged),
            ("written", result.rows_written),
            ("quarantined", result.rows_quarantined),
        )
        if number is not None
    ]
    said = "accepted" if result.accepted else "refused"
    text = f"{result.target}: {said} by {result.contract} {result.version}"
    out.print("; ".join([text, *counts]), soft_wrap=True, markup=False)
